//go:build !js

package native

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sesame/internal/test/duo"
	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
	"sesame/tree/staging"
)

// A world is a sender and a receiver in one process, and what they put where.
type world struct {
	*duo.Duo
	t    testing.TB
	s, r *ends
}

func newWorld(t testing.TB) *world { return around(t, duo.New(t)) }

// quietWorld is a world for synctest: lanes over pipes in memory.
func quietWorld(t testing.TB) *world { return around(t, duo.NewQuiet(t)) }

func around(t testing.TB, d *duo.Duo) *world { return &world{d, t, &ends{d.S}, &ends{d.R}} }

// ends is one side's lanes, as a session wants them.
type ends struct{ *duo.Lanes }

func (e *ends) Next(ctx context.Context) (lane, error) {
	l, err := e.Lanes.Next(ctx)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// An outcome is what both sides made of a transfer.
type outcome struct {
	sent, got       *transfer.Report
	sendErr, getErr error
}

// run sends m from src and receives it into dir.
func (w *world) run(ctx context.Context, m *manifest.Manifest, src tree.Source, dir string, sendCfg, getCfg config) outcome {
	w.t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		w.t.Fatal(err)
	}
	defer root.Close()
	return w.runWith(ctx, m, src, sendCfg, getCfg, func(o *proposal) (*transfer.Report, error) {
		return o.accept(ctx, disk(root), nil)
	})
}

func (w *world) runWith(ctx context.Context, m *manifest.Manifest, src tree.Source, sendCfg, getCfg config, answer func(*proposal) (*transfer.Report, error)) outcome {
	var out outcome
	var wg sync.WaitGroup
	wg.Go(func() {
		out.sent, out.sendErr = send(ctx, w.BoxS, m, src, w.s, sendCfg.withDefaults())
	})
	wg.Go(func() {
		o, err := receive(ctx, w.BoxR, w.r, getCfg.withDefaults())
		if err != nil {
			out.getErr = err
			return
		}
		out.got, out.getErr = answer(o)
	})
	wg.Wait()
	return out
}

// today is a configuration for one transfer.
var today = config{ID: tree.ID{7}}

// kept are options with which a later run goes on with what this one leaves.
func kept() *staging.Options { return &staging.Options{NoSync: true, Marks: &remembered} }

// disk is a directory as a Store, with what is kept.
func disk(root *os.Root) *staging.Disk { return &staging.Disk{Dir: root, Options: *kept()} }

// memory remembers marks until the test program ends.
type memory struct{ sync.Map }

var remembered memory

func (m *memory) Add(mark string) error { m.Store(mark, true); return nil }
func (m *memory) Remove(mark string)    { m.Delete(mark) }
func (m *memory) Has(mark string) bool  { _, ok := m.Load(mark); return ok }

// tree makes files below a new directory and lists them. A name that ends in
// a slash is a directory.
func makeTree(t testing.TB, files map[string][]byte) (dir string, m *manifest.Manifest, src tree.Source) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "top")
	os.Mkdir(dir, 0o755)
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if strings.HasSuffix(name, "/") {
			os.MkdirAll(path, 0o755)
			continue
		}
		os.MkdirAll(filepath.Dir(path), 0o755)
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	m, src = walk(t, dir)
	return dir, m, src
}

func walk(t testing.TB, dir string) (*manifest.Manifest, tree.Source) {
	t.Helper()
	m, src, err := manifest.Walk(context.Background(), []string{dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return m, tree.Files(src)
}

// snapshot returns what is below dir: contents by path, with a slash for
// directories and an arrow for links.
func snapshot(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, dir+string(filepath.Separator)))
		switch {
		case d.IsDir():
			out[name+"/"] = ""
		case d.Type()&os.ModeSymlink != 0:
			out[name], err = os.Readlink(path)
			out[name] = "-> " + out[name]
		default:
			var b []byte
			b, err = os.ReadFile(path)
			sum := sha256.Sum256(b)
			out[name] = fmt.Sprintf("%d %x", len(b), sum[:8])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// sameTree compares what arrived below dir with the tree top.
func sameTree(t testing.TB, dir, top string) {
	t.Helper()
	got, want := snapshot(t, filepath.Join(dir, filepath.Base(top))), snapshot(t, top)
	for name, s := range want {
		if got[name] != s {
			t.Errorf("%s: got %q, want %q", name, got[name], s)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s: shouldn't be there", name)
		}
	}
	for name := range snapshot(t, dir) {
		if strings.HasPrefix(name, ".") {
			t.Errorf("%s: left behind", name)
		}
	}
}

func (o outcome) ok(t testing.TB) {
	t.Helper()
	if o.sendErr != nil || o.getErr != nil {
		t.Fatalf("send: %v; receive: %v", o.sendErr, o.getErr)
	}
}

// leaks fails the test if goroutines are left after it.
func leaks(t testing.TB) {
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		deadline := time.Now().Add(5 * time.Second)
		for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
			runtime.Gosched()
		}
		if n := runtime.NumGoroutine(); n > before {
			buf := make([]byte, 1<<20)
			t.Errorf("%d goroutines left:\n%s", n-before, buf[:runtime.Stack(buf, true)])
		}
	})
}

func openRoot(t testing.TB, dir string) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func openTree(t testing.TB, root *os.Root, o *proposal) tree.Writer {
	t.Helper()
	st, err := staging.Open(root, o.Manifest, kept())
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// A slowTree hangs with the first write, and all that come meanwhile too.
type slowTree struct {
	tree.Writer
	hang  time.Duration
	begun atomic.Bool
	ended chan struct{}
}

func (s *slowTree) WriteAt(i int, off int64, p []byte) error {
	if !s.begun.Swap(true) {
		time.Sleep(s.hang)
		close(s.ended)
	}
	<-s.ended
	return s.Writer.WriteAt(i, off, p)
}
