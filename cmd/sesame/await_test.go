package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"syscall"
	"time"
)

// awaitLine is the program "await" of scripts:
//
//	await [-pid N] FILE PATTERN
//
// It ends well as soon as FILE, which need not be there yet, matches PATTERN; lines
// begin at ^. It fails, and shows FILE, if process N ends before, or if that takes
// longer than a minute. FILE must be one program's own, and must not have what an
// earlier run of it said.
func awaitLine() {
	pid := flag.Int("pid", 0, "fail when this process has ended")
	flag.Parse()
	if flag.NArg() != 2 {
		fmt.Fprintln(os.Stderr, "await: two arguments are needed")
		os.Exit(2)
	}
	file, pattern := flag.Arg(0), regexp.MustCompile("(?m)"+flag.Arg(1))
	why := "it isn't said within a minute"
	for give := time.Now().Add(time.Minute); time.Now().Before(give); time.Sleep(20 * time.Millisecond) {
		gone := *pid != 0 && ended(*pid)
		if text, err := os.ReadFile(file); err == nil && pattern.Match(text) {
			return
		}
		if gone {
			why = "the program has ended"
			break
		}
	}
	text, _ := os.ReadFile(file)
	fmt.Fprintf(os.Stderr, "await %q in %s: %s:\n%s", flag.Arg(1), file, why, text)
	os.Exit(9)
}

// ended reports whether a process is gone, or is only waited for.
func ended(pid int) bool {
	if p, err := os.FindProcess(pid); err != nil || p.Signal(syscall.Signal(0)) != nil {
		return true
	}
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	return err == nil && regexp.MustCompile(`(?m)^State:\s+Z`).Match(status)
}
