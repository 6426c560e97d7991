//go:build linux && long

package reach

import (
	"syscall"
	"testing"
	"time"

	"sesame/internal/test/netlab"
)

// Fails if a transfer is thrown away because one of the two programs was stopped
// for more than a minute in the middle of it.
//
//	server
//	  └── Internet ─┬─ sender
//	                └─ receiver
func TestStopped(t *testing.T) {
	for _, side := range []string{"sender", "receiver"} {
		for _, relay := range []bool{false, true} {
			t.Run(side+map[bool]string{false: ", direct", true: ", relay"}[relay], func(t *testing.T) {
				t.Parallel()
				i := netlab.NewInternet(t)
				m := meetAt(t, netlab.NewHost(t, i, ipv4))
				sender, receiver := netlab.NewHost(t, i, ipv4), netlab.NewHost(t, i, ipv4)
				flags := []string{"--direct-only"}
				if relay {
					flags[0] = "--relay-only"
				}
				f := m.flowing(sender, receiver, 48<<20, flags...)
				p := map[string]interface {
					PID() int
				}{"sender": m.sender, "receiver": m.receiver}[side]
				syscall.Kill(p.PID(), syscall.SIGSTOP)
				time.Sleep(70 * time.Second) // what is asked is how a clock is read
				syscall.Kill(p.PID(), syscall.SIGCONT)
				f.goesOn(patience)
				m.arrived()
				f.sentOnce()
			})
		}
	}
}
