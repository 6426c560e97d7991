//go:build linux

package benchnet

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"sesame/internal/test/netlab"
)

// sockets returns what ss says of the TCP connections of hosts.
func sockets(hosts ...*netlab.Host) string {
	var all strings.Builder
	for _, h := range hosts {
		out, err := h.Command("ss", "-tinHO", "state", "established").CombinedOutput()
		fmt.Fprintf(&all, "# %s\n%s", h.Address, out)
		if err != nil {
			fmt.Fprintln(&all, err)
		}
	}
	return all.String()
}

// carriers counts the connections in what ss said that have sent more than a few
// messages would be, by their controllers of congestion: "bbr × 2".
func carriers(said string) string {
	const few = 128 << 10
	count := map[string]int{}
	for line := range strings.Lines(said) {
		control, sent := "", 0
		for _, word := range strings.Fields(line) {
			if slices.Contains([]string{"bbr", "cubic", "reno"}, word) {
				control = word
			}
			if n, ok := strings.CutPrefix(word, "bytes_sent:"); ok {
				sent, _ = strconv.Atoi(n)
			}
		}
		if control != "" && sent > few {
			count[control]++
		}
	}
	var all []string
	for _, control := range sorted(count) {
		all = append(all, fmt.Sprintf("%s × %d", control, count[control]))
	}
	return strings.Join(all, ", ")
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
