package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"sesame/relay/store"
)

// fill puts records and items into a store, and returns what each key then has.
func fill(t *testing.T, s *Store, n int) map[store.Key]string {
	t.Helper()
	all := map[store.Key]string{}
	for i := range n {
		k := store.Key{Kind: []string{"box", "plate"}[i%2], App: "app", Name: fmt.Sprint("name", i)}
		if _, err := on(s).Put(t.Context(), k, 0, strings.Repeat("h", i), 24*time.Hour); err != nil {
			t.Fatal(err)
		}
		for j := range i % 5 {
			if err := on(s).Append(t.Context(), k, j, strings.Repeat("item", 1+i*j*7)); err != nil {
				t.Fatal(err)
			}
		}
		all[k] = contents(t, s, k)
	}
	return all
}

// contents returns all that a store has of a key.
func contents(t *testing.T, s *Store, k store.Key) string {
	t.Helper()
	r, err := s.Get(context.Background(), k)
	if err != nil {
		t.Fatal(err)
	}
	items, err := s.Items(context.Background(), k, 0)
	if err != nil || len(items) != r.Items {
		t.Fatalf("%d items of %d, %v", len(items), r.Items, err)
	}
	return fmt.Sprint(r.Version, r.Head, items)
}

func open(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir, Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// Fails when what was written isn't there after a restart, or what had ended is.
func TestReopen(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	all := fill(t, s, 60)
	if _, err := on(s).Put(t.Context(), store.Key{Kind: "box", Name: "short"}, 0, "", time.Millisecond); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Millisecond) // its life
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t, dir)
		for k, want := range all {
			if got := contents(t, s, k); got != want {
				t.Fatalf("%v has %.100q, want %.100q", k, got, want)
			}
		}
		if keys, err := s.Scan(t.Context(), "box", store.Key{}, 1000); err != nil || len(keys) != 30 {
			t.Errorf("%d boxes, %v", len(keys), err)
		}
	}
	if s.Stats().Reset {
		t.Error("a whole file was put aside")
	}
}

// Fails when a version of a record that a process before this one has made is given again.
func TestVersionsGoOn(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	k := store.Key{Kind: "box", Name: "a"}
	v, _ := on(s).Put(t.Context(), k, 0, "", time.Hour)
	if err := on(s).Delete(t.Context(), k, v); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s = open(t, dir)
	if w, err := on(s).Put(t.Context(), k, 0, "", time.Hour); err != nil || w <= v {
		t.Errorf("version %d after %d, %v", w, v, err)
	}
}

// A clock that was years ahead when a record was made, or is years behind now, doesn't have it
// outlive its life.
func TestClockOfAnotherTime(t *testing.T) {
	dir := t.TempDir()
	now := time.Now().Add(10 * 365 * 24 * time.Hour)
	clock := func() time.Time { return now }
	s, err := Open(dir, Config{Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	k := store.Key{Kind: "box", Name: "a"}
	if _, err := on(s).Put(t.Context(), k, 0, "", time.Hour); err != nil {
		t.Fatal(err)
	}
	s.Close()
	now = time.Now()
	if s, err = Open(dir, Config{Now: clock}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	now = now.Add(time.Hour - time.Second)
	if r, _ := s.Get(t.Context(), k); r.Version == 0 {
		t.Error("gone before its life is over")
	}
	now = now.Add(time.Second)
	if r, _ := s.Get(t.Context(), k); r.Version != 0 {
		t.Error("still there after its life")
	}
}

// damages are ways in which a file goes bad.
var damages = map[string]func(r *rand.Rand, b []byte) []byte{
	"truncated": func(r *rand.Rand, b []byte) []byte { return b[:1+r.IntN(len(b)-1)] },
	"a page overwritten": func(r *rand.Rand, b []byte) []byte {
		at := r.IntN(len(b)/4096) * 4096
		for i := range 4096 {
			b[at+i] = byte(r.Uint32())
		}
		return b
	},
	"bytes flipped": func(r *rand.Rand, b []byte) []byte {
		for range 1 + r.IntN(20) {
			b[r.IntN(len(b))] ^= byte(1 + r.IntN(255))
		}
		return b
	},
}

// T-SRV-3. Fails when one of 150 damaged files keeps a store from opening within two seconds, or
// has it hold anything but nothing or everything; or is thrown away.
func TestDamagedFiles(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	all := fill(t, s, 120)
	s.Close()
	whole, err := os.ReadFile(filepath.Join(dir, fileState))
	if err != nil {
		t.Fatal(err)
	}
	// What is made ready for later is nobody's loss.
	used := len(bytes.TrimRight(whole, "\x00"))
	whole = whole[:(used+4095)/4096*4096]
	resets, n := 0, 0
	for name, damage := range damages {
		for i := range 50 {
			n++
			dir := t.TempDir()
			bad := damage(rand.New(rand.NewPCG(uint64(i), 3)), bytes.Clone(whole))
			if err := os.WriteFile(filepath.Join(dir, fileState), bad, 0o600); err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			start := time.Now()
			s, err := Open(dir, Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
			if took := time.Since(start); err != nil || took > 2*time.Second {
				t.Fatalf("%s, %d: %v after %v", name, i, err, took)
			}
			kept, _ := filepath.Glob(filepath.Join(dir, fileDamaged+"*"))
			if s.Stats().Reset {
				resets++
				if keys, err := s.Scan(t.Context(), "box", store.Key{}, 1); err != nil || len(keys) != 0 {
					t.Errorf("%s, %d: begun anew with %v, %v", name, i, keys, err)
				}
				if len(kept) != 1 || !strings.Contains(log.String(), "level=ERROR") {
					t.Fatalf("%s, %d: kept %q, said %q", name, i, kept, &log)
				}
				if b, _ := os.ReadFile(kept[0]); !bytes.Equal(b, bad) {
					t.Errorf("%s, %d: what is kept is another file", name, i)
				}
			} else {
				for k, want := range all {
					if got := contents(t, s, k); got != want {
						t.Errorf("%s, %d: %v has %.100q, want %.100q", name, i, k, got, want)
					}
				}
				if len(kept) != 0 {
					t.Errorf("%s, %d: a whole file is kept as %q", name, i, kept)
				}
			}
			if _, err := on(s).Put(t.Context(), store.Key{Kind: "box", Name: "more"}, 0, "", time.Hour); err != nil {
				t.Errorf("%s, %d: %v", name, i, err)
			}
			s.Close()
		}
	}
	if resets < n/3 {
		t.Errorf("%d of %d files were damaged: the test is broken", resets, n)
	}
	t.Logf("%d of %d files were put aside", resets, n)
}

// Fails when more damaged files are kept than two, or the wrong ones.
func TestTwoDamagedFilesAreKept(t *testing.T) {
	dir := t.TempDir()
	for i := range 4 {
		if err := os.WriteFile(filepath.Join(dir, fileState), fmt.Append(nil, "no store ", i), 0o600); err != nil {
			t.Fatal(err)
		}
		open(t, dir).Close()
	}
	kept, _ := filepath.Glob(filepath.Join(dir, fileDamaged+"*"))
	var texts []string
	for _, path := range kept {
		b, _ := os.ReadFile(path)
		texts = append(texts, string(b))
	}
	if fmt.Sprint(texts) != "[no store 2 no store 3]" {
		t.Errorf("kept: %q", texts)
	}
}

// Fails when a second store opens in the same directory, or one of a format that isn't known
// is taken for damaged.
func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	start := time.Now()
	if _, err := Open(dir, Config{}); !errors.Is(err, ErrInUse) {
		t.Errorf("a second one: %v", err)
	}
	if took := time.Since(start); took < lockTime || took > 10*time.Second {
		t.Errorf("said after %v", took)
	}
	s.Close()
	db, err := bbolt.Open(filepath.Join(dir, fileState), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketMeta).Put(keyTotals, seal(keyTotals, []byte{0, 0, 0, 0, 0, 0, 0, 3, 'n', 'e', 'w'}))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, Config{}); !errors.Is(err, ErrFormat) {
		t.Errorf("a newer one: %v", err)
	}
	if _, err := os.Lstat(filepath.Join(dir, fileState)); err != nil {
		t.Errorf("it isn't left alone: %v", err)
	}
}

// Fails when something that went missing from a file by itself isn't noticed.
func TestWhatIsMissingIsNoticed(t *testing.T) {
	for name, take := range map[string]func(tx *bbolt.Tx) error{
		"a record": func(tx *bbolt.Tx) error {
			k, _ := tx.Bucket(bucketHeads).Cursor().First()
			return tx.Bucket(bucketHeads).Delete(k)
		},
		"an item": func(tx *bbolt.Tx) error {
			k, _ := tx.Bucket(bucketItems).Cursor().Last()
			return tx.Bucket(bucketItems).Delete(k)
		},
		"a record's items": func(tx *bbolt.Tx) error {
			return errors.Join(tx.DeleteBucket(bucketItems), func() error { _, err := tx.CreateBucket(bucketItems); return err }())
		},
		"the counts": func(tx *bbolt.Tx) error { return tx.Bucket(bucketMeta).Delete(keyTotals) },
		"a bucket":   func(tx *bbolt.Tx) error { return tx.DeleteBucket(bucketMeta) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir)
			fill(t, s, 8)
			s.Close()
			db, err := bbolt.Open(filepath.Join(dir, fileState), 0o600, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(db.Update(take), db.Close()); err != nil {
				t.Fatal(err)
			}
			if !open(t, dir).Stats().Reset {
				t.Error("nothing was noticed")
			}
		})
	}
}
