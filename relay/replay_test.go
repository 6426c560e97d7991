package relay_test

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// T-A1-3. Fails when who says again the lines of two who have met gets between them, hears anything
// of what they say, or of what they said, or ends their pair.
func TestLinesSaidAgain(t *testing.T) {
	addr := serve(t, nil)
	run(t, func(t *testing.T, ca, cb carrier) {
		own := strings.Replace(token, "ABCD", map[carrier]string{tcp: "0000", ws: "0001"}[ca]+"", 1)
		own = own[:60] + map[carrier]string{tcp: "0000", ws: "0001"}[cb]
		said := func(side string) string { return "please relay " + own + " for side " + side + "\n" }
		a, b := ca.dial(t, addr), cb.dial(t, addr)
		say(t, a, said(sideA))
		say(t, b, said(sideB))
		hear(t, a, "ok\n")
		hear(t, b, "ok\n")
		say(t, a, "before")
		hear(t, b, "before")
		// One of them waits now for somebody else, and another for him alone.
		stranger := ca.dial(t, addr)
		say(t, stranger, said(sideA))
		say(t, a, "between")
		hear(t, b, "between")
		say(t, b, "back")
		hear(t, a, "back")
		other := cb.dial(t, addr)
		say(t, other, said(sideB))
		hear(t, stranger, "ok\n")
		hear(t, other, "ok\n")
		say(t, a, "after")
		hear(t, b, "after")
		for _, c := range []io.Closer{a, b} {
			c.Close()
		}
		stranger.SetReadDeadline(time.Now().Add(100 * time.Millisecond)) // that nothing comes has no end
		if n, err := stranger.Read(make([]byte, 100)); n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) && ca == tcp {
			t.Errorf("a stranger hears %d bytes, %v", n, err)
		}
	})
}
