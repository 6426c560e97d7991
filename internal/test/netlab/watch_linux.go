package netlab

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"sesame/internal/test/lab"
)

// Watch counts what s, an Internet or a router, forwards from now on and any of
// the rules matches, each in the language of nft. Seen asks for the number by
// name.
func Watch(t testing.TB, s *lab.Stack, name string, rules ...string) {
	t.Helper()
	s.Rules(t, fmt.Sprintf(`table inet watch-%[1]s {
	counter %[1]s { }
	chain forward {
		type filter hook forward priority -20
		%[2]s counter name %[1]s
	}
}
`, name, strings.Join(rules, " counter name "+name+"\n\t\t")))
}

var packets = regexp.MustCompile(`packets (\d+)`)

// Seen returns how many packets Watch has counted under that name.
func Seen(t testing.TB, s *lab.Stack, name string) int {
	t.Helper()
	out, err := s.Command("nft", "list", "counter", "inet", "watch-"+name, name).CombinedOutput()
	m := packets.FindSubmatch(out)
	if err != nil || m == nil {
		t.Fatalf("nft: %v: %s", err, out)
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
