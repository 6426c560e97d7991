package bolt

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Fails when, while now and then a sync fails that a transaction or its end waits for, something that was
// answered isn't there, a transaction or a group is there in part, or the file can't be opened again: also
// of what failed although it is on the disk.
func TestSyncFails(t *testing.T) {
	for name, bounds := range map[string]string{"of logs": "", "of file and logs": "1"} {
		t.Run(name, func(t *testing.T) { syncFails(t, bounds) })
	}
}

func syncFails(t *testing.T, bounds string) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), writerDir+"="+dir, goesOn+"=1", often+"="+bounds, "GOMAXPROCS=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	lines := bufio.NewScanner(out)
	answered, failed := map[string]int{}, 0
	read := func() {
		t.Helper()
		if !lines.Scan() {
			t.Fatalf("it has ended after %d answers and %d failures", len(answered), failed)
		}
		var name string
		var items int
		switch _, err := fmt.Sscan(lines.Text(), &name, &items); {
		case lines.Text() == "open":
		case err != nil:
			t.Fatalf("%q", lines.Text())
		case name == "error":
			failed++
		default:
			answered[name] = max(answered[name], items)
		}
	}
	read()
	// Each thread has a count of its own, so it isn't known which of two syncs fails.
	fault := exec.Command(strace, "-f", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=2+3", "-p", fmt.Sprint(cmd.Process.Pid))
	said, err := fault.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := fault.Start(); err != nil {
		t.Fatal(err)
	}
	attached := bufio.NewScanner(said)
	for there := false; !there; there = strings.Contains(attached.Text(), "attached") {
		if !attached.Scan() {
			t.Skip("strace can't attach here")
		}
	}
	go io.Copy(io.Discard, said)
	for n := 0; n < 1500 || failed < 50; n++ {
		read()
	}
	fault.Process.Signal(os.Interrupt)
	fault.Wait()
	for range 500 { // it goes on when all is well
		read()
	}
	cmd.Process.Kill()
	for lines.Scan() { // what it has said before
	}
	cmd.Wait()
	complete(t, dir, answered)
	t.Logf("%d records, %d changes failed", len(answered), failed)
}
