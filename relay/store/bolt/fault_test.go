package bolt

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sesame/relay/store"
)

// Fails when a store whose file goes bad while it is open dies, says that it has kept something,
// or can't be closed; or when the next one doesn't begin anew.
func TestDamagedWhileOpen(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	fill(t, s, 120)
	path := filepath.Join(dir, fileState)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	info, _ := f.Stat()
	junk := make([]byte, info.Size()-2*4096) // all but the two pages that come first
	for i := range junk {
		junk[i] = 0xa5
	}
	if _, err := f.WriteAt(junk, 2*4096); err != nil {
		t.Fatal(err)
	}
	f.Close()
	for range 2 {
		if _, err := on(s).Put(t.Context(), store.Key{Kind: "box", Name: "new"}, 0, "", time.Hour); !errors.Is(err, store.ErrOver) {
			t.Errorf("Put: %v", err)
		}
	}
	closes(t, s)
	if s = open(t, dir); !s.Stats().Reset {
		t.Error("the damaged file is taken for a whole one")
	}
}

// Fails when a fault in which bbolt keeps its lock has Close wait for ever, or nobody can have the
// file then.
func TestCloseAfterFault(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	all := fill(t, s, 10)
	if _, err := s.file.db.Begin(true); err != nil { // as if it had been forgotten in a fault
		t.Fatal(err)
	}
	err := s.change(t.Context(), doing(func(*transaction) error { panic("a page that isn't there") }))
	if !errors.Is(err, store.ErrOver) {
		t.Errorf("the change: %v", err)
	}
	closes(t, s)
	s = open(t, dir)
	for k, want := range all {
		if got := contents(t, s, k); got != want {
			t.Errorf("%v has %.100q, want %.100q", k, got, want)
		}
	}
}

func closes(t *testing.T, s *Store) {
	t.Helper()
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	select {
	case err := <-closed:
		if err != nil {
			t.Errorf("Close: %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("Close waits for ever")
	}
}

// Fails when a change that can't be done takes those along that are in the same transaction.
func TestOneBadOfMany(t *testing.T) {
	s := open(t, t.TempDir())
	bad := errors.New("can't be done")
	var all sync.WaitGroup
	goOn := held(t, s)
	k := func(i int) store.Key { return store.Key{Kind: "box", Name: string(rune('a' + i))} }
	for i := range 9 {
		all.Go(func() {
			if i%4 == 2 {
				if err := s.change(t.Context(), doing(func(*transaction) error { return bad })); !errors.Is(err, bad) {
					t.Errorf("the bad one, %d: %v", i, err)
				}
			} else if _, err := on(s).Put(t.Context(), k(i), 0, "head", time.Hour); err != nil {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	for len(s.queue) < 9 {
		time.Sleep(time.Millisecond)
	}
	goOn()
	all.Wait()
	for i := range 9 {
		if r, err := s.Get(t.Context(), k(i)); err != nil || (r.Head == "head") != (i%4 != 2) {
			t.Errorf("%d has %q, %v", i, r.Head, err)
		}
	}
}

// doing returns a change that is made of no others.
func doing(f func(*transaction) error) *change { return &change{do: f, done: make(chan struct{})} }

// held keeps the committer from committing, so that what comes is one transaction, until goOn
// is called.
func held(t *testing.T, s *Store) (goOn func()) {
	hold, holds := make(chan struct{}), make(chan struct{})
	go s.change(t.Context(), doing(func(*transaction) error {
		close(holds)
		<-hold
		return store.ErrConflict
	}))
	<-holds
	return func() { close(hold) }
}

// Fails when records that are removed in one transaction, from which whole pages are left empty, leave items
// behind: the file would be taken for a damaged one at the next start.
func TestManyRemovedAtOnce(t *testing.T) {
	const boxes, items = 60, 6
	dir := t.TempDir()
	s := open(t, dir)
	versions := make(map[store.Key]uint64)
	for i := range boxes {
		k := store.Key{Kind: "box", App: "a", Name: fmt.Sprintf("%02d", i)}
		v, err := on(s).Put(t.Context(), k, 0, "head", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		versions[k] = v
		for n := range items {
			if err := on(s).Append(t.Context(), k, n, strings.Repeat("x", 400)); err != nil {
				t.Fatal(err)
			}
		}
	}
	last := store.Key{Kind: "box", App: "a", Name: fmt.Sprint(boxes - 1)}
	goOn := held(t, s)
	var all sync.WaitGroup
	for k, v := range versions {
		if k != last {
			all.Go(func() {
				if err := on(s).Delete(t.Context(), k, v); err != nil {
					t.Errorf("%v: %v", k, err)
				}
			})
		}
	}
	for len(s.queue) < boxes-1 {
		time.Sleep(time.Millisecond)
	}
	all.Go(func() { // behind the others, in the same transaction
		if err := on(s).Append(t.Context(), last, items, "y"); err != nil {
			t.Errorf("what is left: %v", err)
		}
	})
	for len(s.queue) < boxes {
		time.Sleep(time.Millisecond)
	}
	goOn()
	all.Wait()
	closes(t, s)
	if s = open(t, dir); s.Stats().Reset {
		t.Error("the file is taken for a damaged one")
	}
	if r, err := s.Get(t.Context(), last); err != nil || r.Items != items+1 {
		t.Errorf("what is left has %d items, %v", r.Items, err)
	}
}
