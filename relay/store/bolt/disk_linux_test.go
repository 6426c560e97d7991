package bolt

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sesame/relay/store"
)

// smallDisk returns an empty directory on a disk of that size, which is there until t ends.
func smallDisk(t *testing.T, size string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); errors.Is(err, syscall.EPERM) {
		t.Skip("may not mount a small disk")
	} else if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}

// Fails when a full disk ends more than the changes that it has no room for: what was
// answered is lost, reading fails, or nothing can be written when there is room again.
func TestDiskFull(t *testing.T) {
	dir := smallDisk(t, "1m")
	s := open(t, dir)
	defer s.Close()
	keys := map[store.Key]uint64{}
	var full error
	for i := range 200 {
		k := store.Key{Kind: "box", Name: fmt.Sprint(i)}
		v, err := on(s).Put(t.Context(), k, 0, "head", time.Hour)
		if err == nil {
			keys[k] = v
			err = on(s).Append(t.Context(), k, 0, strings.Repeat("x", 20_000))
		}
		if err != nil {
			full = err
			break
		}
	}
	if !errors.Is(full, syscall.ENOSPC) {
		t.Fatalf("after %d records: %v", len(keys), full)
	}
	for k, v := range keys {
		if r, err := s.Get(t.Context(), k); err != nil || r.Version != v {
			t.Fatalf("%v: %+v, %v", k, r, err)
		}
	}
	if s.Stats().Failed == 0 {
		t.Error("no failure is counted")
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_REMOUNT, "size=8m"); err != nil {
		t.Fatal(err)
	}
	more := store.Key{Kind: "box", Name: "more"}
	if _, err := on(s).Put(t.Context(), more, 0, strings.Repeat("h", 4000), time.Hour); err != nil {
		t.Errorf("with room again: %v", err)
	}
	s.Close()
	s = open(t, dir)
	defer s.Close()
	if r, err := s.Get(t.Context(), more); err != nil || r.Version == 0 || s.Stats().Reset {
		t.Errorf("reopened: %+v, %v, begun anew: %v", r, err, s.Stats().Reset)
	}
}

// Fails when a disk that is full at the start keeps a store from opening.
func TestDiskFullAtStart(t *testing.T) {
	dir := smallDisk(t, "1m")
	s := open(t, dir)
	k := store.Key{Kind: "box", Name: "a"}
	if _, err := on(s).Put(t.Context(), k, 0, "", time.Hour); err != nil {
		t.Fatal(err)
	}
	for i := range 30 { // most of the disk, so that there is none for a copy
		if err := on(s).Append(t.Context(), k, i, strings.Repeat("x", 20_000)); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	s = open(t, dir)
	if items, err := s.Items(t.Context(), k, 0); err != nil || len(items) != 30 || s.Stats().Reset {
		t.Errorf("%d items, %v", len(items), err)
	}
}
