package rendezvous

import (
	"errors"
	"testing"
	"time"
)

// Fails if a client lingers when all is done and the server is gone: it lost the
// connection before or meanwhile, or the server is silent. What the other side may
// need is waited for longer.
func TestPartingFromServerThatIsGone(t *testing.T) {
	lose := func(r *rig) { r.m.disconnected(r.now, errors.New("gone")) }
	for _, c := range []struct {
		name    string
		mood    Mood
		last    bool // a last message that isn't stored
		gone    func(r *rig)
		closing func(r *rig)
		within  time.Duration
	}{
		{"silent", Happy, false, nil, nil, waitParting},
		{"silent, a last message", Happy, true, nil, nil, waitClose},
		{"silent, after an error", Errory, false, nil, nil, waitClose},
		{"lost", Happy, false, lose, nil, waitParting},
		{"lost, after an error", Errory, false, lose, nil, waitParting},
		{"lost, a last message", Happy, true, lose, nil, waitClose},
		{"lost while closing, after an error", Errory, false, nil, lose, waitParting},
		{"lost while closing, a last message", Errory, true, nil, lose, waitClose},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			r.toConfirmed()
			r.echo()
			if c.gone != nil {
				c.gone(r)
			}
			if c.last {
				r.m.outbox.push("7", "00")
			}
			r.m.close(r.now, c.mood)
			if c.closing != nil {
				c.closing(r)
			}
			r.pass(c.within - 1)
			if r.m.stage == done {
				t.Fatal("too early")
			}
			r.pass(1)
			if r.m.stage != done {
				t.Errorf("stage %d after %v", r.m.stage, c.within)
			}
		})
	}
}
