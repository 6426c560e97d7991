package bolt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sesame/relay/store"
)

// Fails when what waits to be written to the file grows without a bound while that can't be written, is lost then or when the
// process ends, or nothing is committed again when there is room.
func TestFileThatTakesNothing(t *testing.T) {
	dir := smallDisk(t, "2m")
	var log strings.Builder
	again := func() *Store {
		s, err := openBounded(dir, Config{Logger: slog.New(slog.NewTextHandler(&log, nil))}, bounds{bytes: 100_000, age: time.Hour, logs: 8, full: 3})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { kill(t, s) })
		return s
	}
	s := again()
	have := map[store.Key]uint64{}
	for i := 0; ; i++ {
		k := store.Key{Kind: "box", Name: fmt.Sprint(i)}
		v, err := on(s).Put(t.Context(), k, 0, strings.Repeat("h", 4000), time.Hour)
		if errors.Is(err, syscall.ENOSPC) {
			break
		}
		if err != nil || i > 2000 {
			t.Fatalf("after %d: %v", i, err)
		}
		have[k] = v
	}
	check := func(when string) {
		t.Helper()
		for k, v := range have {
			if r, err := s.Get(t.Context(), k); err != nil || r.Version != v {
				t.Fatalf("%s: %v is %+v, %v, want version %d of %d records", when, k, r, err, v, len(have))
			}
		}
	}
	check("on a full disk")
	closes(t, s) // there is no room for all, so what is left stays in the log
	s = again()
	check("after another start there")
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_REMOUNT, "size=32m"); err != nil {
		t.Fatal(err)
	}
	more := store.Key{Kind: "box", Name: "more"}
	for {
		v, err := on(s).Put(t.Context(), more, 0, "", time.Hour)
		if err == nil {
			have[more] = v
			break
		}
		if t.Context().Err() != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond) // it is tried again every second
	}
	check("with room again")
	closes(t, s)
	s = again()
	check("at the end")
	if !strings.Contains(log.String(), "trying again") || !strings.Contains(log.String(), "stays in the log") {
		t.Errorf("it was never said that the file takes nothing: %s", &log)
	}
	if s.Stats().Reset || len(have) < 50 {
		t.Errorf("%d records, begun anew: %v", len(have), s.Stats().Reset)
	}
}

// Fails when what is committed while the file is being written slowly grows without a bound, or who waits for that isn't
// answered when it goes on.
func TestSlowFile(t *testing.T) {
	s, err := openBounded(t.TempDir(), Config{}, bounds{bytes: 40_000, age: time.Hour, logs: 8, full: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kill(t, s) })
	if _, err := on(s).Put(t.Context(), store.Key{Kind: "box", Name: "first"}, 0, "", time.Hour); err != nil { // the file is marked
		t.Fatal(err)
	}
	busy, err := s.file.db.Begin(true)
	if err != nil {
		t.Fatal(err)
	}
	// A commit is a page. Behind what is being written 30 of them are as much as may wait.
	const begun, most = 10, 30
	n, waits := 0, make(chan error, 1)
	put := func(i int) {
		_, err := on(s).Put(context.Background(), store.Key{Kind: "box", Name: fmt.Sprint(i)}, 0, "head", time.Hour)
		waits <- err
	}
	waiting := func() bool { active, frozen := s.layers.now(); return frozen != nil && len(active.entries) >= most }
	for ; !waiting(); n++ {
		if n > 2*(begun+most) {
			t.Fatal("nobody ever waits")
		}
		go put(n)
		if err := <-waits; err != nil {
			t.Fatal(err)
		}
	}
	for range 3 { // these wait
		go put(n)
		n++
	}
	if active, _ := s.layers.now(); len(waits) > 0 || len(active.entries) > most {
		t.Errorf("%d answered, %d entries", len(waits), len(active.entries))
	}
	busy.Rollback()
	for range 3 {
		if err := <-waits; err != nil {
			t.Error(err)
		}
	}
	for i := range n {
		if r, err := s.Get(t.Context(), store.Key{Kind: "box", Name: fmt.Sprint(i)}); err != nil || r.Version == 0 {
			t.Errorf("%d: %+v, %v", i, r, err)
		}
	}
}
