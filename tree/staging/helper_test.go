//go:build unix

package staging_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sesame/tree"
	"sesame/tree/manifest"
	"sesame/tree/staging"
)

var (
	when = time.Date(2019, 4, 5, 6, 7, 8, 123456789, time.UTC)
	key  = bytes.Repeat([]byte{7}, 32)
)

// A sample is what a sender has: a manifest and, by entry, the content of files.
type sample struct {
	manifest.Manifest
	data map[int][]byte
}

func (s *sample) file(path string, data []byte) *sample {
	s.data[len(s.Entries)] = data
	s.Entries = append(s.Entries, manifest.Entry{Path: path, Kind: manifest.File, Size: int64(len(data)), ModTime: when})
	return s
}

func (s *sample) exec(path string, data []byte) *sample {
	s.file(path, data)
	s.Entries[len(s.Entries)-1].Exec = true
	return s
}

func (s *sample) stream(path string, data []byte) *sample {
	s.file(path, data)
	s.Entries[len(s.Entries)-1].Size = manifest.StreamSize
	return s
}

func (s *sample) folder(path string) *sample {
	s.Entries = append(s.Entries, manifest.Entry{Path: path, Kind: manifest.Dir, ModTime: when})
	return s
}

func (s *sample) link(path, target string) *sample {
	s.Entries = append(s.Entries, manifest.Entry{Path: path, Kind: manifest.Link, Target: target, ModTime: when})
	return s
}

func newTree() *sample { return &sample{data: make(map[int][]byte)} }

// noise returns n bytes that depend on seed only.
func noise(seed uint64, n int) []byte {
	p := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16)})
	r.Read(p)
	return p
}

// plain is a tree with one of everything.
func plain() *sample {
	return newTree().
		folder("holiday").
		file("holiday/empty", nil).
		file("holiday/one", []byte("1")).
		exec("holiday/run.sh", []byte("#!/bin/sh\n")).
		folder("holiday/deep").
		folder("holiday/deep/er").
		file("holiday/deep/er/big", noise(1, 900_000)).
		folder("holiday/void").
		link("holiday/latest", "deep/er/big").
		link("holiday/deep/up", "../one")
}

// target opens a new directory and returns it with its path. What lies beside
// it must never change, which the test's end verifies.
func target(t testing.TB) (*os.Root, string) {
	t.Helper()
	parent := shm(t)
	path := filepath.Join(parent, "target")
	must(t, os.Mkdir(path, 0o755))
	must(t, os.Mkdir(filepath.Join(parent, "outside"), 0o755))
	must(t, os.WriteFile(filepath.Join(parent, "outside", "secret"), []byte("secret"), 0o600))
	must(t, os.Mkdir(filepath.Join(parent, "outside", "dir"), 0o700))
	before := snapshot(t, parent, "target")
	t.Cleanup(func() { same(t, "beside the target", snapshot(t, parent, "target"), before) })
	return openRoot(t, path), path
}

// shm returns a new directory in memory, where there is such a place. With
// STAGING_DISK set it is on the disk.
func shm(t testing.TB) string {
	path, err := "", error(nil)
	if os.Getenv("STAGING_DISK") == "" {
		path, err = os.MkdirTemp("/dev/shm", "staging")
	}
	if path == "" || err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(path) })
	return path
}

func openRoot(t testing.TB, path string) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(path)
	must(t, err)
	t.Cleanup(func() { root.Close() })
	return root
}

// snapshot describes everything below path but what is below path/except: type,
// mode, time, content.
func snapshot(t testing.TB, path, except string) map[string]string {
	t.Helper()
	out := make(map[string]string)
	err := filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(path, p)
		if rel == except && d.IsDir() {
			return fs.SkipDir
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		line := fmt.Sprintf("%v %d", info.Mode(), info.ModTime().UnixNano())
		switch {
		case info.Mode().IsRegular():
			data, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			line += " " + content(data)
		case info.Mode()&fs.ModeSymlink != 0:
			to, _ := os.Readlink(p)
			line += " -> " + to
		}
		if rel != "." && rel != except {
			out[rel] = line
		}
		return nil
	})
	must(t, err)
	return out
}

// content tells files apart.
func content(data []byte) string {
	if len(data) > 64 {
		return fmt.Sprintf("%d bytes %x", len(data), sha256.Sum256(data))
	}
	return strconv.Quote(string(data))
}

func same(t testing.TB, what string, got, want map[string]string) {
	t.Helper()
	for path, line := range want {
		if got[path] != line {
			t.Errorf("%s: %s is\n\t%.120s\nwant\n\t%.120s", what, path, got[path], line)
		}
	}
	for path, line := range got {
		if _, ok := want[path]; !ok {
			t.Errorf("%s: there is also %s: %.120s", what, path, line)
		}
	}
}

// want describes the tree as snapshot would, once it is placed under its own
// names with umask 022.
func (s *sample) want() map[string]string {
	out := make(map[string]string)
	for i, e := range s.Entries {
		at := e.ModTime.UnixNano()
		switch {
		case e.Kind == manifest.Dir:
			out[e.Path] = fmt.Sprintf("%v %d", fs.ModeDir|0o755, at)
		case e.Kind == manifest.Link:
			out[e.Path] = fmt.Sprintf("%v %d -> %s", fs.ModeSymlink|0o777, at, e.Target)
		case e.Exec:
			out[e.Path] = fmt.Sprintf("%v %d %s", fs.FileMode(0o755), at, content(s.data[i]))
		default:
			out[e.Path] = fmt.Sprintf("%v %d %s", fs.FileMode(0o644), at, content(s.data[i]))
		}
	}
	return out
}

func open(t testing.TB, dir *os.Root, s *sample, opts *staging.Options) *staging.Tree {
	t.Helper()
	if opts == nil {
		opts = &staging.Options{NoSync: true}
	}
	tr, err := staging.Open(dir, &s.Manifest, known(opts))
	must(t, err)
	t.Cleanup(func() { must(t, tr.Close()) })
	return tr
}

// known completes opts so that the next run goes on with what this one leaves.
func known(opts *staging.Options) *staging.Options {
	var o staging.Options
	if opts != nil {
		o = *opts
	}
	if o.ID == (tree.ID{}) {
		o.ID = tree.ID{1, 2, 3}
	}
	if o.Marks == nil {
		o.Marks = marks(os.Getenv("STAGING_MARKS"))
	}
	return &o
}

// marks is a directory that other processes of a test have, too.
type marks string

func (m marks) Add(mark string) error {
	return os.WriteFile(filepath.Join(string(m), mark), nil, 0o600)
}
func (m marks) Remove(mark string) { os.Remove(filepath.Join(string(m), mark)) }
func (m marks) Has(mark string) bool {
	_, err := os.Stat(filepath.Join(string(m), mark))
	return err == nil
}

// send writes entry i from its beginning up to n bytes.
func (s *sample) send(t testing.TB, tr *staging.Tree, i int, n int) {
	t.Helper()
	const chunk = 100_000
	for off := 0; off < n; off += chunk {
		must(t, tr.WriteAt(i, int64(off), s.data[i][off:min(off+chunk, n)]))
	}
}

// finish sends whatever is missing, and keeps what can be kept. It returns the
// number of bytes that had to be sent.
func (s *sample) finish(t testing.TB, tr *staging.Tree) (sent int64) {
	t.Helper()
	for i, e := range s.Entries {
		if e.Kind == manifest.File && e.Size != 0 {
			sent += s.finishFile(t, tr, i)
		}
	}
	return sent
}

func (s *sample) finishFile(t testing.TB, tr *staging.Tree, i int) (sent int64) {
	t.Helper()
	group, sums, err := tr.Hashes(context.Background(), i, key)
	must(t, err)
	if want := tree.GroupSize(s.Entries[i].Size); group != want {
		t.Errorf("groups of %d bytes, want %d", group, want)
	}
	if len(sums) > 0 {
		for g, same := range s.match(t, i, sums) {
			if same {
				must(t, tr.Keep(i, g))
			}
		}
	}
	data := s.data[i]
	if s.Entries[i].Size == manifest.StreamSize {
		must(t, tr.WriteAt(i, 0, data))
		must(t, tr.EndStream(i, int64(len(data))))
		return int64(len(data))
	}
	for _, r := range tr.Missing(i) {
		if r.Off == 0 && r.N == int64(len(data)) && len(data) < 300_000 {
			must(t, tr.WriteFile(i, data))
		} else {
			must(t, tr.WriteAt(i, r.Off, data[r.Off:r.Off+r.N]))
		}
		sent += r.N
	}
	return sent
}

// match is what the sender does with the hashes.
func (s *sample) match(t testing.TB, i int, sums []byte) []bool {
	t.Helper()
	path := filepath.Join(t.TempDir(), "source")
	must(t, os.WriteFile(path, s.data[i], 0o600))
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	same, err := tree.Match(context.Background(), f, int64(len(s.data[i])), key, sums)
	must(t, err)
	return same
}

func place(t testing.TB, tr *staging.Tree, plan tree.Plan) []tree.Placed {
	t.Helper()
	placed, err := tr.Place(context.Background(), plan)
	must(t, err)
	return placed
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// left returns the names of staging directories in path.
func left(t testing.TB, path string) []string {
	t.Helper()
	entries, err := os.ReadDir(path)
	must(t, err)
	var out []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") && strings.HasSuffix(e.Name(), ".sesame") {
			out = append(out, e.Name())
		}
	}
	return out
}

// umask sets the process's umask until the function that it returns is called.
func umask(mask int) (back func()) {
	old := syscall.Umask(mask)
	return func() { syscall.Umask(old) }
}

func TestMain(m *testing.M) {
	syscall.Umask(0o022)
	if len(os.Args) > 1 && os.Args[1] == "staging-child" {
		child(os.Args[2], os.Args[3])
		return
	}
	dir, err := os.MkdirTemp("", "marks")
	if err != nil {
		panic(err)
	}
	os.Chmod(dir, 0o777) // some tests go on as another user
	os.Setenv("STAGING_MARKS", dir)
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}
