package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sesame/relay/store"
	"sesame/relay/store/journal"
)

// kill ends a store as the end of its process would, when nothing is being written.
func kill(t *testing.T, s *Store) {
	t.Helper()
	s.once.Do(func() {
		close(s.stop)
		<-s.idle
		for s.points.writing {
			s.points.again = time.Now().Add(time.Hour) // nothing else begins
			s.points.writing = false
			if err := <-s.points.done; err != nil {
				t.Error(err)
			}
		}
		if s.points.journal != nil {
			s.points.journal.Close()
		}
		s.file.close()
		s.lock.Close()
	})
}

// opened opens a store that writes to its file when so many bytes are in the log.
func opened(t *testing.T, dir string, size int) *Store {
	t.Helper()
	s, err := openBounded(dir, Config{}, bounds{bytes: size, age: time.Hour, logs: 8, full: 1000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kill(t, s) })
	return s
}

// A shelf is what a store ought to have.
type shelf map[store.Key]*struct {
	version uint64
	head    string
	items   []string
}

// check compares a store with it, in all ways to read.
func (sh shelf) check(t *testing.T, s *Store, when string) {
	t.Helper()
	var keys []store.Key
	for k, want := range sh {
		keys = append(keys, k)
		r, err := s.Get(t.Context(), k)
		if err != nil || r != (store.Record{Version: want.version, Head: want.head, Items: len(want.items)}) {
			t.Fatalf("%s: %v is %+v, %v, want %+v", when, k, r, err, *want)
		}
		from := rand.IntN(len(want.items) + 1)
		if items, err := s.Items(t.Context(), k, from); err != nil || !slices.Equal(items, want.items[from:]) {
			t.Fatalf("%s: of %v from %d on there are %q, %v, want %q", when, k, from, items, err, want.items[from:])
		}
	}
	var all []store.Key
	for last := (store.Key{}); ; last = all[len(all)-1] {
		some, err := s.Scan(t.Context(), "box", last, 7)
		if err != nil {
			t.Fatal(err)
		}
		if len(some) == 0 {
			break
		}
		all = append(all, some...)
	}
	slices.SortFunc(keys, compareKeys)
	if !slices.Equal(all, keys) {
		t.Fatalf("%s: there are %v, want %v", when, all, keys)
	}
}

// change makes a random change of one of few records, in both.
func (sh shelf) change(t *testing.T, s *Store, r *rand.Rand) {
	t.Helper()
	k := store.Key{Kind: "box", Name: fmt.Sprint(r.IntN(30))}
	have := sh[k]
	switch n := r.IntN(10); {
	case have == nil:
		v, err := on(s).Put(t.Context(), k, 0, fmt.Sprint("new", n), time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		sh[k] = &struct {
			version uint64
			head    string
			items   []string
		}{version: v, head: fmt.Sprint("new", n)}
	case n < 5:
		item := strings.Repeat(fmt.Sprint(n), r.IntN(300))
		if err := on(s).Append(t.Context(), k, len(have.items), item); err != nil {
			t.Fatal(err)
		}
		have.items = append(have.items, item)
	case n < 7:
		v, err := on(s).Put(t.Context(), k, have.version, fmt.Sprint("head", n), time.Hour)
		if err != nil || v <= have.version {
			t.Fatal(v, err)
		}
		have.version, have.head = v, fmt.Sprint("head", n)
	default:
		if err := on(s).Delete(t.Context(), k, have.version); err != nil {
			t.Fatal(err)
		}
		delete(sh, k)
	}
}

// Fails when a record is lost, is there again, or is another one, because of when it was written to the file: in any
// order of changes, checkpoints, kills and ends.
func TestHistoriesAcrossCheckpoints(t *testing.T) {
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 14))
		dir := t.TempDir()
		have := shelf{}
		for life := range 6 {
			s := opened(t, dir, []int{1, 20_000, 200_000}[r.IntN(3)])
			have.check(t, s, fmt.Sprint("seed ", seed, ", at the beginning of life ", life))
			for range r.IntN(200) {
				have.change(t, s, r)
				if r.IntN(20) == 0 {
					have.check(t, s, fmt.Sprint("seed ", seed, ", in life ", life))
				}
			}
			if r.IntN(3) == 0 {
				closes(t, s)
			} else {
				kill(t, s)
			}
			if s.Stats().Reset {
				t.Fatalf("seed %d: begun anew", seed)
			}
		}
	}
}

// Fails when what is changed while what was changed before is being written to the file isn't seen, or is lost: above all what
// is removed, or removed and made again, and what is made and removed between.
func TestChangedWhileWritten(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 15))
		dir := t.TempDir()
		s := opened(t, dir, 30_000)
		have := shelf{}
		for range 3 {
			for range 40 {
				have.change(t, s, r)
			}
			busy, err := s.file.db.Begin(true) // who writes has to wait for that
			if err != nil {
				t.Fatal(err)
			}
			frozen := func() bool { _, frozen := s.layers.now(); return frozen != nil }
			for !frozen() {
				have.change(t, s, r)
			}
			for range 100 {
				have.change(t, s, r)
			}
			have.check(t, s, fmt.Sprint("seed ", seed, ", while it is written"))
			busy.Rollback()
			if r.IntN(2) == 0 {
				for frozen() {
					time.Sleep(time.Millisecond)
				}
			}
			have.check(t, s, fmt.Sprint("seed ", seed, ", when it was written"))
			kill(t, s)
			s = opened(t, dir, 30_000)
			have.check(t, s, fmt.Sprint("seed ", seed, ", after a kill"))
		}
	}
}

// Fails when what was made and removed before it was to be written gets into the file, or takes memory for ever.
func TestShortLivedIsNotWritten(t *testing.T) {
	s := opened(t, t.TempDir(), 8<<20)
	for i := range 100 {
		k := store.Key{Kind: "box", Name: fmt.Sprint(i)}
		v, err := on(s).Put(t.Context(), k, 0, "head", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if err := on(s).Append(t.Context(), k, 0, "item"); err != nil {
			t.Fatal(err)
		}
		if err := on(s).Delete(t.Context(), k, v); err != nil {
			t.Fatal(err)
		}
	}
	if active, _ := s.layers.now(); len(active.entries) != 0 || active.bytes != 0 {
		t.Errorf("%d entries of %d bytes are left", len(active.entries), active.bytes)
	}
}

// Fails when a program that knows of no logs could take a file for whole that has something in the log, or can't read one
// that was closed; or when files of a store can be read by others.
func TestFormats(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	formatOf := func() (n byte, size int) {
		copied := filepath.Join(t.TempDir(), "copy") // bbolt holds a lock on the other
		b, err := os.ReadFile(filepath.Join(dir, fileState))
		if err := errors.Join(err, os.WriteFile(copied, b, 0o600)); err != nil {
			t.Fatal(err)
		}
		err = eachPage(copied, func(p pages) error {
			v, err := unseal(keyTotals, p.meta.Get(keyTotals))
			n, size = v[7], len(v)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n, size
	}
	if _, err := on(s).Put(t.Context(), store.Key{Kind: "box", Name: "a"}, 0, "head", time.Hour); err != nil {
		t.Fatal(err)
	}
	kill(t, s)
	logs, _ := journal.Files(dir)
	if n, _ := formatOf(); n != formatLogged || len(logs) != 1 {
		t.Errorf("format %d, %q, after a kill", n, logs)
	}
	for _, path := range append(logs, filepath.Join(dir, fileState)) {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 && os.PathSeparator == '/' {
			t.Errorf("%v, %v", info.Mode(), err)
		}
	}
	for _, also := range []bool{false, true} {
		s = open(t, dir)
		if also {
			if _, err := on(s).Put(t.Context(), store.Key{Kind: "box", Name: "b"}, 0, "head", time.Hour); err != nil {
				t.Fatal(err)
			}
		} else if n, size := formatOf(); n != format || size != 32 {
			t.Errorf("format %d with %d bytes, after a start", n, size)
		}
		closes(t, s)
		logs, _ = journal.Files(dir)
		if n, size := formatOf(); n != format || size != 32 || len(logs) > 0 {
			t.Errorf("format %d with %d bytes, and %q, when it was closed", n, size, logs)
		}
	}
	s = open(t, dir)
	if keys, err := s.Scan(t.Context(), "box", store.Key{}, 10); err != nil || len(keys) != 2 || s.Stats().Reset {
		t.Errorf("%v, %v", keys, err)
	}
}

// T-SRV-3. Fails when a damaged log, or one that is missing, ends the program, has a store hold anything but nothing or
// everything (but for the last commit, which may not have been answered), isn't told of, or is thrown away.
func TestDamagedLogs(t *testing.T) {
	from := t.TempDir()
	s := opened(t, from, 1<<20)
	all := fill(t, s, 60)
	last := store.Key{Kind: "box", Name: "last"}
	if _, err := on(s).Put(t.Context(), last, 0, strings.Repeat("l", 4000), time.Hour); err != nil {
		t.Fatal(err)
	}
	kill(t, s)
	state, err := os.ReadFile(filepath.Join(from, fileState))
	if err != nil {
		t.Fatal(err)
	}
	logs, _ := journal.Files(from)
	whole, err := os.ReadFile(logs[0])
	if err != nil {
		t.Fatal(err)
	}
	whole = whole[:(len(bytes.TrimRight(whole, "\x00"))+4095)/4096*4096]
	ways := map[string]func(*rand.Rand, []byte) []byte{"missing": nil, "of another time": func(r *rand.Rand, b []byte) []byte { b[20] ^= 1; return b }}
	for name, damage := range damages {
		ways[name] = damage
	}
	resets, n := 0, 0
	for name, damage := range ways {
		for i := range 30 {
			n++
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, fileState), state, 0o600); err != nil {
				t.Fatal(err)
			}
			if damage != nil {
				bad := damage(rand.New(rand.NewPCG(uint64(i), 4)), bytes.Clone(whole))
				if err := os.WriteFile(filepath.Join(dir, filepath.Base(logs[0])), bad, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var log bytes.Buffer
			s, err := Open(dir, Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
			if err != nil {
				t.Fatalf("%s, %d: %v", name, i, err)
			}
			kept, _ := filepath.Glob(filepath.Join(dir, fileDamaged+"*"))
			keys, err := s.Scan(t.Context(), "box", store.Key{}, 1000)
			switch {
			case err != nil:
				t.Errorf("%s, %d: %v", name, i, err)
			case s.Stats().Reset:
				resets++
				want := 2
				if damage == nil {
					want = 1
				}
				if len(keys) != 0 || len(kept) != want || !strings.Contains(log.String(), "level=ERROR") {
					t.Errorf("%s, %d: begun anew with %v, kept %q, said %q", name, i, keys, kept, &log)
				}
			case name == "truncated": // to a length at which a record ends it looks like one that was never longer
			default:
				for k, want := range all {
					if got := contents(t, s, k); got != want {
						t.Errorf("%s, %d: %v has %.100q, want %.100q", name, i, k, got, want)
					}
				}
				if len(kept) != 0 || len(keys) < 30 {
					t.Errorf("%s, %d: kept %q, and %d are there", name, i, kept, len(keys))
				}
			}
			closes(t, s)
		}
	}
	if resets < n/3 {
		t.Errorf("%d of %d were damaged: the test is broken", resets, n)
	}
	t.Logf("%d of %d were put aside", resets, n)
}

// Fails when logs without their file are taken for nothing, or more files are kept of damaged stores than of two.
func TestLogsWithoutFile(t *testing.T) {
	dir := t.TempDir()
	for i := range 4 {
		s := open(t, dir)
		if reset := s.Stats().Reset; reset != (i > 0) {
			t.Errorf("begun anew: %v", reset)
		}
		fill(t, s, 3)
		kill(t, s)
		if err := os.Remove(filepath.Join(dir, fileState)); err != nil {
			t.Fatal(err)
		}
	}
	if kept, _ := filepath.Glob(filepath.Join(dir, fileDamaged+"*")); len(kept) != 2 {
		t.Errorf("kept: %q", kept)
	}
}

// Fails when a record whose life is over isn't, or its items are there again in another, where the file knows of one end and the
// log of another.
func TestLivesAcrossLogs(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	clock := func() time.Time { return now }
	again := func(s *Store) *Store {
		if s != nil {
			kill(t, s)
		}
		s, err := openBounded(dir, Config{Now: clock}, bounds{bytes: 1 << 20, age: time.Hour, logs: 8, full: 4})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { kill(t, s) })
		return s
	}
	s := again(nil)
	versions := map[string]uint64{}
	put := func(name string, was uint64, life time.Duration) {
		t.Helper()
		v, err := on(s).Put(t.Context(), store.Key{Kind: "box", Name: name}, was, name, life)
		if err != nil {
			t.Fatal(err)
		}
		versions[name] = v
	}
	add := func(name string, n int) {
		t.Helper()
		if err := on(s).Append(t.Context(), store.Key{Kind: "box", Name: name}, n, fmt.Sprint(name, n)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"longer", "shorter", "over", "anew"} {
		put(name, 0, time.Hour)
		add(name, 0)
	}
	s = again(s) // all that is in the file now
	put("longer", versions["longer"], 5*time.Hour)
	put("shorter", versions["shorter"], time.Minute)
	for _, name := range []string{"longer", "shorter", "over"} {
		add(name, 1)
	}
	now = now.Add(2 * time.Hour)
	put("anew", 0, time.Hour)
	add("anew", 0)
	// A start that ends when it has copied the file, before what is in the log is in it.
	kill(t, s)
	path := filepath.Join(dir, fileState)
	found, err := look(path, now)
	if err == nil {
		err = copyFile(filepath.Join(dir, fileNew), path, found)
	}
	if err == nil {
		err = os.Rename(filepath.Join(dir, fileNew), path)
	}
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s = again(s)
		for name, want := range map[string][]string{"longer": {"longer0", "longer1"}, "shorter": nil, "over": nil, "anew": {"anew0"}} {
			k := store.Key{Kind: "box", Name: name}
			items, err := s.Items(t.Context(), k, 0)
			r, _ := s.Get(t.Context(), k)
			if err != nil || !slices.Equal(items, want) || (r.Version != 0) != (name == "longer" || name == "anew") {
				t.Errorf("%s is %+v with %q, %v", name, r, items, err)
			}
		}
	}
	if s.Stats().Reset {
		t.Error("begun anew")
	}
}

// Fails when bytes that aren't what was written end a process, or do something to a store that its own deeds couldn't.
func FuzzRedo(f *testing.F) {
	k := store.Key{Kind: "box", App: "app", Name: "a"}
	h := head{7, time.Unix(2e9, 0), time.Hour, "head"}
	var b []byte
	for _, d := range []deed{{does: made, key: k, head: h}, {does: appended, key: k, item: "item"}, {does: removed, key: k}} {
		b = d.append(b, keyOf(k))
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		below := func(store.Key) (entry, error) { return entry{whole: true}, nil }
		tx := begin(time.Unix(1e9, 0), nil, 0, below)
		if err := tx.redo(b); err != nil {
			return
		}
		o := newOverlay(0)
		o.apply(tx)
		for k, e := range o.entries {
			if !e.there() || len(k.Kind) > 1<<16 || e.head.version > o.version {
				t.Errorf("%v is %+v", k, e)
			}
		}
		var again []byte
		for rest := b; len(rest) > 0; {
			var d deed
			d, rest, _ = cutDeed(rest)
			again = d.append(again, keyOf(d.key))
		}
		if !bytes.Equal(again, b) {
			t.Errorf("%x is written as %x", b, again)
		}
	})
}
