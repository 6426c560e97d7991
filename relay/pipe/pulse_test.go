package pipe

import (
	"testing"
	"time"

	"sesame/relay/source"
)

// Fails when a pair that is alive is cut, when one that isn't stays, or when
// the next look comes too late to keep a limit.
func TestJudge(t *testing.T) {
	const s = time.Second
	l := Limits{PairIdle: 300 * s, PairStall: 60 * s, PairLife: 3600 * s}
	for name, c := range map[string]struct {
		x, y pulse
		cut  bool
		next time.Duration
	}{
		"new":                              {pulse{}, pulse{}, false, 60 * s},
		"quiet":                            {pulse{quiet: 299 * s}, pulse{quiet: 500 * s}, false, s},
		"too quiet":                        {pulse{quiet: 300 * s}, pulse{quiet: 300 * s}, true, 0},
		"one way only":                     {pulse{quiet: 500 * s}, pulse{}, false, 60 * s},
		"one way over":                     {pulse{quiet: 10 * s, ended: true}, pulse{quiet: 50 * s}, false, 50 * s},
		"one way over for long":            {pulse{quiet: 60 * s, ended: true}, pulse{quiet: 90 * s}, true, 0},
		"one way over, the other busy":     {pulse{quiet: 500 * s, ended: true}, pulse{quiet: s}, false, 59 * s},
		"waits for the receiver":           {pulse{quiet: 50 * s, blocked: true}, pulse{}, false, 10 * s},
		"the receiver doesn't read":        {pulse{quiet: 60 * s, blocked: true}, pulse{quiet: 60 * s}, true, 0},
		"it doesn't read, but sends":       {pulse{quiet: 60 * s, blocked: true}, pulse{}, true, 0},
		"nothing waits, the other stalls":  {pulse{quiet: 100 * s}, pulse{quiet: 61 * s, blocked: true}, true, 0},
		"busy, and nearly too old":         {pulse{age: 3590 * s}, pulse{age: 3590 * s}, false, 10 * s},
		"busy, and too old":                {pulse{age: 3600 * s}, pulse{age: 3600 * s}, true, 0},
		"both wait, one more than a while": {pulse{quiet: 20 * s, blocked: true}, pulse{quiet: 30 * s, blocked: true}, false, 30 * s},
	} {
		reason, next := l.judge(c.x, c.y)
		if (reason != "") != c.cut || next != c.next {
			t.Errorf("%s: %q, next after %v, want %v after %v", name, reason, next, c.cut, c.next)
		}
	}
}

// Fails when more is cut than need be, or less, or not the largest.
func TestExcess(t *testing.T) {
	burdens := func(bytes ...int) (ls []burden) {
		for _, n := range bytes {
			ls = append(ls, burden{&pair{}, source.Source{}, n})
		}
		return ls
	}
	for _, c := range []struct {
		held []int
		want []int // indices, the first to go first
	}{
		{nil, nil},
		{[]int{50, 50}, nil},
		{[]int{10, 60, 40}, []int{1}},
		{[]int{101}, []int{0}},
		{[]int{30, 90, 80, 40}, []int{1, 2}},
	} {
		ls := burdens(c.held...)
		var want []*pair
		for _, i := range c.want {
			want = append(want, ls[i].pair)
		}
		got := excess(ls, 100)
		if len(got) != len(want) {
			t.Errorf("%v: %d are cut, want %d", c.held, len(got), len(want))
			continue
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%v: the wrong ones are cut", c.held)
			}
		}
	}
}
