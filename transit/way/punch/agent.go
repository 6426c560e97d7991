//go:build !js

package punch

import (
	"context"
	"crypto/rand"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// An Agent looks for ways to the peer, makes connections and takes those that
// the peer makes. Its methods may be called from several goroutines.
type Agent struct {
	cfg      Config
	security *security

	ctx      context.Context // done when everything is to end
	cancel   context.CancelFunc
	running  sync.WaitGroup
	kick     chan struct{} // run has to look at the clock
	changed  chan struct{}
	accepted chan *Conn
	closing  chan struct{} // closed when nothing more is accepted
	once     sync.Once

	mu      sync.Mutex
	sockets []*socket
	added   []netip.AddrPort
	reflex  *reflex
	checker *checker // nil before Start
	peer    []netip.AddrPort
	seeking bool
}

// Listen opens a UDP port in each address family, of the system's choice, and
// begins to ask the STUN servers. It fails if there is no port to be had. The
// caller must Close the Agent.
func Listen(cfg Config) (*Agent, error) {
	tls, err := newSecurity()
	if err != nil {
		return nil, err
	}
	return listenWith(cfg, tls)
}

func listenWith(cfg Config, tls *security) (*Agent, error) {
	a := &Agent{
		cfg: cfg.withDefaults(), security: tls, seeking: true, reflex: &reflex{newID: newID},
		kick: make(chan struct{}, 1), changed: make(chan struct{}, 1),
		accepted: make(chan *Conn), closing: make(chan struct{}),
	}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	if err := a.open(); err != nil {
		a.cancel()
		return nil, err
	}
	a.running.Go(a.run)
	a.resolveAll()
	return a, nil
}

func newID() (n id) {
	rand.Read(n[:])
	return n
}

// open opens the sockets. mu is held, or a not shared yet.
func (a *Agent) open() error {
	var errs []error
	for _, network := range []string{"udp4", "udp6"} {
		s, err := a.newSocket(network)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		a.sockets = append(a.sockets, s)
	}
	if len(a.sockets) == 0 {
		return errors.Join(errs...)
	}
	return nil
}

// Start begins to look for the peer. Key returns a secret of the session for a
// purpose, the same at both ends. A second call panics.
func (a *Agent) Start(key func(purpose string, size int) []byte) {
	ours, theirs := key(followerPurpose, keySize), key(leaderPurpose, keySize)
	if a.cfg.Leader {
		ours, theirs = theirs, ours
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.checker != nil {
		panic("punch: Start called twice")
	}
	a.checker = newChecker(ours, theirs, a.cfg.Allow, newID)
	a.checker.seek(a.seeking, time.Now())
	a.checker.name(a.peer, time.Now())
	a.wakeUp()
}

// SetPeer takes the addresses that the peer has now, latest first. What is
// beyond 16, and what Config.Allow doesn't, is dropped.
func (a *Agent) SetPeer(addrs []netip.AddrPort) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.peer = slices.Clone(addrs)
	if a.checker != nil {
		a.checker.name(a.peer, time.Now())
	}
	a.wakeUp()
}

// Changed returns a channel that gets a value when Candidates or Open may return
// something else than before.
func (a *Agent) Changed() <-chan struct{} { return a.changed }

// Open returns the addresses at which the peer has answered.
func (a *Agent) Open() []netip.AddrPort {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.checker == nil {
		return nil
	}
	return a.checker.opened()
}

// Seek says whether ways to the peer are wanted. At first they are. If not,
// nothing is sent that nobody asked for.
func (a *Agent) Seek(on bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if on == a.seeking {
		return
	}
	a.seeking = on
	if a.checker != nil {
		a.checker.seek(on, time.Now())
	}
	a.wakeUp()
}

// Restart forgets which addresses are open, and checks all of them again.
func (a *Agent) Restart() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.renew(false)
}

// renew begins anew, with other ports or not. mu is held.
func (a *Agent) renew(ports bool) {
	now := time.Now()
	a.seeking = true
	a.reflex.again(ports, now)
	if (ports || len(a.reflex.queries) == 0) && a.ctx.Err() == nil {
		a.resolveAll() // names may mean something else here, or something at last
	}
	if a.checker != nil {
		a.checker.restart(now)
	}
	a.tell()
	a.wakeUp()
}

// Move notes the addresses that this computer has now. If they differ from
// before, everything is checked again; with reopen, and if a socket has failed,
// from other ports: the ones so far are closed, with all connections.
func (a *Agent) Move(addrs []netip.Addr, reopen bool) {
	a.mu.Lock()
	same := slices.Equal(addrs, a.cfg.Addrs)
	failed := len(a.sockets) == 0 || slices.ContainsFunc(a.sockets, (*socket).failed)
	if same && !failed || a.ctx.Err() != nil {
		a.mu.Unlock()
		return
	}
	a.cfg.Addrs = slices.Clone(addrs)
	if !reopen && !failed {
		a.renew(false)
		a.mu.Unlock()
		return
	}
	old := a.sockets
	a.sockets, a.added = nil, nil
	if err := a.open(); err != nil {
		a.cfg.Logger.Info("no UDP port", "error", err)
	}
	a.renew(true)
	a.mu.Unlock()
	for _, s := range old {
		s.close()
	}
}

// StopAccepting ends Accept, and drops connections that it has not returned.
func (a *Agent) StopAccepting() { a.once.Do(func() { close(a.closing) }) }

// Close ends everything, connections too. It returns when nothing is left
// running.
func (a *Agent) Close() error {
	a.StopAccepting()
	a.cancel()
	a.mu.Lock()
	old := a.sockets
	a.sockets = nil
	a.mu.Unlock()
	for _, s := range old {
		s.close()
	}
	a.running.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.checker != nil {
		clear(a.checker.ours)
		clear(a.checker.theirs)
	}
	return nil
}

// tell lets Changed know. mu is held.
func (a *Agent) tell() {
	select {
	case a.changed <- struct{}{}:
	default:
	}
}

func (a *Agent) wakeUp() {
	select {
	case a.kick <- struct{}{}:
	default:
	}
}
