//go:build linux

package endtoend

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sesame/internal/test/lab"
)

// Fails if holes cross the network, or are written, or are taken for content, or
// if room is asked for them: the disks are far smaller than the file.
func TestSparseTerabyte(t *testing.T) {
	t.Parallel()
	const size = 1 << 40
	w := newWorld(t)
	w.in = lab.Memory(t, "8M")
	f, err := os.Create(filepath.Join(w.out, "disk.img"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(size); err != nil {
		t.Fatal(err)
	}
	// At the beginning, over the border of two groups, and at the very end.
	islands := map[int64][]byte{}
	for _, at := range []int64{0, 5<<30 + 12345, 512<<30 - 1000, 700<<30 + 1, size - 70_000} {
		data := make([]byte, 70_000)
		newNoise(byte(at >> 30)).Read(data)
		islands[at] = data
		if _, err := f.WriteAt(data, at); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	sender, receiver := w.pair([]string{"disk.img"}, nil)
	w.finish(sender, receiver, 0, 0)
	said(t, receiver, `disk.img \(1.1 TB, but \d+ kB on disk\)`)
	t.Logf("a sparse terabyte took %v and %d kB on the wire", time.Since(began).Round(10*time.Millisecond), w.sender.Sent(t)/1000)
	if n := w.sender.Sent(t); n > 16<<20 {
		t.Errorf("%d bytes crossed for %d islands of 70 kB", n, len(islands))
	}
	got, err := os.Open(filepath.Join(w.in, "disk.img"))
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	info, err := got.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() != size {
		t.Errorf("the size is %d, want %d", info.Size(), int64(size))
	}
	if n := blocks(info); n > 8<<20 {
		t.Errorf("it takes %d bytes of disk", n)
	}
	for at, data := range islands {
		around := make([]byte, 1<<20)
		start := max(0, at-(1<<19))
		n, err := got.ReadAt(around, start)
		if err != nil && err != io.EOF {
			t.Fatal(err)
		}
		want := make([]byte, n)
		copy(want[at-start:], data)
		if !bytes.Equal(around[:n], want) {
			t.Errorf("what is around %d differs", at)
		}
	}
}
