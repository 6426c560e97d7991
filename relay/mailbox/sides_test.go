package mailbox

import (
	"testing"
	"time"
)

// Fails if a side that slept while another one came and left unanswered finds what
// that one said when it comes back, or doesn't find who is there still.
func TestWhoWakesDoesNotMeetWhoLeft(t *testing.T) {
	closes := func(w *town, b *caller) { w.do(b, closeFrame); w.disconnect(b) }
	for _, c := range []struct {
		name  string
		leave func(w *town, b *caller)
		after time.Duration // the sleeper wakes
		there bool
	}{
		{"gave up", closes, time.Minute, false},
		{"gave up, just now", closes, unanswered - 1, true},
		{"lost its connection for good", func(w *town, b *caller) { w.disconnect(b) }, absent, false},
		{"lost its connection a moment ago", func(w *town, b *caller) { w.disconnect(b) }, absent - 1, true},
		{"is there", func(*town, *caller) {}, time.Hour, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTown(t, Limits{})
			a, b := w.bound("a"), w.bound("b")
			w.do(a, claimFrame("4"), openFrame("mailbox1"), addFrame("pake", "aa"))
			w.do(b, claimFrame("4"), openFrame("mailbox1"), addFrame("pake", "bb"), releaseFrame)
			c.leave(w, b)
			w.now = w.now.Add(c.after)
			old := a // its connection isn't closed: the process was stopped
			a = w.bound("a")
			w.got(a)
			w.want(a, claimFrame("4"), "ack, claimed mailbox1")
			if c.there {
				w.want(a, openFrame("mailbox1"), "ack, message a:pake=aa, message b:pake=bb")
				return
			}
			w.want(a, openFrame("mailbox1"), "ack, message a:pake=aa")
			if !w.hung[old] {
				t.Error("the connection on which it was sent what is gone is still there")
			}
			next := w.bound("c")
			w.got(next)
			w.want(next, claimFrame("4"), "ack, claimed mailbox1")
			w.want(next, openFrame("mailbox1"), "ack, message a:pake=aa")
			w.want(next, addFrame("pake", "cc"), "ack, message c:pake=cc")
			w.want(a, addFrame("version", "aa"), "message c:pake=cc, ack, message a:version=aa")
			check(t, w)
		})
	}
}
