package session

import (
	"testing"
	"time"

	"sesame/transit"
)

// A lane is one of which a test says its path.
type lane struct{ path transit.Path }

func (lane) Idle() time.Duration         { return 0 }
func (lane) SlowStart() (is, known bool) { return false, false }
func (l lane) Path() transit.Path        { return l.path }

// over puts a lane over a sort of path in a fleet; rtt is in milliseconds, 0 for one that
// wasn't measured.
func over(f *fleet, k transit.Kind, rtt int, up time.Time) *traffic {
	t := newTraffic(lane{transit.Path{Kind: k, RTT: time.Duration(rtt) * time.Millisecond}}, up)
	f.put(t, up)
	return t
}

// Fails if the user isn't told of a path when there is news of it, or is told
// of what is none.
func TestNewsOfAPath(t *testing.T) {
	up := epoch
	at := func(d time.Duration) time.Time { return up.Add(d) }
	const direct, relay = transit.ThroughNAT, transit.RelayTCP
	for _, c := range []struct {
		name string
		told int // round trip of the direct path that was told, in ms; -1: none was
		cut  bool
		kind transit.Kind // of the lane that there is
		rtt  int
		now  time.Time
		last bool
		want bool
	}{
		{"the first, measured", -1, false, direct, 30, up, false, true},
		{"the first, not measured", -1, false, direct, 0, up, false, false},
		{"the first, not measured for long", -1, false, direct, 0, at(tellAfter), false, true},
		{"the first, at the end", -1, false, direct, 0, up, true, true},
		{"another sort", 30, false, relay, 48, at(1), false, true},
		{"another sort, not measured", 30, false, relay, 0, at(1), false, false},
		{"a way after none", 30, true, direct, 30, at(1), false, true},
		{"the same", 30, false, direct, 30, at(time.Hour), false, false},
		{"a little further", 30, false, direct, 44, at(time.Hour), false, false},
		{"much further", 30, false, direct, 46, at(time.Hour), false, true},
		{"much further, just after the last news", 30, false, direct, 90, at(time.Second), false, false},
		{"much nearer", 30, false, direct, 10, at(time.Hour), false, true},
		{"much further, at the end", 30, false, direct, 90, at(time.Hour), true, false},
	} {
		var tl telling
		if c.told >= 0 {
			var before fleet
			over(&before, direct, c.told, up)
			p, _ := tl.look(&before, nil, up, false)
			tl.told(p, up)
		}
		if c.cut {
			tl.lost()
		}
		var f fleet
		over(&f, c.kind, c.rtt, up)
		if _, got := tl.look(&f, nil, c.now, c.last); got != c.want {
			t.Errorf("%s: news %v, want %v", c.name, got, c.want)
		}
	}
}

// Fails if what is told isn't what carries most, and why, or changes within ten seconds.
func TestWhatCarriesIsTold(t *testing.T) {
	var f fleet
	var tl telling
	relay, direct := over(&f, transit.RelayTCP, 40, epoch), over(&f, transit.ThroughNAT, 30, epoch)
	type line struct {
		at   time.Duration
		path transit.Path
	}
	var lines []line
	for d := time.Duration(0); d < time.Minute; d += tickTime {
		now := epoch.Add(d)
		switch { // bytes of a tick
		case d < 20*time.Second:
			relay.brought.Add(900_000)
			direct.brought.Add(100_000)
		case d < 40*time.Second:
			direct.brought.Add(2_000_000)
		}
		f.measure(now, 0, true)
		if p, news := tl.look(&f, nil, now, false); news {
			if len(lines) == 0 || lines[len(lines)-1].path.Words() != p.Words() {
				lines = append(lines, line{d, p})
			}
			tl.told(p, now)
		}
	}
	// Before anything is carried, the nearest is told.
	want := []string{"direct, through NAT", "relay , faster here than the direct way", "direct, through NAT"}
	if len(lines) != len(want) {
		t.Fatalf("told %+v", lines)
	}
	for i, l := range lines {
		if l.path.Words() != want[i] {
			t.Errorf("told %q, want %q", l.path.Words(), want[i])
		}
	}
	if why := []string{lines[0].path.Use.Why, lines[1].path.Use.Why, lines[2].path.Use.Why}; why[0] != "nearer" || why[1] != "faster" || why[2] != "nearer" {
		t.Errorf("told why: %q", why)
	}
	if u := lines[1].path.Use; u.Carries < 3_000_000 || u.Carries > 5_000_000 || u.Share < 0.85 || u.Share > 0.95 {
		t.Errorf("of 4.5 MB a second, nine tenths of all, is told %+v", u)
	}
	if lines[1].at > 5*time.Second || lines[2].at < 20*time.Second || lines[2].at > 25*time.Second {
		t.Errorf("told %v and %v after the beginning", lines[1].at, lines[2].at)
	}
}
