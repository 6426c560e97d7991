package deliver

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"sesame/transfer"
	"sesame/transit/record"
	"sesame/tree/staging"
)

// A memoryChannel is one end of a Channel in memory.
type memoryChannel struct {
	out   chan<- []byte
	in    <-chan []byte
	suite string
	first bool
	came  atomic.Bool // a message
}

func channelPair() (a, b *memoryChannel) {
	x, y := make(chan []byte, 100), make(chan []byte, 100)
	return &memoryChannel{out: x, in: y, first: true}, &memoryChannel{out: y, in: x}
}

// nativePair is a channelPair between two sesames.
func nativePair() (a, b *memoryChannel) {
	a, b = channelPair()
	a.suite = record.AES256GCM.String()
	b.suite = a.suite
	return a, b
}

func (c *memoryChannel) Send(ctx context.Context, msg []byte) error {
	select {
	case c.out <- msg:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *memoryChannel) Receive(ctx context.Context) ([]byte, error) {
	select {
	case m, ok := <-c.in:
		if !ok {
			return nil, errors.New("the channel is gone")
		}
		c.came.Store(true)
		return m, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (c *memoryChannel) Suite() string { return c.suite }

func (c *memoryChannel) First() bool { return c.first }

func (c *memoryChannel) Check() {}

// memory remembers marks until the test program ends.
type memory struct{ sync.Map }

var remembered memory

func (m *memory) Add(mark string) error { m.Store(mark, true); return nil }
func (m *memory) Remove(mark string)    { m.Delete(mark) }
func (m *memory) Has(mark string) bool  { _, ok := m.Load(mark); return ok }

func (c *memoryChannel) Key(purpose string, size int) []byte {
	if c.suite != "" && !c.came.Load() {
		panic("Key of a native channel before the first Receive")
	}
	sum := sha256.Sum256([]byte(purpose))
	return sum[:size]
}

// say sends a message as a peer would.
func (c *memoryChannel) say(msg string) { c.out <- []byte(msg) }

// openRoot opens a new directory, inside of another one that is its alone.
func openRoot(t testing.TB) *os.Root {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "target")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

func write(t testing.TB, path string, data []byte, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// bytesOf returns n bytes that are the same every time and don't compress.
func bytesOf(n int) []byte {
	b := make([]byte, n)
	x := uint64(n) + 88172645463325252
	for i := range b {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		b[i] = byte(x)
	}
	return b
}

// A result is what both sides of a transfer say.
type result struct {
	sent     error
	told     *transfer.Report // of the sender
	offer    *transfer.Offer
	received error
	report   *transfer.Report // of the receiver
}

// ok fails the test unless both sides are content.
func (r result) ok(t testing.TB) {
	t.Helper()
	if r.sent != nil || r.received != nil || r.told == nil || r.report == nil {
		t.Fatalf("sender: %v; receiver: %v", r.sent, r.received)
	}
}

// final returns the names that were written.
func (r result) final() []string { return finals(r.report) }

func finals(r *transfer.Report) (out []string) {
	if r != nil {
		for _, p := range r.Placed {
			out = append(out, p.Final)
		}
	}
	return out
}

// disk is a directory as a Store.
func disk(dir *os.Root) *staging.Disk {
	return &staging.Disk{Dir: dir, Options: staging.Options{Marks: &remembered}}
}

// names lists what is in dir, hidden or not.
func names(t testing.TB, dir *os.Root) []string {
	t.Helper()
	entries, err := os.ReadDir(dir.Name())
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

// treeOf lists everything below dir with its mode.
func treeOf(t testing.TB, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := d.Info()
		rel, _ := filepath.Rel(dir, path)
		out = append(out, fmt.Sprintf("%s %v", rel, info.Mode()))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// fileOf returns a source of n bytes in a file of its own.
func fileOf(t testing.TB, n int) *transfer.Source {
	t.Helper()
	path := filepath.Join(t.TempDir(), "data.bin")
	write(t, path, bytesOf(n), 0o644)
	src, err := transfer.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// blockSize is something that is more than a record.
const blockSize = 256 << 10
