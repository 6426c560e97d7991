//go:build !js

package local

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"
)

var (
	epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	near  = netip.MustParseAddr("192.168.1.20")
)

func at(seconds float64) time.Time { return epoch.Add(time.Duration(seconds * float64(time.Second))) }

func never(time.Duration) time.Duration { return 0 }

// sends runs r until the given time and returns when it announced, in
// milliseconds, on link 1.
func sends(r *responder, from, until time.Time) (out []int64) {
	for now := from; !now.After(until); {
		if slices.Contains(r.tick(now), 1) {
			out = append(out, now.Sub(epoch).Milliseconds())
		}
		next := r.wake(now)
		if !next.After(now) {
			panic("the clock stands still")
		}
		now = next
	}
	return out
}

// Fails if a sender isn't announced twice by itself, or if a crowd that asks
// makes it send more than four times a second.
func TestResponderKeepsToItsRate(t *testing.T) {
	r := newResponder(seven, never)
	r.linked(epoch, []int{1}, nil)
	if got := sends(r, epoch, at(5)); len(got) > 0 {
		t.Errorf("it announced at %v before it was sure of its nameplate", got)
	}
	r.begin(at(5))
	ask, _ := parse(question(subtypeName("7")))
	var got []int64
	for ms := 0; ms < 5000; ms++ {
		now := at(5).Add(time.Duration(ms) * time.Millisecond)
		if ms > 2500 {
			for range 10 {
				r.heard(now, ask, []int{1})
			}
		}
		if len(r.tick(now)) > 0 {
			got = append(got, now.Sub(epoch).Milliseconds())
		}
	}
	if want := []int64{5000, 6000, 7521, 7771, 8021, 8271, 8521, 8771, 9021, 9271, 9521, 9771}; !slices.Equal(got, want) {
		t.Errorf("it announced at %v, want %v", got, want)
	}
}

// Fails if a new link, or one with a new address, isn't told of a sender, or if
// one that is gone or was asked about elsewhere is.
func TestResponderLinks(t *testing.T) {
	r := newResponder(seven, never)
	r.begin(epoch)
	if got := sends(r, epoch, at(1)); len(got) > 0 {
		t.Errorf("without a link: %v", got)
	}
	r.linked(at(1), []int{1}, nil)
	if got := sends(r, at(1), at(9)); !slices.Equal(got, []int64{1000, 2000}) {
		t.Errorf("new link: %v", got)
	}
	r.linked(at(10), []int{1}, map[int]bool{1: true})
	if got := sends(r, at(10), at(19)); !slices.Equal(got, []int64{10000, 11000}) {
		t.Errorf("new address: %v", got)
	}
	r.linked(at(20), []int{1}, nil)
	ask, _ := parse(question(serviceName))
	r.heard(at(20), ask, []int{2, 3})
	if got := sends(r, at(20), at(29)); len(got) > 0 {
		t.Errorf("asked on another link: %v", got)
	}
	r.heard(at(30), ask, []int{1})
	r.linked(at(30), nil, nil)
	if got := sends(r, at(30), at(39)); len(got) > 0 {
		t.Errorf("asked on a link that is gone: %v", got)
	}
}

// Fails if a sender takes its own announcement, which comes back to it, for
// another's, or doesn't notice another's.
func TestResponderEcho(t *testing.T) {
	r := newResponder(seven, never)
	r.linked(epoch, []int{1}, nil)
	for _, c := range []struct {
		name  string
		bytes []byte
		want  bool
	}{
		{"its own, while it probes", seven.announcement(someAddrs, probing), false},
		{"its own", seven.announcement(someAddrs, waiting), false},
		{"another nameplate's", instance{"8", other.id, 41235}.announcement(someAddrs, waiting), false},
		{"another's goodbye", other.announcement(someAddrs, gone), false},
		{"another's that probes, too", other.announcement(someAddrs, probing), true},
	} {
		p, err := parse(c.bytes)
		if err != nil {
			t.Fatal(err)
		}
		if r.heard(epoch, p, []int{1}); r.rival != c.want {
			t.Errorf("%s: %v", c.name, r.rival)
		}
	}
}

// Fails if a receiver doesn't ask less and less often, or not at once when
// there is a new link.
func TestSeekerBacksOff(t *testing.T) {
	s := newSeeker("7", epoch)
	var asked []int
	for now := epoch; now.Before(at(300)); now = s.wake() {
		if ask, done := s.tick(now); done {
			t.Fatal("found in silence")
		} else if ask {
			asked = append(asked, int(now.Sub(epoch).Seconds()))
		}
	}
	if want := []int{0, 1, 3, 7, 15, 31, 63, 123, 183, 243}; !slices.Equal(asked, want) {
		t.Errorf("it asked at %v, want %v", asked, want)
	}
	s.linked(at(301))
	if ask, _ := s.tick(at(301)); !ask {
		t.Error("it didn't ask on a new link")
	}
}

func heard(t *testing.T, s *seeker, seconds float64, b []byte, from netip.Addr) {
	t.Helper()
	p, err := parse(b)
	if err != nil {
		t.Fatal(err)
	}
	s.heard(at(seconds), p, from)
}

// Fails if a receiver goes to somebody else than the one sender there is, or
// chooses among several.
func TestSeekerResult(t *testing.T) {
	link6 := netip.MustParseAddr("fe80::5%eth0")
	announced := func(i instance) []byte { return i.announcement(someAddrs, waiting) }
	for _, c := range []struct {
		name  string
		hear  func(s *seeker)
		want  string // "" if nothing is found
		rogue bool
	}{
		{"one sender", func(s *seeker) { heard(t, s, 0, announced(seven), near) }, "[192.168.1.20:41234]", false},
		{"over both protocols, repeatedly", func(s *seeker) {
			heard(t, s, 0, announced(seven), near)
			heard(t, s, 0, announced(seven), link6)
			heard(t, s, 0.1, announced(seven), near)
		}, "[192.168.1.20:41234 [fe80::5%eth0]:41234]", false},
		{"somebody else's nameplate", func(s *seeker) {
			heard(t, s, 0, announced(instance{"8", "3f9a02b46c", 41234}), near)
		}, "", false},
		{"a sender that isn't sure of its nameplate", func(s *seeker) {
			heard(t, s, 0, seven.announcement(someAddrs, probing), near)
		}, "", false},
		{"goodbye", func(s *seeker) { heard(t, s, 0, seven.announcement(someAddrs, gone), near) }, "", false},
		{"port of another service", func(s *seeker) {
			heard(t, s, 0, announced(instance{"7", "3f9a02b46c", 22}), near)
			heard(t, s, 0, announced(instance{"7", "3f9a02b46c", 6379}), near)
			heard(t, s, 0, announced(instance{"7", "3f9a02b46c", 0}), near)
		}, "", false},
		{"two senders", func(s *seeker) {
			heard(t, s, 0, announced(seven), near)
			heard(t, s, 0.39, announced(other), netip.MustParseAddr("192.168.1.66"))
		}, "", true},
		{"one name, two ports", func(s *seeker) {
			heard(t, s, 0, announced(seven), near)
			heard(t, s, 0, announced(instance{"7", seven.id, 50000}), near)
		}, "", true},
		{"a goodbye in the name of the first doesn't make the second the only one", func(s *seeker) {
			heard(t, s, 0, announced(seven), near)
			heard(t, s, 0, announced(other), near)
			heard(t, s, 0.1, seven.announcement(someAddrs, gone), near)
		}, "", true},
		{"a thousand senders from a thousand addresses", func(s *seeker) {
			for n := range 1000 {
				heard(t, s, 0, announced(instance{"7", fmt.Sprintf("%010x", n), 41234}), netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)}))
			}
			if len(s.found) > maxSenders {
				t.Errorf("it keeps %d", len(s.found))
			}
		}, "", true},
		{"one sender from a thousand addresses", func(s *seeker) {
			for n := range 1000 {
				heard(t, s, 0, announced(seven), netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)}))
			}
			if n := len(s.found[0].addrs); n > maxAddresses {
				t.Errorf("it keeps %d", n)
			}
			s.found[0].addrs = s.found[0].addrs[:1]
		}, "[10.0.0.0:41234]", false},
	} {
		s := newSeeker("7", epoch)
		s.tick(epoch)
		c.hear(s)
		if _, done := s.tick(at(0.399)); done {
			t.Errorf("%s: it didn't wait for others", c.name)
		}
		_, done := s.tick(at(0.4))
		if done != (c.want != "" || c.rogue) {
			t.Errorf("%s: found %v", c.name, done)
		}
		if !done {
			continue
		}
		got, err := s.result()
		if _, rogue := err.(*AmbiguousError); rogue != c.rogue || !rogue && fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
}

// Fails if an address outside of our links is believed: a router's neighbours,
// another link's, or one that can't be anybody's.
func TestLinks(t *testing.T) {
	eth := link{own: []netip.Prefix{netip.MustParsePrefix("192.168.1.5/24"), netip.MustParsePrefix("fe80::1/64"), netip.MustParsePrefix("2001:db8:1::5/64")}}
	eth.iface.Name, eth.iface.Index = "eth0", 2
	vpn := link{own: []netip.Prefix{netip.MustParsePrefix("10.8.0.2/32")}}
	vpn.iface.Name, vpn.iface.Index = "tun0", 3
	auto := link{own: []netip.Prefix{netip.MustParsePrefix("169.254.3.3/16")}}
	auto.iface.Name, auto.iface.Index = "usb0", 4
	bad := link{own: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}}
	bad.iface.Name, bad.iface.Index = "bad0", 5
	all := map[int]link{2: eth, 3: vpn, 4: auto, 5: bad}
	for from, want := range map[string][]int{
		"192.168.1.77":   {2},
		"192.168.1.5":    {2}, // ourselves
		"192.168.2.1":    nil,
		"8.8.8.8":        nil,
		"127.0.0.1":      nil,
		"224.0.0.251":    nil,
		"0.0.0.0":        nil,
		"10.8.0.1":       nil,
		"169.254.200.1":  {4},
		"fe80::99%eth0":  {2},
		"fe80::99%2":     {2},
		"fe80::99%wlan0": nil,
		"fe80::99":       nil,
		"2001:db8:1::99": {2},
		"2001:db8:2::99": nil,
		"::1":            nil,
		"ff02::fb%eth0":  nil,
	} {
		if got := linksOf(all, netip.MustParseAddr(from)); !slices.Equal(got, want) {
			t.Errorf("%s is on %v, want %v", from, got, want)
		}
	}
	moved := link{own: []netip.Prefix{netip.MustParsePrefix("192.168.1.6/24")}}
	if got := changedLinks(all, map[int]link{2: moved, 4: auto, 6: eth}); len(got) != 2 || !got[2] || !got[6] {
		t.Errorf("changed: %v", got)
	}
}

// Fails if a flood costs more than a number of packets a second.
func TestFlood(t *testing.T) {
	var l limit
	looked := 0
	for n := range 1_000_000 { // within 2.5 s
		if l.allow(epoch.Add(time.Duration(n) * 2500 * time.Nanosecond)) {
			looked++
		}
	}
	if looked > 3*maxRate {
		t.Errorf("%d packets were looked at", looked)
	}
	if !l.allow(at(10)) {
		t.Error("and none afterwards")
	}
}

// Fails if a nameplate is chosen that somebody has, or a longer one than needed.
func TestFreeNameplate(t *testing.T) {
	first := func(int) int { return 0 }
	for _, c := range []struct {
		name  string
		round int
		taken int // of the numbers from 1 on
		pick  func(int) int
		want  string
	}{
		{"nobody there", 0, 0, first, "1"},
		{"half of the digits gone", 0, 5, first, "10"},
		{"all of them claimed, again and again", 4, 0, first, "10"},
	} {
		taken := map[string]bool{}
		for n := range c.taken {
			taken[fmt.Sprint(n+1)] = true
		}
		if got := freeNameplate(c.round, taken, c.pick); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	taken := map[string]bool{"1": true, "2": true, "3": true}
	next := -1
	if got := freeNameplate(0, taken, func(n int) int { next++; return next % n }); got != "4" {
		t.Errorf("1 to 3 are taken: %s", got)
	}
}
