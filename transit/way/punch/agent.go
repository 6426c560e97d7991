package punch

import (
	"context"
	"crypto/rand"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"sesame/transit/natkind"
)

// An Agent looks for ways to the peer, makes connections and takes those that
// the peer makes. Its methods may be called from several goroutines.
type Agent struct {
	cfg Config

	ctx      context.Context // done when everything is to end
	cancel   context.CancelFunc
	running  sync.WaitGroup
	kick     chan struct{} // run has to look at the clock
	changed  chan struct{}
	accepted chan Conn
	closing  chan struct{} // closed when nothing more is accepted
	once     sync.Once

	mu   sync.Mutex
	hunt hunt
}

// Listen opens a UDP port in each address family, of the system's choice, and
// begins to ask the STUN servers. It fails if there is no port to be had. The
// caller must Close the Agent.
func Listen(cfg Config) (*Agent, error) {
	a := &Agent{
		cfg:  cfg.withDefaults(),
		kick: make(chan struct{}, 1), changed: make(chan struct{}, 1),
		accepted: make(chan Conn), closing: make(chan struct{}),
	}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	sockets, err := openSockets(a)
	if err != nil {
		a.cancel()
		return nil, err
	}
	shy := &shyness{applies: a.cfg.Near, time: shyTime, ttl: natkind.MinTTL}
	if cfg.Leader {
		shy.time = leadTime
	}
	a.hunt = hunt{addrs: slices.Clone(cfg.Addrs), sockets: sockets, seeking: true, reflex: &reflex{newID: newID}, shy: shy}
	a.running.Go(a.run)
	asker{a}.all()
	return a, nil
}

func newID() (n id) {
	rand.Read(n[:])
	return n
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
	if a.hunt.checker != nil {
		panic("punch: Start called twice")
	}
	a.hunt.start(newChecker(ours, theirs, a.cfg.Allow, newID), key(linePurpose, keySize), time.Now())
	notify(a.kick)
}

// SetPeer takes the addresses that the peer has now, latest first. What is
// beyond 16, and what Config.Allow doesn't, is dropped.
func (a *Agent) SetPeer(addrs []netip.AddrPort) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.hunt.name(slices.Clone(addrs), time.Now())
	notify(a.kick)
}

// Told notes that our message n to the peer, counted from 1 on, has these addresses.
func (a *Agent) Told(n int, addrs []netip.AddrPort) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.hunt.tell(n, addrs, time.Now())
	notify(a.kick)
}

// Heard notes that the peer's message n has come, whose addresses SetPeer has had, and
// that the peer has opened its NATs for those of our messages up to seen.
func (a *Agent) Heard(n, seen int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.hunt.hear(n, seen, time.Now())
	notify(a.kick)
}

// Seen returns for the addresses of which of the peer's messages our NATs have been
// opened; 0 as long as nobody need know.
func (a *Agent) Seen() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.hunt.ledger.acted
}

// Changed returns a channel that gets a value when Candidates, Open or Seen may return
// something else than before.
func (a *Agent) Changed() <-chan struct{} { return a.changed }

// Open returns the addresses at which the peer has answered.
func (a *Agent) Open() []netip.AddrPort {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.hunt.opened()
}

// Candidates returns the addresses at which the peer should try to reach this
// side, as far as they are known: there may be more later. At most 16.
func (a *Agent) Candidates() []netip.AddrPort {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.hunt.candidates()
}

// Add makes an address one of the Candidates: a router's, that leads to one of
// Ports. It is for as long as Move doesn't open other ports.
func (a *Agent) Add(c netip.AddrPort) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.hunt.add(c) {
		notify(a.changed)
	}
}

// Ports returns the UDP ports for IPv4 and IPv6, 0 where there is none.
func (a *Agent) Ports() (v4, v6 uint16) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.hunt.ports()
}

// Seek says whether ways to the peer are wanted. At first they are. If not,
// nothing is sent that nobody asked for.
func (a *Agent) Seek(on bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.hunt.seek(on, time.Now()) {
		notify(a.kick)
	}
}

// Restart forgets which addresses are open, and checks all of them again.
func (a *Agent) Restart() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.renewed(a.hunt.renew(false, time.Now()))
}

// renewed has everything checked again. Names of STUN servers may mean something
// else than before, or something at last.
func (a *Agent) renewed(resolve bool) {
	if resolve && a.ctx.Err() == nil {
		asker{a}.all()
	}
	notify(a.changed)
	notify(a.kick)
}

// Move notes the addresses that this computer has now. If they differ from
// before, everything is checked again; with reopen, and if a socket has failed,
// from other ports: the ones so far are closed, with all connections.
func (a *Agent) Move(addrs []netip.Addr, reopen bool) {
	a.mu.Lock()
	if a.ctx.Err() != nil || !a.hunt.moved(addrs) {
		a.mu.Unlock()
		return
	}
	var old []*socket
	if reopen = reopen || a.hunt.failed(); reopen {
		old = a.reopen()
	}
	bare := a.hunt.renew(reopen, time.Now())
	a.renewed(reopen || bare)
	a.mu.Unlock()
	closeAll(old)
}

// refresh checks everything again, from other ports: those so far may be of no use any
// more to routers that have taken the peer's packets for their own.
func (a *Agent) refresh() {
	a.mu.Lock()
	if a.ctx.Err() != nil {
		a.mu.Unlock()
		return
	}
	a.cfg.Logger.Debug("other UDP ports: nobody answers")
	old := a.reopen()
	a.renewed(a.hunt.renew(true, time.Now()))
	a.hunt.fresh = true
	a.mu.Unlock()
	closeAll(old)
}

// reopen opens other ports, and returns what is to be closed.
func (a *Agent) reopen() []*socket {
	sockets, err := openSockets(a)
	if err != nil {
		a.cfg.Logger.Info("no UDP port", "error", err)
	}
	return a.hunt.reopen(sockets)
}

// Dial makes a connection to an address at which the peer has answered, whoever
// is there now. ctx bounds the call only.
func (a *Agent) Dial(ctx context.Context, to netip.AddrPort) (Conn, error) {
	s := a.socketFor(to)
	if s == nil {
		return nil, net.ErrClosed
	}
	a.knock(to)
	return s.carrier.dial(ctx, to)
}

// Accept returns the next connection that somebody made who was at an address of
// the peer. It fails with net.ErrClosed after StopAccepting or Close.
func (a *Agent) Accept() (Conn, error) {
	select {
	case c := <-a.accepted:
		return c, nil
	case <-a.closing:
		return nil, net.ErrClosed
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
	old := a.hunt.reopen(nil)
	a.mu.Unlock()
	closeAll(old)
	a.running.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.hunt.erase()
	return nil
}

// notify puts a value into a channel of capacity 1, if there is none.
func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
