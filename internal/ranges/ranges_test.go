package ranges

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// check fails unless s is in the order that it promises.
func (s *Set) check(t *testing.T) {
	t.Helper()
	n, end := 0, int64(-1)
	for _, block := range s.blocks {
		if len(block) == 0 || len(block) > maxBlock {
			t.Fatalf("a block of %d ranges", len(block))
		}
		for _, r := range block {
			if r.Off >= r.End || r.Off <= end {
				t.Fatalf("not in order: %v", s.blocks)
			}
			end = r.End
			n++
		}
	}
	if n != s.n {
		t.Fatalf("%d ranges, counted as %d", n, s.n)
	}
}

// Fails if a set of positions says anything else than one flag for each would.
func TestSetAgainstFlags(t *testing.T) {
	for seed := range uint64(300) {
		against(t, rand.New(rand.NewPCG(seed, 1)), 200, 60, 40)
	}
	for seed := range uint64(3) { // several blocks
		against(t, rand.New(rand.NewPCG(seed, 2)), 3000, 1500, 2)
		against(t, rand.New(rand.NewPCG(seed, 3)), 3000, 3000, 4)
	}
}

func against(t *testing.T, r *rand.Rand, size int64, steps int, longest int64) {
	t.Helper()
	var s Set
	flags := make([]bool, size)
	for range steps {
		off := r.Int64N(size)
		end := min(size, off+r.Int64N(1+r.Int64N(longest)))
		if r.IntN(500) == 0 {
			end = min(size, off+size/2)
		}
		var fresh, gaps int64
		for _, flag := range flags[off:end] {
			if !flag {
				fresh++
			}
		}
		for _, g := range s.Gaps(off, end) {
			gaps += g.End - g.Off
			if g.Off < off || g.End > end || g.Off >= g.End || slices.Contains(flags[g.Off:g.End], true) {
				t.Fatalf("gap %v of %d–%d in %v", g, off, end, s)
			}
		}
		if got := s.Covers(off, end); got != (fresh == 0) || gaps != fresh {
			t.Fatalf("covers(%d, %d) = %v, gaps %d, want %d in %v", off, end, got, gaps, fresh, s)
		}
		if got := s.Add(off, end); got != fresh {
			t.Fatalf("add(%d, %d) = %d, want %d", off, end, got, fresh)
		}
		for k := off; k < end; k++ {
			flags[k] = true
		}
		s.check(t)
		last := int64(0)
		for k, flag := range flags {
			if flag {
				last = int64(k + 1)
			}
		}
		if s.End() != last {
			t.Fatalf("ends at %d, want %d", s.End(), last)
		}
	}
}

// Fails if some order of single bytes takes a time that grows with the square of
// their number.
func TestSpansBackwardsByteByByte(t *testing.T) {
	const n = 1 << 20
	for name, at := range map[string]func(k int64) int64{
		"backwards": func(k int64) int64 { return 2 * (n - k) },
		"forwards":  func(k int64) int64 { return 2 * k },
		"scattered": func(k int64) int64 { return 2 * (k * 7919 % n) },
	} {
		var s Set
		began := time.Now()
		for k := range int64(n) {
			s.Add(at(k), at(k)+1)
		}
		took := time.Since(began)
		t.Logf("%s: %v", name, took)
		if s.Len() != n {
			t.Errorf("%s: %d ranges", name, s.Len())
		}
		// The square takes minutes: eight bytes moved for each pair.
		if took > 20*time.Second {
			t.Errorf("%s: %v", name, took)
		}
		if s.Add(0, 2*n+2); s.Len() != 1 {
			t.Errorf("%s: %d ranges when all is there", name, s.Len())
		}
	}
}

// Finds sequences of ranges after which a set is not in order, or counts wrongly.
func FuzzSet(f *testing.F) {
	f.Add([]byte{1, 2, 5, 1, 3, 3})
	f.Fuzz(func(t *testing.T, steps []byte) {
		var s Set
		var flags [512]bool
		for ; len(steps) >= 2; steps = steps[2:] {
			off := int64(steps[0])
			end := off + int64(steps[1])
			var fresh int64
			for k := off; k < end; k++ {
				if !flags[k] {
					flags[k] = true
					fresh++
				}
			}
			if got := s.Add(off, end); got != fresh {
				t.Fatalf("%d new, want %d", got, fresh)
			}
			s.check(t)
		}
	})
}
