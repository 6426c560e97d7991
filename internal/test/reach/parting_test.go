//go:build linux

package reach

import (
	"testing"
	"time"

	"sesame/internal/test/lab"
	"sesame/internal/test/netlab"
)

// Fails if the programs linger after they have said that all is done, because the
// mailbox server is gone: it has ended, or packets to it vanish.
//
//	server
//	  └── Internet ─┬─ sender
//	     └ cut      └─ receiver
func TestServerGoneAtTheEnd(t *testing.T) {
	for _, vanishes := range []bool{false, true} {
		t.Run(map[bool]string{false: "ended", true: "packets vanish"}[vanishes], func(t *testing.T) {
			t.Parallel()
			i := netlab.NewInternet(t)
			m := meetAt(t, netlab.NewHost(t, i, ipv4))
			sender, receiver := netlab.NewHost(t, i, ipv4), netlab.NewHost(t, i, ipv4)
			m.flowing(sender, receiver, 16<<20, "--direct-only")
			if vanishes {
				i.Cut(t, sender.Address, m.server.Address, lab.Drop)
				i.Cut(t, receiver.Address, m.server.Address, lab.Drop)
			} else {
				m.relay.Kill()
			}
			m.receiver.Await(t, patience, "Received ")
			begun := time.Now()
			m.ended(patience)
			if took := time.Since(begun); took > 1500*time.Millisecond {
				t.Errorf("they ended %v after all was done", took)
			}
			m.same()
		})
	}
}
