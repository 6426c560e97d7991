package client

import (
	"context"
	"sync"
	"time"

	"sesame/rendezvous"
)

const (
	// lostAfter is how long a connection to the server may be gone until the user
	// hears of it: usually it is there again at once.
	lostAfter = 2 * time.Second
	// aloneAfter is how long a receiver may be alone until it is told what to compare.
	aloneAfter = 5 * time.Second
)

// A vigil tells what is known while somebody is waited for at a mailbox: whether
// anybody is there, and whether the server can be heard. Follow calls it, and its timers
// do.
type vigil struct {
	*core
	at    *rendezvous.Client
	base  Code // WaitPeer or WaitSender, "" once they have met
	code  rendezvous.Code
	close func()

	mu     sync.Mutex
	ended  bool
	peer   *wait // for the other computer, nil once they have met
	server *wait // for the server, nil while it is heard
	late   *time.Timer
	alone  *time.Timer
	last   rendezvous.Standing
}

// newVigil begins to wait for the other computer.
func newVigil(c *core, at *rendezvous.Client, base Code, code rendezvous.Code) *vigil {
	v := &vigil{core: c, at: at, base: base, code: code}
	v.peer = c.told.waiting(base)
	v.follow()
	return v
}

// vigilFor goes on to look after the server that the two have met at.
func vigilFor(c *core, at *rendezvous.Client, local bool) *vigil {
	v := &vigil{core: c, at: at, code: rendezvous.Code{Local: local}}
	v.follow()
	return v
}

func (v *vigil) follow() {
	ctx, cancel := context.WithCancel(context.Background())
	var following sync.WaitGroup
	following.Go(func() { v.at.Follow(ctx, v.saw) })
	v.close = func() {
		cancel()
		following.Wait()
	}
}

// saw takes what is known now.
func (v *vigil) saw(s rendezvous.Standing) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.ended {
		return
	}
	v.last = s
	v.lookForPeer()
	switch {
	case s.Silent.IsZero():
		v.heard()
	case v.server != nil || !s.Lost:
		v.unheard()
	case v.late == nil:
		v.late = time.AfterFunc(lostAfter, func() {
			v.mu.Lock()
			defer v.mu.Unlock()
			if !v.ended && !v.last.Silent.IsZero() {
				v.unheard()
			}
		})
	}
}

// lookForPeer says whether anybody is there. A sender that has only just made its
// number knows that nobody is, and so does everybody at a mailbox of one code.
func (v *vigil) lookForPeer() {
	switch {
	case v.peer == nil:
	case v.last.Came:
		v.peer.turn(WaitProof)
	case v.last.Alone && v.base == WaitSender && !v.code.Local:
		v.peer.turn(WaitNobody, v.code.Nameplate, serverName(&v.cfg))
		if v.alone == nil {
			v.alone = time.AfterFunc(aloneAfter, v.tellAlone)
		}
	default:
		v.peer.turn(v.base)
	}
}

// tellAlone says what to compare where nobody is.
func (v *vigil) tellAlone() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.ended && v.last.Alone {
		v.told.note(NoteNobody, v.code.Nameplate, serverName(&v.cfg))
	}
}

// unheard tells that the server isn't heard.
func (v *vigil) unheard() {
	what, args := WaitSilent, []any{serverName(&v.cfg)}
	switch {
	case v.code.Local: // the server is the sender
		what, args = WaitAway, nil
	case v.last.Lost:
		what = WaitLost
	}
	if v.server == nil {
		v.server = v.told.waitingSince(v.last.Silent, what, args...)
		return
	}
	v.server.turn(what, args...)
}

// heard tells that it is.
func (v *vigil) heard() {
	if v.late != nil {
		v.late.Stop()
		v.late = nil
	}
	if v.server != nil {
		v.server.end()
		v.server = nil
	}
}

// end ends it. It may be called twice.
func (v *vigil) end() {
	v.close()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ended = true
	v.heard()
	if v.alone != nil {
		v.alone.Stop()
	}
	if v.peer != nil {
		v.peer.end()
	}
}
