package userstate

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func shelf(t *testing.T) *Shelf {
	return &Shelf{Dir: filepath.Join(t.TempDir(), "state", "sesame"), Kind: "things", Format: 1, Most: 3, Age: time.Hour}
}

// Fails if the directory isn't the one that the system, or the user, has for it.
func TestDirectory(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("paths with slashes")
	}
	for _, c := range []struct{ system, env, want string }{
		{"linux", "HOME=/home/a", "/home/a/.local/state/sesame"},
		{"linux", "HOME=/home/a XDG_STATE_HOME=/var/s", "/var/s/sesame"},
		{"linux", "HOME=/home/a XDG_STATE_HOME=relative", "/home/a/.local/state/sesame"},
		{"linux", "HOME=", ""},
		{"linux", "", ""},
		{"freebsd", "HOME=/home/a", "/home/a/.local/state/sesame"},
		{"darwin", "HOME=/Users/a", "/Users/a/Library/Application Support/sesame"},
		{"windows", "LocalAppData=/c/Local HOME=/x", "/c/Local/sesame"},
	} {
		got, err := directory(c.system, func(name string) (string, bool) {
			for pair := range strings.FieldsSeq(c.env) {
				if value, ok := strings.CutPrefix(pair, name+"="); ok {
					return value, true
				}
			}
			return "", false
		})
		if got != c.want || (err == nil) != (c.want != "") || err != nil && !errors.Is(err, ErrNowhere) {
			t.Errorf("%s, %q: %q, %v", c.system, c.env, got, err)
		}
	}
}

// Fails if a record isn't found again by another process, or one of another kind or
// format is.
func TestRecords(t *testing.T) {
	s := shelf(t)
	if _, ok := s.Get("a"); ok {
		t.Error("something is there")
	}
	if err := errors.Join(s.Put("a", []byte("1")), s.Put("a", []byte("2")), s.Put("b", []byte("3"))); err != nil {
		t.Fatal(err)
	}
	again := *s
	if v, ok := again.Get("a"); !ok || string(v) != "2" {
		t.Errorf("got %q, %v", v, ok)
	}
	other := *s
	other.Format = 2
	if _, ok := other.Get("a"); ok {
		t.Error("a record of another format is seen")
	}
	if err := errors.Join(s.Remove("a"), s.Remove("a")); err != nil {
		t.Error(err)
	}
	if _, ok := s.Get("a"); ok {
		t.Error("it is there after it was removed")
	}
	for _, key := range []string{"", "../a", "A", "a/b", ".", strings.Repeat("a", 65)} {
		if err := s.Put(key, nil); err == nil {
			t.Errorf("the key %q is taken", key)
		}
	}
	if err := s.Put("c", make([]byte, MaxValue+1)); err == nil {
		t.Error("too much is taken")
	}
}

// Fails if more is kept than should be, what was used last goes first, or what is old
// stays.
func TestBounds(t *testing.T) {
	s := shelf(t)
	now := time.Now()
	s.now = func() time.Time { return now }
	for i := range 5 {
		now = now.Add(time.Minute)
		if err := s.Put(fmt.Sprint("k", i), []byte("v")); err != nil {
			t.Fatal(err)
		}
		if _, ok := s.Get("k0"); !ok {
			t.Fatalf("what is in use is gone after %d more", i)
		}
	}
	for key, want := range map[string]bool{"k0": true, "k1": false, "k2": false, "k3": true, "k4": true} {
		if _, ok := s.Get(key); ok != want {
			t.Errorf("%s: %v", key, ok)
		}
	}
	now = now.Add(2 * time.Hour)
	if _, ok := s.Get("k4"); ok {
		t.Error("what is old is seen")
	}
	if err := s.Put("new", nil); err != nil {
		t.Fatal(err)
	}
	names, _ := os.ReadDir(s.dir())
	if len(names) != 1 {
		t.Errorf("there are %d records", len(names))
	}
}

// Fails if others can read or write what is kept, or if it is kept where they can, or
// somebody else's.
func TestNobodyElse(t *testing.T) {
	if !modesMean {
		t.Skip("modes mean nothing here")
	}
	s := shelf(t)
	if err := s.Put("a", []byte("secret")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{s.Dir, s.dir(), filepath.Join(s.dir(), "a")} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	os.Chmod(s.Dir, 0o755)
	if err := s.Put("a", nil); err != nil {
		t.Error(err)
	}
	if info, _ := os.Stat(s.Dir); info.Mode().Perm() != 0o700 {
		t.Errorf("it is left open to others: %v", info.Mode())
	}
	if os.Geteuid() != 0 {
		return // can't give anything away
	}
	os.RemoveAll(s.Dir)
	os.Chown(filepath.Dir(s.Dir), 4242, 4242)
	if err := s.Put("b", nil); err == nil {
		t.Error("something is left in somebody else's directory")
	}
}

// Fails if what can't be kept is an obstacle: it is an error, and nothing is there.
func TestNotWritable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", filepath.Join(file, "below")} {
		s := shelf(t)
		s.Dir = dir
		if s.Put("a", nil) == nil {
			t.Errorf("%q: it is kept", dir)
		}
		if _, ok := s.Get("a"); ok {
			t.Errorf("%q: it is there", dir)
		}
	}
}
