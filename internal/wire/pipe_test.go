package wire

import (
	"strings"
	"testing"
)

// Fails when a relay doesn't take what a client says, or takes it for another's.
func TestPleaseRelay(t *testing.T) {
	token, side := []byte(strings.Repeat("\x01\xab", 16)), [8]byte{0, 1, 2, 3, 0xfc, 0xfd, 0xfe, 0xff}
	line := string(PleaseRelay(token, side))
	want := "please relay " + strings.Repeat("01ab", 16) + " for side 00010203fcfdfeff\n"
	if line != want || len(line) > MaxPlease {
		t.Errorf("%q, want %q", line, want)
	}
	gotToken, gotSide, ok := ParsePlease([]byte(strings.TrimSuffix(line, "\n")))
	if !ok || gotToken != strings.Repeat("01ab", 16) || gotSide != "00010203fcfdfeff" {
		t.Errorf("read as %q, %q, %v", gotToken, gotSide, ok)
	}
	if _, _, ok := ParsePlease([]byte(line)); ok {
		t.Error("a newline is part of a side")
	}
}

func FuzzParseRelayLine(f *testing.F) {
	for _, s := range []string{
		"please relay 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef for side 0011223344556677",
		"please relay 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		"please relay ", "", "\x00",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		token, side, ok := ParsePlease([]byte(s))
		if !ok {
			return
		}
		again := "please relay " + token
		if side != "" {
			again += " for side " + side
		}
		if again != s || len(token) != 64 || len(side) != 0 && len(side) != 16 {
			t.Errorf("%q became %q", s, again)
		}
	})
}
