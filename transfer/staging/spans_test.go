package staging

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// A set of positions is checked against one flag for each.
func TestSpansAgainstFlags(t *testing.T) {
	const size = 200
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		var s spans
		var flags [size]bool
		for range 60 {
			off := r.Int64N(size)
			end := min(size, off+r.Int64N(1+r.Int64N(40)))
			var fresh int64
			var gaps int64
			all := true
			for k := off; k < end; k++ {
				if !flags[k] {
					fresh, all = fresh+1, false
				}
			}
			for _, g := range s.gaps(off, end) {
				gaps += g.end - g.off
				if g.off < off || g.end > end || g.off >= g.end || slices.Contains(flags[g.off:g.end], true) {
					t.Fatalf("seed %d: gap %v of %d–%d in %v", seed, g, off, end, s)
				}
			}
			if got := s.covers(off, end); got != all || gaps != fresh {
				t.Fatalf("seed %d: covers(%d, %d) = %v, gaps %d, want %v and %d in %v", seed, off, end, got, gaps, all, fresh, s)
			}
			if got := s.add(off, end); got != fresh {
				t.Fatalf("seed %d: add(%d, %d) = %d, want %d", seed, off, end, got, fresh)
			}
			for k := off; k < end; k++ {
				flags[k] = true
			}
			for k := range s {
				if s[k].off >= s[k].end || k > 0 && s[k-1].end >= s[k].off {
					t.Fatalf("seed %d: not in order: %v", seed, s)
				}
			}
		}
	}
}

func TestNames(t *testing.T) {
	for _, test := range []struct{ path, target, safe string }{
		{"d/l", "x", "yes"}, {"d/l", "./x", "yes"}, {"d/e/l", "../x/y", "yes"}, {"d/e/l", "..", "yes"}, {"d/l", "x/", "yes"},
		{"d/l", "..", ""}, {"d/l", "../x", ""}, {"d/e/l", "../..", ""}, {"d/l", "x/..", ""}, {"d/e/l", "x/../..", ""},
		{"d/l", "/x", ""}, {"d/l", "", ""}, {"l", "x", ""}, {"l", "..", ""}, {"d/l", "x\x00", ""},
	} {
		if got := safeTarget(test.path, test.target); got != (test.safe == "yes") {
			t.Errorf("link %s to %q: safe is %v", test.path, test.target, got)
		}
	}
	for _, test := range []struct{ s, want string }{
		{"short", "short"}, {"12345678", "12345678"}, {"123456789", "12345678"}, {"1234567é", "1234567"}, {"123456漢", "123456"},
		{"12345😀x", "12345"}, {"1234😀x", "1234😀"}, {"1234567\xff\xff", "12345"},
	} {
		if got := shorten(test.s, 8); got != test.want && len(got) > 8 {
			t.Errorf("shorten(%q) = %q, want %q", test.s, got, test.want)
		}
	}
	for range 100 {
		name := stagingName("holiday")
		if !isStaging(name, stagingPrefix("holiday")) || isStaging(name, stagingPrefix("holida")) {
			t.Errorf("%q", name)
		}
	}
	for _, name := range []string{".holiday.sesame", ".holiday..sesame", ".holiday.0000000000000000.sesame", ".holiday.AAAAAAAAAAAAAAAA.sesame", ".holiday.aaaaaaaaaaaaaaaa.sesam", ".holiday.x.aaaaaaaaaaaaaaaa.sesame"} {
		if isStaging(name, stagingPrefix("holiday")) {
			t.Errorf("%q would be adopted", name)
		}
	}
}

func TestBytesText(t *testing.T) {
	for n, want := range map[uint64]string{0: "0 bytes", 999: "999 bytes", 1000: "1.0 kB", 1500: "1.5 kB", 999_949: "999.9 kB", 999_999: "1.0 MB", 12_345_678_901: "12.3 GB", 1 << 63: "9.2 EB"} {
		if got := bytesText(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestGroupSize(t *testing.T) {
	for _, test := range []struct{ size, group int64 }{
		{-1, 256 << 10}, {0, 256 << 10}, {1, 256 << 10}, {256 << 10, 256 << 10}, {16 << 30, 256 << 10}, {16<<30 + 1, 512 << 10},
		{1 << 40, 16 << 20}, {1<<40 + 1, 32 << 20}, {1<<63 - 1, 1 << 47},
	} {
		if got := GroupSize(test.size); got != test.group {
			t.Errorf("groups of %d for %d bytes, want %d", got, test.size, test.group)
		}
		if n := fmt.Sprint((max(test.size, 0)-1)/test.group + 1); len(n) > 5 {
			t.Errorf("%s groups", n)
		}
	}
}
