//go:build linux

package endtoend

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"sesame/internal/test/lab"
)

// The variables that change how many entries TestManyEntries sends, and how
// many MiB TestLargeFile does.
const (
	entriesVariable = "SESAME_ENTRIES"
	largeVariable   = "SESAME_LARGE"
)

// setting returns what a variable says, else usual.
func setting(t *testing.T, variable string, usual int) int {
	t.Helper()
	text, ok := os.LookupEnv(variable)
	if !ok {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}

// frugal fails the test if either side had more memory than most. The programs
// are the released ones: the race detector takes several times as much.
func frugal(t *testing.T, most int64, sides ...*lab.Process) {
	t.Helper()
	for i, name := range []string{"sender", "receiver"} {
		peak := sides[i].Peak()
		t.Logf("the %s had %d MiB at most, of %d", name, peak>>20, most>>20)
		if peak > most {
			t.Errorf("the %s had %d bytes, at most %d should be", name, peak, most)
		}
	}
}

// Fails if a large tree doesn't cross, or takes memory for more than its list.
// A million entries took 14 to 22 s, 197 MiB at the sender and 190 at the receiver.
func TestManyEntries(t *testing.T) {
	t.Parallel()
	entries := setting(t, entriesVariable, 100_000)
	w := worldOf(t, released)
	tree := filepath.Join(w.out, "tree")
	plant(t, tree, entries)
	began := time.Now()
	sender, receiver := w.pair([]string{"tree"}, nil)
	if code := receiver.Exit(t, 10*patience); code != 0 {
		t.Errorf("the receiver's exit code is %d", code)
	}
	w.finish(sender, receiver, 0, 0)
	t.Logf("%d entries took %v", entries, time.Since(began).Round(10*time.Millisecond))
	frugal(t, 64<<20+200*int64(entries), sender, receiver)
	diff := exec.Command("diff", "--recursive", "--no-dereference", tree, filepath.Join(w.in, "tree"))
	if out, err := diff.CombinedOutput(); err != nil {
		t.Errorf("diff: %v: %.1000s", err, out)
	}
}

// plant makes a tree of that many entries, in directories of 100 files.
func plant(t *testing.T, tree string, entries int) {
	t.Helper()
	var dir string
	for n := range (entries - 1) * 100 / 101 {
		if n%100 == 0 {
			dir = filepath.Join(tree, fmt.Sprintf("directory-%06d", n/100))
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("file-%08d.txt", n)), []byte(content(n)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// content is what file n holds; every tenth is empty.
func content(n int) string {
	if n%10 == 0 {
		return ""
	}
	return fmt.Sprintf("this is file %d\n", n)
}

// Fails if memory grows with the size of a file.
func TestLargeFile(t *testing.T) {
	t.Parallel()
	size := int64(setting(t, largeVariable, 1024)) << 20
	w := worldOf(t, released)
	source := filepath.Join(w.out, "large")
	write(t, source, size)
	began := time.Now()
	sender, receiver := w.pair([]string{"large"}, nil)
	if code := receiver.Exit(t, 10*patience); code != 0 {
		t.Errorf("the receiver's exit code is %d", code)
	}
	w.finish(sender, receiver, 0, 0)
	t.Logf("%d MiB took %v", size>>20, time.Since(began).Round(10*time.Millisecond))
	frugal(t, 64<<20, sender, receiver)
	same(t, filepath.Join(w.in, "large"), source)
}
