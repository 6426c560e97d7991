package mailbox

import (
	"fmt"
	"strings"
	"testing"
)

// Fails when one source that has taken nearly all mailboxes shuts others out, when room is
// made by another one, when a mailbox goes where two talk while there are some where nobody is,
// or when the source itself may push out others so.
func TestWhoHasMostMailboxesMakesRoom(t *testing.T) {
	w := newTown(t, Limits{Mailboxes: 20, MailboxesPerSource: 18, ClaimsPerSource: 100, UnknownPerSource: 100})
	talking := w.from("192.0.2.1", "a")
	w.enter(talking, "1")
	w.enter(w.from("198.51.100.7", "b"), "1")
	for i := range 16 { // and nobody stays
		s := w.from("192.0.2.1", fmt.Sprint("g", i))
		w.enter(s, fmt.Sprint(100+i))
		w.disconnect(s)
	}
	var early []*caller
	for i := range 3 {
		s := w.from(fmt.Sprintf("198.51.100.%d", 10+i), "early")
		w.enter(s, fmt.Sprint(10+i))
		early = append(early, s)
	}
	if n := w.b.Mailboxes(); n != 20 {
		t.Fatalf("%d mailboxes", n)
	}
	for i := range 14 {
		if got := w.enter(w.from(fmt.Sprintf("203.0.113.%d", i), "new"), fmt.Sprint(50+i)); strings.Contains(got, "error") {
			t.Errorf("newcomer %d: %s", i, got)
		}
	}
	if got := w.do(w.from("203.0.113.77", "opens"), openFrame("m")); strings.Contains(got, "error") {
		t.Errorf("one who opens: %s", got)
	}
	for i, s := range append(early, talking) {
		if got := w.do(s, addFrame("pake", "00")); strings.Contains(got, "error") || strings.Contains(got, "hang") {
			t.Errorf("%d had to go: %s", i, got)
		}
	}
	if got := w.enter(w.from("192.0.2.1", "more"), "900"); !strings.Contains(got, string(errFull)) {
		t.Errorf("who has most gets another: %s", got)
	}
	if n := w.b.Mailboxes(); n != 20 {
		t.Errorf("%d mailboxes", n)
	}
	check(t, w)
}

// Fails when one source that fills all mailboxes together shuts others up.
func TestWhoKeepsMostBytesMakesRoom(t *testing.T) {
	const body = 4 << 10
	w := newTown(t, Limits{TotalBytes: 40 * (body + MessageCost), MailboxBytes: 1 << 20, ClaimsPerSource: 100, UnknownPerSource: 100})
	text := strings.Repeat("0", body)
	mine := w.from("198.51.100.1", "a")
	w.enter(mine, "1")
	w.do(mine, addFrame("pake", text))
	for i := range 13 {
		s := w.from("192.0.2.1", fmt.Sprint("g", i))
		w.enter(s, fmt.Sprint(100+i))
		w.do(s, addFrame("0", text), addFrame("1", text), addFrame("2", text))
	}
	for i := range 6 {
		if got := w.do(mine, addFrame(fmt.Sprint(i), text)); strings.Contains(got, "error") || strings.Contains(got, "hang") {
			t.Errorf("message %d: %s", i, got)
		}
	}
	s := w.from("192.0.2.1", "more")
	w.enter(s, "900")
	got := ""
	for i := range 9 {
		got += w.do(s, addFrame(fmt.Sprint(i), text))
	}
	if !strings.Contains(got, string(errFull)) {
		t.Errorf("who keeps most keeps more: %.300s", got)
	}
	if got := w.do(mine, addFrame("last", "00")); strings.Contains(got, "error") {
		t.Errorf("the other one had to go: %s", got)
	}
	check(t, w)
}
