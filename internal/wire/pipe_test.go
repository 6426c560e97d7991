package wire

import (
	"strings"
	"testing"
	"time"
)

// Fails when a relay doesn't take what a client says, or takes it for another's.
func TestPleaseRelay(t *testing.T) {
	token, side := []byte(strings.Repeat("\x01\xab", 16)), [8]byte{0, 1, 2, 3, 0xfc, 0xfd, 0xfe, 0xff}
	line := string(PleaseRelay(token, side))
	want := "please relay " + strings.Repeat("01ab", 16) + " for side 00010203fcfdfeff\n"
	if line != want || len(line) > MaxPlease {
		t.Errorf("%q, want %q", line, want)
	}
	said := Plea{Token: strings.Repeat("01ab", 16), Side: "00010203fcfdfeff"}
	got, ok := ParsePlease([]byte(strings.TrimSuffix(line, "\n")))
	if !ok || got != said {
		t.Errorf("read as %+v, %v", got, ok)
	}
	if _, ok := ParsePlease([]byte(line)); ok {
		t.Error("a newline is part of a side")
	}
	said.Ticket = strings.Repeat("t", MaxTicket)
	line = string(WithTicket([]byte(line), said.Ticket))
	got, ok = ParsePlease([]byte(strings.TrimSuffix(line, "\n")))
	if !ok || got != said || len(line) > MaxPlease || !strings.HasSuffix(line, " ticket "+said.Ticket+"\n") {
		t.Errorf("with a ticket %q, read as %+v, %v", line, got, ok)
	}
	for _, bad := range []string{"", " ", "a b", "a-b", strings.Repeat("t", MaxTicket+1), "ü"} {
		if _, ok := ParsePlease([]byte(want[:len(want)-1] + " ticket " + bad)); ok {
			t.Errorf("%q is a ticket", bad)
		}
	}
}

func FuzzParseRelayLine(f *testing.F) {
	for _, s := range []string{
		"please relay 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef for side 0011223344556677",
		"please relay 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		"please relay 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef for side 0011223344556677 ticket 00aa",
		"please relay 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef ticket 00aa",
		"please relay ", "", "\x00",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, ok := ParsePlease([]byte(s))
		if !ok {
			return
		}
		again := "please relay " + p.Token
		if p.Side != "" {
			again += " for side " + p.Side
		}
		if p.Ticket != "" {
			again += " ticket " + p.Ticket
		}
		if again != s || len(p.Token) != 64 || len(p.Side) != 0 && len(p.Side) != 16 || len(p.Ticket) > MaxTicket {
			t.Errorf("%q became %q", s, again)
		}
	})
}

// Fails when it isn't understood how long a day lasts, or when nonsense is believed.
func TestOver(t *testing.T) {
	for left, want := range map[time.Duration]time.Duration{
		1: time.Second, time.Second: time.Second, time.Second + 1: 2 * time.Second, LongestDay: LongestDay, 2 * LongestDay: LongestDay,
	} {
		if got, ok := ParseOver(Over(left)); got != want || !ok {
			t.Errorf("%v: %q is read as %v, %v", left, Over(left), got, ok)
		}
	}
	for _, bad := range []string{"", "over in ", "over in \n", "over in 0\n", "over in -1\n", "over in 86401\n", "over in 000001\n", "over in 1", "over in +1\n", "over in 18446744074709\n", "over in 9223372036854775808\n", "over in 1\n\n", "over in 1e3\n", "Over in 1\n"} {
		if got, ok := ParseOver(bad); ok {
			t.Errorf("%q is read as %v", bad, got)
		}
	}
}

func FuzzParseOver(f *testing.F) {
	for _, s := range []string{"over in 1\n", "over in 86400\n", "over in 99999\n", "over in 01\n", "over in \n", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		left, ok := ParseOver(line)
		if ok && (left <= 0 || left > LongestDay || left%time.Second != 0) {
			t.Fatalf("%q: %v", line, left)
		}
		if again, same := ParseOver(Over(left)); ok && (!same || again != left) {
			t.Fatalf("%q: %v became %v", line, left, again)
		}
	})
}
