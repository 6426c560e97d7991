//go:build linux

package endtoend

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"sesame/internal/test/lab"
)

// Fails if a disk that fills up costs what has arrived, or if either side
// doesn't hear of it.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.in = lab.Memory(t, "64M")
	sender, receiver := w.begun(40 << 20)
	filler := filepath.Join(w.in, "filler")
	fill(t, filler)
	if code := receiver.Exit(t, patience); code != 6 {
		t.Errorf("the receiver's exit code is %d, want 6", code)
	}
	if code := sender.Exit(t, patience); code != 6 {
		t.Errorf("the sender's exit code is %d, want 6", code)
	}
	said(t, receiver, `(?m)^sesame: .*(full|no space|room)`)
	said(t, sender, `(?m)^sesame: the other computer's disk is full`)
	if staged(w.in) < 1<<20 {
		t.Error("what had arrived is gone")
	}
	os.Remove(filler)
	sender, receiver = w.pair([]string{"big"}, nil)
	w.arrived(sender, receiver)
	said(t, receiver, "were there from an earlier try")
}

// fill writes path until its disk is full.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.Copy(f, newNoise(1)); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk was to be full, but: %v", err)
	}
}

// Fails if something is sent that can't fit.
func TestDiskTooSmall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.in = lab.Memory(t, "16M")
	write(t, filepath.Join(w.out, "big"), 40<<20)
	sender, receiver := w.pair([]string{"big"}, nil)
	w.finish(sender, receiver, 6, 6)
	said(t, receiver, `(?m)^sesame: .*(full|no space|room)`)
	said(t, sender, `(?m)^sesame: the other computer's disk has not enough room`)
	if n := w.sender.Sent(t); n > 1<<20 {
		t.Errorf("%d bytes crossed before it was refused", n)
	}
	if names := list(t, w.in); len(names) > 0 {
		t.Errorf("something is left: %q", names)
	}
}

// Fails if a file that changes while it is sent spoils the others, arrives
// half old and half new, or isn't named on both sides.
func TestSourceChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tree := filepath.Join(w.out, "tree")
	if err := os.Mkdir(tree, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, size := range map[string]int64{"a": 100_000, "m-big": 24 << 20, "z": 3_000_000} {
		write(t, filepath.Join(tree, name), size)
	}
	sender, receiver := w.pair([]string{"--limit", "8M", "tree"}, nil)
	until(t, patience, "some of it arrives", func() bool { return staged(w.in) > 4<<20 })
	f, err := os.OpenFile(filepath.Join(tree, "m-big"), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte("changed"), 20<<20); err != nil {
		t.Fatal(err)
	}
	w.finish(sender, receiver, 10, 10)
	for _, p := range []*lab.Process{sender, receiver} {
		said(t, p, `Failed: tree/m-big: `)
	}
	for _, name := range []string{"a", "z"} {
		same(t, filepath.Join(w.in, "tree", name), filepath.Join(tree, name))
	}
	if names := list(t, filepath.Join(w.in, "tree")); len(names) != 2 {
		t.Errorf("the folder holds %q", names)
	}
	sender, receiver = w.pair([]string{"tree"}, []string{"--on-conflict", "skip"})
	w.finish(sender, receiver, 0, 0)
	same(t, filepath.Join(w.in, "tree", "m-big"), filepath.Join(tree, "m-big"))
	if names := list(t, w.in); len(names) != 1 {
		t.Errorf("beside the folder there is something else: %q", names)
	}
}
