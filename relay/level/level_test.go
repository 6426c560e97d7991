package level

import (
	"testing"
	"testing/synctest"
	"time"
)

// Fails when a level doesn't suit a minute.
func TestPressure(t *testing.T) {
	for _, c := range []struct {
		name string
		seen Seen
		want int
		why  Why
	}{
		{"nothing", Seen{}, 0, ""},
		{"a busy server", Seen{Tries: 30_000, Claims: 30_000, Strange: 2000}, 0, ""},
		{"a few refused of few", Seen{Tries: 20, Rushed: 20, Late: 20}, 0, ""},
		{"few refused of many", Seen{Tries: 30_000, Rushed: 5000}, 0, ""},
		{"a third refused", Seen{Tries: 30_000, Rushed: 10_000}, 1, Connections},
		{"nearly all refused, none of them late", Seen{Tries: 100_000, Rushed: 95_000}, 1, Connections},
		{"one of ten that hardly tried is refused", Seen{Tries: 30_000, Rushed: 4000, Late: 3000}, 2, Connections},
		{"half of those are", Seen{Tries: 60_000, Rushed: 30_000, Late: 30_000}, 3, Connections},
		{"strange claims of few", Seen{Claims: 60, Strange: 60}, 1, Claims},
		{"one strange claim less", Seen{Claims: 59, Strange: 59}, 0, ""},
		{"many", Seen{Claims: 600, Strange: 300}, 2, Claims},
		{"many of very many", Seen{Claims: 6000, Strange: 600}, 0, ""},
		{"very many", Seen{Claims: 6000, Strange: 3000}, 3, Claims},
		{"both", Seen{Tries: 30_000, Rushed: 10_000, Claims: 600, Strange: 300}, 2, Claims},
	} {
		if got, why := pressure(c.seen); got != c.want || why != c.why {
			t.Errorf("%s: %d for %q, want %d for %q", c.name, got, why, c.want, c.why)
		}
	}
}

// Fails when a level doesn't rise at once, when it falls before five minutes of quiet or by
// more than one, or when what a machine remembers grows.
func TestRisesAtOnceAndFallsSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m Machine
		var sums Seen
		begin := time.Now()
		changed := map[time.Duration]int{}
		for time.Since(begin) < 25*time.Minute {
			second := time.Since(begin)
			sums.Claims += 2
			if second >= 2*time.Minute && second < 3*time.Minute { // fifty strange ones a second
				sums.Claims += 50
				sums.Strange += 50
			}
			before := m.Level()
			now, why := m.Look(sums, time.Now())
			if (why != "") != (now != before) || now < before-1 {
				t.Fatalf("after %v: from %d to %d, because of %q", second, before, now, why)
			}
			if now != before {
				changed[second] = now
			}
			time.Sleep(time.Second)
		}
		rose, fell := 0, 0
		last := time.Duration(0)
		for at, l := range changed {
			if at >= 2*time.Minute && at <= 3*time.Minute {
				rose = max(rose, l)
				continue
			}
			fell++
			last = max(last, at)
			if at < 8*time.Minute {
				t.Errorf("%d already after %v", l, at)
			}
		}
		if rose != 3 || fell != 3 || m.Level() != 0 || last < 18*time.Minute || last > 20*time.Minute {
			t.Errorf("rises to %d, falls %d times, the last one after %v, to %d: %v", rose, fell, last, m.Level(), changed)
		}
		if len(m.past) > int(Window/step)+2 {
			t.Errorf("it remembers %d times", len(m.past))
		}
	})
}

// Fails when pressure that comes back begins anew to count the quiet.
func TestQuietHasToLast(t *testing.T) {
	var m Machine
	var sums Seen
	now := time.Unix(1_700_000_000, 0)
	m.Look(sums, now)
	for minute := range 40 { // a push every four minutes
		if minute%4 == 0 {
			sums.Claims += 100
			sums.Strange += 100
		}
		for range 60 {
			now = now.Add(time.Second)
			if l, _ := m.Look(sums, now); minute > 0 && l != 1 {
				t.Fatalf("level %d in minute %d", l, minute)
			}
		}
	}
}
