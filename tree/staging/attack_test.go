//go:build unix

package staging_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"sesame/tree/manifest"
	"sesame/tree/staging"
)

// Somebody swaps directories of the tree for links that lead out, all the time.
// Writing may fail; nothing may change outside, which target verifies.
func TestSwappedDirectories(t *testing.T) {
	dir, path := target(t)
	const folders = 100 // more than are kept open
	s := newTree().folder("d")
	for i := range folders {
		s.folder(fmt.Sprintf("d/%d", i)).file(fmt.Sprintf("d/%d/secret", i), []byte("evil"))
		for k := range 10 {
			s.file(fmt.Sprintf("d/%d/%d", i, k), []byte("evil"))
		}
	}
	outside := filepath.Join(path, "../outside")
	var stop atomic.Bool
	var swaps atomic.Int64
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop.Store(true)

	for round := range 4 {
		tr, err := staging.Open(dir, &s.Manifest, known(&staging.Options{Fresh: true, NoSync: true}))
		must(t, err)
		base := filepath.Join(path, left(t, path)[0], "tree", "d")
		stop.Store(false)
		for attacker := range 4 {
			wg.Go(func() {
				for i := attacker; !stop.Load(); i = (i + 4) % folders {
					a, b := filepath.Join(base, fmt.Sprint(i)), filepath.Join(base, fmt.Sprint("away", i))
					os.Rename(a, b)
					os.Symlink(outside, a)
					swaps.Add(1)
					os.Remove(a)
					os.Rename(b, a)
				}
			})
		}
		var writers sync.WaitGroup
		refused := make([]int, 2)
		for w := range refused {
			writers.Go(func() {
				for _, i := range rand.Perm(len(s.Entries)) {
					if s.data[i] == nil || i%len(refused) != w {
						continue
					}
					var err error
					if i%3 == 0 {
						err = tr.WriteAt(i, 0, s.data[i])
					} else {
						err = tr.WriteFile(i, s.data[i])
					}
					if err != nil {
						refused[w]++
						tr.Fail(i, manifest.Because(manifest.CauseGone))
					}
				}
			})
		}
		writers.Wait()
		stop.Store(true)
		wg.Wait()
		t.Logf("round %d: %d writes refused", round, refused)
		must(t, tr.Close())
		for _, name := range left(t, path) {
			must(t, os.RemoveAll(filepath.Join(path, name)))
		}
	}
	t.Logf("%d swaps", swaps.Load())
}

// The same with names that are adopted: the next run opens what was prepared.
func TestSwappedWhileAdopting(t *testing.T) {
	dir, path := target(t)
	outside := filepath.Join(path, "../outside")
	s := newTree().folder("d").folder("d/dir").file("d/dir/x", noise(1, 1000)).file("d/secret", noise(2, 1000))
	for range 100 {
		kept := interrupted(t, dir, path, s, func(tr *staging.Tree) {
			must(t, tr.WriteAt(2, 0, s.data[2][:500]))
			must(t, tr.WriteAt(3, 0, s.data[3][:500]))
		})
		var wg sync.WaitGroup
		var stop atomic.Bool
		wg.Go(func() {
			a, b := filepath.Join(kept, "tree/d"), filepath.Join(kept, "away")
			for !stop.Load() {
				os.Rename(a, b)
				os.Symlink(outside, a)
				os.Remove(a)
				os.Rename(b, a)
			}
		})
		if tr, err := staging.Open(dir, &s.Manifest, known(&staging.Options{NoSync: true})); err == nil {
			tr.WriteAt(2, 0, s.data[2])
			tr.WriteAt(3, 0, s.data[3])
			tr.Hole(3, 0, 1000)
			tr.Fail(3, manifest.Reason{})
			tr.Close()
		}
		stop.Store(true)
		wg.Wait()
		for _, name := range left(t, path) {
			must(t, os.RemoveAll(filepath.Join(path, name)))
		}
	}
}

// Eight goroutines write overlapping ranges of the same few files, in any
// order, and others look.
func TestConcurrentWriters(t *testing.T) {
	s := newTree().folder("d")
	for i := range 6 {
		s.file(fmt.Sprintf("d/%d", i), noise(uint64(i), 200_000+i))
	}
	for i := range 200 {
		s.file(fmt.Sprintf("d/small%d", i), noise(uint64(i), 50+i))
	}
	s.stream("d/stream", noise(7, 100_000)).file("d/fails", noise(8, 100_000))
	dir, path := target(t)
	tr := open(t, dir, s, &staging.Options{NoSync: true, OpenFiles: 2})
	fails := len(s.Entries) - 1
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			check := func(err error) {
				if err != nil {
					t.Error(err)
				}
			}
			for k := range len(s.Entries) - 1 {
				i := 1 + (k*7+w*13)%(len(s.Entries)-1)
				data := s.data[i]
				if len(data) < 1000 {
					check(tr.WriteFile(i, data))
					continue
				}
				for off := (w * 997) % 30_000; off < len(data); off += 20_000 + w*1000 {
					check(tr.WriteAt(i, int64(off), data[off:min(len(data), off+25_000+w*1000)]))
				}
				check(tr.WriteAt(i, 0, data[:30_000]))
				if i == fails {
					check(tr.Fail(i, manifest.Because(manifest.CauseGone)))
				} else if s.Entries[i].Size < 0 {
					check(tr.EndStream(i, int64(len(data))))
				}
				tr.Missing(i)
				tr.Written()
				tr.Complete()
			}
		})
	}
	wg.Wait()
	total := int64(0)
	for i, data := range s.data {
		if i != fails {
			total += int64(len(data))
		}
	}
	if !tr.Complete() || tr.Written() != total {
		t.Errorf("complete %v, %d bytes, want %d", tr.Complete(), tr.Written(), total)
	}
	place(t, tr, nil)
	want := s.want()
	delete(want, "d/fails")
	same(t, "result", snapshot(t, path, ""), want)
}

// Close while others write: every call ends, and what was written stays whole.
func TestCloseWhileWriting(t *testing.T) {
	dir, path := target(t)
	s := newTree().file("f", noise(1, 2_000_000))
	tr := open(t, dir, s, nil)
	var wg sync.WaitGroup
	begun := make(chan struct{}, 4)
	for w := range 4 {
		wg.Go(func() {
			for off := w * 1000; off < len(s.data[0]); off += 4000 {
				if err := tr.WriteAt(0, int64(off), s.data[0][off:off+1000]); err != nil {
					break
				}
				select {
				case begun <- struct{}{}:
				default:
				}
			}
		})
	}
	<-begun
	must(t, tr.Close())
	wg.Wait()
	goesOn(t, dir, path, s)
}

// Two lanes bring the same ranges at the same moment: whoever is last finishes
// the file, and nothing is written to it after that.
func TestSameRangesAtOnce(t *testing.T) {
	const chunk = 512 << 10
	s := newTree()
	for i := range 16 {
		s.file(fmt.Sprint(i), noise(uint64(i), 2*chunk))
	}
	dir, path := target(t)
	tr := open(t, dir, s, &staging.Options{NoSync: true, OpenFiles: 1})
	for i := range s.Entries {
		for off := int64(0); off < 2*chunk; off += chunk {
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					if err := tr.WriteAt(i, off, s.data[i][off:off+chunk]); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Go(func() { tr.WriteAt((i+1)%16, 0, s.data[(i+1)%16][:chunk]) })
			wg.Wait()
		}
	}
	place(t, tr, nil)
	same(t, "result", snapshot(t, path, ""), s.want())
}

// Fails if a tree isn't complete although all of it has been written, because somebody
// else still writes the same, too.
func TestCompleteWhileWritten(t *testing.T) {
	const size = 1 << 20
	s := newTree()
	for i := range 200 {
		s.file(fmt.Sprint(i), noise(uint64(i), size))
	}
	for i := range s.Entries {
		one := newTree()
		one.file("one", s.data[i])
		dir, _ := target(t)
		tr := open(t, dir, one, &staging.Options{NoSync: true})
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if err := tr.WriteAt(0, 0, s.data[i]); err != nil || !tr.Complete() {
					t.Errorf("written: %v, and not complete", err)
				}
			})
		}
		wg.Wait()
		must(t, tr.Close())
	}
}
