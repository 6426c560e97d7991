package choice

import (
	"testing"
)

// told plays ways over time, asks every 100 ms, and returns the lines and when they were told.
func told(t *testing.T, tl *Telling, s float64, ways func(s float64) []Carrier) (lines []Line, when []float64) {
	t.Helper()
	for k := range int(s * 10) {
		s := float64(k) / 10
		if l, news := tl.Look(at(s), ways(s)); news {
			lines, when = append(lines, l), append(when, s)
		}
	}
	return lines, when
}

func TestTellingFollowsWhatCarries(t *testing.T) {
	direct, relay := Carrier{Way: "direct"}, Carrier{Way: "relay", Relay: true}
	with := func(w Carrier, rate float64) Carrier { w.Rate = rate; return w }
	lines, when := told(t, new(Telling), 30, func(s float64) []Carrier {
		switch {
		case s < 5:
			return []Carrier{with(direct, 1e6)}
		case s < 20:
			return []Carrier{with(direct, 1e6), with(relay, 4e6)}
		}
		return []Carrier{with(direct, 5e6), with(relay, 0)}
	})
	want := []Line{{"direct", Only, 1e6, 1}, {"relay", Faster, 4e6, 0.8}, {"direct", Nearer, 5e6, 1}}
	if len(lines) != len(want) {
		t.Fatalf("told %v at %v", lines, when)
	}
	for i, l := range lines {
		if l != want[i] {
			t.Errorf("line %d at %.1f s: %v, want %v", i, when[i], l, want[i])
		}
	}
	if when[0] != 0 || when[1] > 5+leadTime.Seconds()+0.2 || when[2] > 20+leadTime.Seconds()+0.2 {
		t.Errorf("told at %v", when)
	}
}

func TestTellingWithoutFlicker(t *testing.T) {
	for _, period := range []float64{0.5, 3, 7} {
		_, when := told(t, new(Telling), 120, func(s float64) []Carrier {
			a, b := Carrier{Way: "direct", Rate: 1e6}, Carrier{Way: "relay", Relay: true, Rate: 3e6}
			if int(s/period)%2 == 0 {
				a.Rate, b.Rate = b.Rate, a.Rate
			}
			return []Carrier{a, b}
		})
		for i := 2; i < len(when); i++ {
			if when[i]-when[i-1] < changeGap.Seconds()-0.01 {
				t.Errorf("every %g s: told at %v", period, when)
			}
		}
	}
}

// What is as fast as the other one is told once.
func TestTellingAtATie(t *testing.T) {
	lines, when := told(t, new(Telling), 120, func(s float64) []Carrier {
		more := 1e6 * (1 + 0.1*float64(int(s)%2))
		return []Carrier{{Way: "direct", Rate: more}, {Way: "relay", Relay: true, Rate: 2.1e6 - more}}
	})
	if len(lines) != 1 {
		t.Errorf("told %v at %v", lines, when)
	}
}

// A way that is gone is told of at once, unless another change was told just before.
func TestTellingOfAWayThatIsGone(t *testing.T) {
	_, when := told(t, new(Telling), 20, func(s float64) []Carrier {
		a, b := Carrier{Way: "direct", Rate: 4e6}, Carrier{Way: "relay", Relay: true, Rate: 1e6}
		if s < 5 {
			return []Carrier{a, b}
		}
		return []Carrier{b}
	})
	if len(when) != 2 || when[1] > 5.2 {
		t.Errorf("told at %v", when)
	}
	tl := new(Telling)
	told(t, tl, 1, func(float64) []Carrier { return []Carrier{{Way: "direct"}} })
	tl.Cut()
	if _, news := tl.Look(at(1.1), []Carrier{{Way: "direct"}}); !news {
		t.Error("nothing is told after all ways were lost")
	}
	if _, news := new(Telling).Look(epoch, nil); news {
		t.Error("told of no way")
	}
}

// Before anything has been carried, the nearest is told.
func TestTellingBeforeAnything(t *testing.T) {
	l, news := new(Telling).Look(at(0), []Carrier{{Way: "direct"}, {Way: "relay", Relay: true}})
	if !news || l.Way != "direct" || l.Why != Nearer {
		t.Errorf("told %v, %v", l, news)
	}
}

// A nearer way that comes up before anything has been carried is told soon, and one that
// comes up in a pause isn't.
func TestTellingOfANearerWay(t *testing.T) {
	for _, first := range []float64{0, 1e6} {
		lines, _ := told(t, new(Telling), 10, func(s float64) []Carrier {
			relay := Carrier{Way: "relay", Relay: true}
			if s < 1 {
				relay.Rate = first
				return []Carrier{relay}
			}
			return []Carrier{{Way: "direct"}, relay}
		})
		if last := lines[len(lines)-1].Way; (last == "direct") != (first == 0) {
			t.Errorf("%v bytes a second were carried: told %v", first, lines)
		}
	}
}
