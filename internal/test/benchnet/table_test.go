//go:build linux

package benchnet

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// busy is how many processes have wanted a processor in the last minute, in the mean.
func busy() float64 {
	text, _ := os.ReadFile("/proc/loadavg")
	n, _ := strconv.ParseFloat(strings.SplitN(string(text), " ", 2)[0], 64)
	return n
}

func (r *result) verdicts() (all []verdict) {
	for _, d := range r.demands {
		all = append(all, d(r))
	}
	return all
}

// markdown is the row of the table.
func (r *result) markdown() string {
	var cells [5]string
	cells[0] = r.line.String()
	for k, f := range slices.Concat(r.flows, r.row.once) {
		n := min(k+1, 2) // the first one is ours
		if cells[n] != "" {
			cells[n] += "; "
		}
		cells[n] += r.carried(f.name)
	}
	var verdicts []string
	for _, v := range r.verdicts() {
		verdicts = append(verdicts, v.String())
	}
	cells[3] = strings.Join(verdicts, "; ")
	cells[4] = fmt.Sprintf("%d kB", r.line.queue()/1000)
	if len(r.busy) > 0 {
		cells[4] += fmt.Sprintf("; load %.1f–%.1f", slices.Min(r.busy), slices.Max(r.busy))
	}
	return "| " + r.what + " | " + strings.Join(cells[:], " | ") + " |"
}

// carried tells of a flow: the middle of what it carried and, if there are several, all;
// its TCP; and where it was stopped.
func (r *result) carried(name string) string {
	rates := r.rates(name)
	if len(rates) == 0 {
		return name + " –"
	}
	text := fmt.Sprintf("%s **%v**", name, rate(median(rates)))
	if len(rates) > 1 {
		var all []string
		for _, x := range rates {
			all = append(all, rate(x).String())
		}
		text += " (" + strings.Join(all, " ") + ")"
	}
	o := r.any(name)
	if o.control != "" && !strings.Contains(name, o.control) {
		text += ", " + o.control
	}
	if half := r.said(name, "second half"); r.kernel == "cubic" && len(half) > 0 {
		text += fmt.Sprintf(", in the second half %.1f", median(half))
	}
	if said := o.says["CPU s/GiB sender"]; said > 0 {
		text += fmt.Sprintf(", CPU %.0f + %.0f s/GiB", said, o.says["CPU s/GiB receiver"])
	}
	for _, n := range o.notes {
		if strings.HasPrefix(n, "stopped") {
			text += ", " + n
		}
	}
	return text
}

// write writes the table, as far as it is, to the file that the flags name.
func write(t *testing.T, results []*result) {
	t.Helper()
	if *table == "" {
		return
	}
	var text strings.Builder
	fmt.Fprintf(&text, "Measured on %s, %s, %s/%s, %d CPUs, Linux %s; %s; %s.\n", time.Now().Format(time.DateOnly), said("git", "log", "-1", "--format=%h"),
		runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), said("uname", "-r"), first(said("iperf3", "--version")), first(said(crocProgram(), "--version")))
	head := ""
	for _, r := range results {
		if len(r.runs) == 0 && r.once == nil {
			continue
		}
		if h := r.part + ", " + r.kernel; h != head {
			head = h
			fmt.Fprintf(&text, "\n`make bench-net PART=%s KERNEL=%s RUNS=%d`; %s\n\n| way | line | sesame, Mbit/s | beside it | | queue |\n|---|---|---|---|---|---|\n",
				r.part, r.kernel, *runs, r.commands())
		}
		text.WriteString(r.markdown() + "\n")
	}
	if err := os.WriteFile(*table, []byte(text.String()), 0o644); err != nil {
		t.Error(err)
	}
}

// commands returns what is run in r, as a person would type it.
func (r *result) commands() string {
	var all []string
	for _, f := range slices.Concat(r.flows, r.row.once) {
		if o := r.any(f.name); o.command != "" {
			all = append(all, fmt.Sprintf("%s is `%s`", f.name, o.command))
		}
	}
	return strings.Join(all, ", ")
}

// said returns what a program prints, or that it isn't there.
func said(program string, args ...string) string {
	out, err := exec.Command(program, args...).Output()
	if err != nil {
		return "no " + program
	}
	return strings.TrimSpace(string(out))
}

func first(lines string) string { return strings.SplitN(lines, "\n", 2)[0] }
