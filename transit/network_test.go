package transit

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sesame/transit/way"
)

// Fails if a change of our addresses isn't noticed in time, is told more than
// once, or is told although nothing changed for others.
func TestSurvey(t *testing.T) {
	const home = "127.0.0.1/8 192.168.1.7/24 fe80::1/64 2001:db8::7/64"
	type sight struct {
		at   time.Duration
		list string
	}
	for _, c := range []struct {
		name string
		seen []sight // what there is from when on
		want string  // when it was told of what is gone
	}{
		{"nothing happens", nil, ""},
		{"another order", []sight{{0, "2001:db8::7/64 192.168.1.7/24 127.0.0.1/8"}}, ""},
		{"link-local comes", []sight{{0, home + " fe80::2/64 169.254.3.3/16"}}, ""},
		{"one more", []sight{{0, home + " 10.8.0.2/24"}}, "1.3s []"},
		{"another one", []sight{{0, "127.0.0.1/8 10.0.0.9/8"}}, "1.3s [192.168.1.7 2001:db8::7]"},
		{"none for a while", []sight{{0, ""}, {3 * time.Second, home}}, "1.3s [192.168.1.7 2001:db8::7], 3.6s []"},
		{"one after another", []sight{{900 * ms, ""}, {1050 * ms, "10.0.0.9/8"}, {1250 * ms, "10.0.0.9/8 2001:db8::8/64"}},
			"1.6s [192.168.1.7 2001:db8::7]"},
		{"gone and back at once", []sight{{900 * ms, ""}, {1050 * ms, home}}, ""},
		{"other prefix length", []sight{{0, "192.168.1.7/16 2001:db8::7/64"}}, "1.3s []"},
	} {
		start := time.Unix(1, 0)
		s, told := newSurvey(prefixes(strings.Fields(home)...)), []string(nil)
		for now := surveyEvery; now < 10*time.Second; {
			list := home
			for _, sight := range c.seen {
				if sight.at <= now {
					list = sight.list
				}
			}
			changed, gone, again := s.look(prefixes(strings.Fields(list)...), start.Add(now))
			if changed {
				told = append(told, fmt.Sprint(now, " ", gone))
			}
			now += again
		}
		if got := strings.Join(told, ", "); got != c.want {
			t.Errorf("%s: told %q, want %q", c.name, got, c.want)
		}
	}
}

// Fails if addresses that never stop changing are waited for without end.
func TestSurveyOfAFlappingInterface(t *testing.T) {
	start, now := time.Unix(1, 0), surveyEvery
	s, n := newSurvey(nil), 0
	for i := 0; now < time.Minute; i++ {
		changed, _, again := s.look(prefixes(fmt.Sprintf("10.0.%d.%d/8", i/250, i%250)), start.Add(now))
		if changed {
			n++
		}
		now += again
	}
	if most := int(time.Minute / surveyMost); n < most/2 || n > most {
		t.Errorf("told %d times in a minute, want about %d", n, most*2/3)
	}
}

// Fails if dials that hang on an address that is gone hold up those from a new
// one, or if a lane that works ends with it.
func TestLadderMoves(t *testing.T) {
	w := newClimb("ddr", map[int]pending{})
	w.until(time.Second)
	w.log = nil
	w.do(w.l.moved(false, w.start.Add(w.now)))
	w.until(1100 * ms)
	w.expect(t, "") // all dials may still succeed
	w.do(w.l.moved(true, w.start.Add(w.now)))
	w.until(2 * time.Second)
	w.expect(t, "1100 stop 0, 1100 stop 1, 1100 stop 2, 1100 dial 0, 1110 dial 1, 1200 dial 2")
	w.tell(connReady, 0)
	w.until(3 * time.Second)
	w.log = nil
	w.do(w.l.moved(true, w.start.Add(w.now)))
	w.until(4 * time.Second)
	if slices.ContainsFunc(w.log, func(s string) bool { return strings.HasSuffix(s, "dial 2") }) || w.l.lanes[way.Straight] != 1 {
		t.Errorf("with a lane left it did %v, and counts %d lanes", w.log, w.l.lanes[way.Straight])
	}
}
