package figures

import (
	"testing"
	"time"
)

func TestByIsClosed(t *testing.T) {
	b := NewBy("a", "b")
	for _, name := range []string{"a", "a", "c", "192.0.2.1", ""} {
		b.Add(name)
	}
	got := b.Sum()
	if len(got) != 3 || got["a"] != 2 || got["b"] != 0 || got[Other] != 3 {
		t.Errorf("%v", got)
	}
}

func TestTimesAddUp(t *testing.T) {
	times := NewTimes()
	for _, d := range []time.Duration{0, time.Millisecond, 3 * time.Millisecond, time.Minute} {
		times.Add(d)
	}
	n, sum, within := times.Sum()
	if n != 4 || sum != time.Minute+4*time.Millisecond {
		t.Errorf("%d, %v", n, sum)
	}
	for bound, want := range map[time.Duration]int64{time.Millisecond: 2, 2 * time.Millisecond: 2, 5 * time.Millisecond: 3, 10 * time.Second: 3} {
		if within[bound] != want {
			t.Errorf("within %v: %d, want %d", bound, within[bound], want)
		}
	}
}

// The names of a server's own lists are all there.
func TestNames(t *testing.T) {
	s := New()
	for _, why := range []string{TooMany, TooOften, Rush, Full, Blocked, NoToken, NoTicket, NoWork, NoProxy, Crowded, Unknown, Unread, NotSaved, Spent} {
		s.Refused.Add(why)
	}
	for _, how := range []string{Happy, Lonely, Scary, Errory, Pruned} {
		s.Meetings.Add(how)
	}
	if s.Refused.Sum()[Other] != 0 || s.Meetings.Sum()[Other] != 0 {
		t.Errorf("%v, %v", s.Refused.Sum(), s.Meetings.Sum())
	}
}
