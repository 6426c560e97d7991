//go:build linux

package endtoend

import (
	"os"
	"path/filepath"
	"testing"
)

// Fails if a file that had got its final name when both sides were killed crosses
// again, or is there twice.
func TestKilledInTheLastMoment(t *testing.T) {
	t.Parallel()
	const size = 24 << 20
	w := newWorld(t)
	source, result := filepath.Join(w.out, "single.bin"), filepath.Join(w.in, "single.bin")
	write(t, source, size)
	for round := range 4 {
		if err := os.RemoveAll(result); err != nil {
			t.Fatal(err)
		}
		sender, receiver := w.pair([]string{"single.bin"}, nil)
		until(t, patience, "it has its final name", func() bool {
			_, err := os.Lstat(result)
			return err == nil || over(sender) || over(receiver)
		})
		receiver.Kill()
		sender.Kill()
		before := w.sender.Sent(t)
		sender, receiver = w.pair([]string{"single.bin"}, nil)
		w.finish(sender, receiver, 0, 0)
		if crossed := w.sender.Sent(t) - before; crossed > size/8 {
			t.Errorf("round %d: %d bytes crossed for %d that were there", round, crossed, size)
		}
		same(t, result, source)
		if names := list(t, w.in); len(names) != 1 {
			t.Errorf("round %d: there is %q", round, names)
		}
	}
}

// Fails if a folder of which something could not be sent crosses again as a whole
// when that is put right, or is there twice.
func TestAgainAfterSomethingWasMissing(t *testing.T) {
	t.Parallel()
	const user = 4242 // not root, who can read everything
	w := newWorld(t)
	tree := filepath.Join(w.out, "tree")
	plant(t, tree, 200)
	write(t, filepath.Join(tree, "large"), 16<<20)
	writeText(t, filepath.Join(tree, "locked"), "at last", 0)
	give(t, w.out, user)
	run := func(want int) {
		code := newCode()
		s := w.sending(code, "tree")
		s.user = user
		sender, receiver := w.start(s), w.start(w.receiving(code))
		w.finish(sender, receiver, want, want)
	}
	run(10)
	if err := os.Chmod(filepath.Join(tree, "locked"), 0o644); err != nil {
		t.Fatal(err)
	}
	before := w.sender.Sent(t)
	run(0)
	if crossed := w.sender.Sent(t) - before; crossed > 2<<20 {
		t.Errorf("%d bytes crossed for one small file", crossed)
	}
	if names := list(t, w.in); len(names) != 1 {
		t.Errorf("there is %q", names)
	}
	same(t, filepath.Join(w.in, "tree", "locked"), filepath.Join(tree, "locked"))
	same(t, filepath.Join(w.in, "tree", "large"), filepath.Join(tree, "large"))
}

// Fails if files that are skipped because they are there cross all the same.
func TestSkippedDoesNotCross(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tree, there := filepath.Join(w.out, "tree"), filepath.Join(w.in, "tree")
	for _, dir := range []string{tree, there} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(tree, "large"), 63<<20)
	writeText(t, filepath.Join(tree, "new"), "new", 0o644)
	writeText(t, filepath.Join(there, "large"), "mine", 0o644)
	before := w.sender.Sent(t)
	sender, receiver := w.pair([]string{"tree"}, []string{"--on-conflict", "skip"})
	w.finish(sender, receiver, 0, 0)
	if crossed := w.sender.Sent(t) - before; crossed > 1<<20 {
		t.Errorf("%d bytes crossed for 3", crossed)
	}
	same(t, filepath.Join(there, "new"), filepath.Join(tree, "new"))
	if b, err := os.ReadFile(filepath.Join(there, "large")); err != nil || string(b) != "mine" {
		t.Errorf("what was to stay is %q, %v", b, err)
	}
}
