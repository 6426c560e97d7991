package transit

import (
	"io"
	"net"
	"testing"

	"sesame/transit/record"
)

// Fails if it isn't known of a lane over TCP that it begins in slow start.
func TestSlowStart(t *testing.T) {
	a, b := connPair(t)
	s, r := lanePair(t, record.ChaCha20Poly1305, a, b)
	for _, lane := range []*Lane{s, r} {
		if is, known := lane.SlowStart(); !is || !known {
			t.Errorf("in slow start %v, known %v", is, known)
		}
	}
	c, d := net.Pipe()
	go io.Copy(io.Discard, d)
	if is, known := (&Lane{s: newStream(c)}).SlowStart(); is || known {
		t.Errorf("of a pipe: in slow start %v, known %v", is, known)
	}
	c.Close()
}
