package pipe

import (
	"fmt"
	"testing"
	"time"

	"sesame/relay/source"
)

// Fails when more is carried than a rate allows, or less, whose ever it is.
func TestRates(t *testing.T) {
	const mib = 1 << 20
	one, other := at("192.0.2.1"), at("192.0.2.2")
	for name, c := range map[string]struct {
		limits Limits
		pairs  [][2]source.Source
		want   int64 // bytes a second of all pairs
	}{
		"none":                             {Limits{}, [][2]source.Source{{one, other}}, 0},
		"of a pair":                        {Limits{PairRate: mib}, [][2]source.Source{{one, other}, {one, other}}, 2 * mib},
		"of a source":                      {Limits{SourceRate: mib}, [][2]source.Source{{one, other}, {one, at("192.0.2.3")}}, mib},
		"of two sources":                   {Limits{SourceRate: mib}, [][2]source.Source{{one, one}, {other, other}}, 2 * mib},
		"of all":                           {Limits{TotalRate: mib}, [][2]source.Source{{one, one}, {other, other}}, mib},
		"of a /48, eight times a source's": {Limits{SourceRate: mib}, networks(64), 8 * mib},
	} {
		t.Run(name, func(t *testing.T) {
			c.limits.Remembered = 1000
			tariff := newTariff(c.limits)
			const seconds = 20
			var sum int64
			accounts := make([]*account, len(c.pairs))
			next := make([]time.Time, len(c.pairs))
			for i, p := range c.pairs {
				accounts[i], next[i] = newAccount(p[0], p[1]), epoch
			}
			for now := epoch; now.Before(epoch.Add(seconds * time.Second)); now = now.Add(time.Millisecond) {
				for i, a := range accounts {
					for n := 0; n < 4 && !next[i].After(now); n++ {
						bytes := c.limits.portion(1 << 20)
						next[i] = now.Add(tariff.carried(a, int64(bytes), now))
						sum += int64(bytes)
					}
				}
			}
			if c.want == 0 {
				if sum < 1000*mib {
					t.Errorf("%d bytes where there is no limit", sum)
				}
				return
			}
			if got := sum / seconds; got < c.want*9/10 || got > c.want*11/10 {
				t.Errorf("%d bytes a second, want %d", got, c.want)
			}
		})
	}
}

// networks returns pairs of as many /64 of one /48, none of which shares a /56.
func networks(n int) (pairs [][2]source.Source) {
	for i := range n {
		s := at(fmt.Sprintf("2001:db8:7:%x00::1", i+1))
		pairs = append(pairs, [2]source.Source{s, s})
	}
	return pairs
}

// Fails when a source has more than its day's worth, or less, or when its day doesn't end.
func TestDay(t *testing.T) {
	one, other := at("192.0.2.1"), at("192.0.2.2")
	tariff := newTariff(Limits{SourceDay: 1000, Remembered: 100})
	a := newAccount(one, other)
	if tariff.carried(a, 999, epoch) != 0 || tariff.spent(one, epoch) != 0 {
		t.Error("spent before it is")
	}
	tariff.carried(newAccount(one, one), 1, epoch.Add(time.Hour))
	if tariff.spent(one, epoch.Add(day-time.Second)) != time.Second || tariff.spent(other, epoch) != 0 {
		t.Error("the wrong one has spent its day's worth")
	}
	if tariff.spent(one, epoch.Add(day)) != 0 {
		t.Error("the day doesn't end")
	}
	tariff.carried(a, 10, epoch.Add(day))
	if tariff.spent(one, epoch.Add(day)) != 0 {
		t.Error("a new day begins with what was carried in the last")
	}
	near := at("2001:db8:7:1::1")
	for i := range 9 { // a /48 has eight times as much
		if s := at(fmt.Sprintf("2001:db8:7:%x00::1", i)); (tariff.spent(s, epoch) > 0) != (i == 8) {
			t.Errorf("after %d networks of a /48", i)
		} else {
			tariff.carried(newAccount(s, s), 1000, epoch)
		}
	}
	if tariff.spent(near, epoch) != day {
		t.Error("a network that has had nothing goes on where its /48 may not")
	}
}

// Fails when portions are such that many pairs wait long for each other.
func TestPortion(t *testing.T) {
	for _, c := range []struct {
		l    Limits
		want int
	}{
		{Limits{}, 64 << 10},
		{Limits{PairRate: 1 << 40}, 64 << 10},
		{Limits{PairRate: 1 << 40, TotalRate: 1 << 20}, 16 << 10},
		{Limits{SourceRate: 16 << 10}, 4 << 10},
	} {
		if got := c.l.portion(64 << 10); got != c.want {
			t.Errorf("%+v: %d, want %d", c.l, got, c.want)
		}
	}
}

// Fails when who holds little loses a pair to one who holds much in many small ones.
func TestExcessOfTheGreediest(t *testing.T) {
	var burdens []burden
	add := func(from string, bytes int) *pair {
		p := &pair{}
		burdens = append(burdens, burden{p, at(from), bytes})
		return p
	}
	honest := add("198.51.100.1", 200)
	greedy := map[*pair]bool{}
	for i := range 100 {
		greedy[add("192.0.2.66", 100+i%7)] = true
	}
	for i := range 100 { // as one, though each has little
		greedy[add(fmt.Sprintf("2001:db8:7:%x00::1", i+1), 80)] = true
	}
	cut := excess(burdens, 3000)
	held := 0
	gone := map[*pair]bool{}
	for _, p := range cut {
		if gone[p] || !greedy[p] {
			t.Errorf("cut twice, or the honest one: %v", p == honest)
		}
		gone[p] = true
	}
	smallest := 1 << 30
	for _, b := range burdens {
		if !gone[b.pair] {
			held += b.bytes
		} else {
			smallest = min(smallest, b.bytes)
		}
	}
	if held > 3000 || held+smallest <= 3000 {
		t.Errorf("%d bytes are left, of 3000", held)
	}
}
