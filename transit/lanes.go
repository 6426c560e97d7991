package transit

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"sesame/internal/segments"
	"sesame/transit/record"
	"sesame/transit/way/mapped"
)

const (
	// maxWaiting is how many lanes Next may be behind.
	maxWaiting  = 32
	defaultWant = 2
)

// LanesConfig says how lanes are made. The zero value is ready to use, and nil
// stands for it.
type LanesConfig struct {
	// Config says which paths may be used. Its Idle has no meaning here.
	Config
	// Suite seals the records; both sides must use the same. Default
	// record.ChaCha20Poly1305, which everybody has.
	Suite record.Suite
	// Want is how many lanes to hold over a direct path. There may be more, if
	// both sides dialled at once. Over a relay there is one. Default 2.
	Want int
}

func (c *LanesConfig) withDefaults() (LanesConfig, error) {
	var out LanesConfig
	if c != nil {
		out = *c
	}
	if out.Suite == 0 {
		out.Suite = record.ChaCha20Poly1305
	}
	if out.Want <= 0 {
		out.Want = defaultWant
	}
	var err error
	out.Config, err = out.Config.withDefaults()
	return out, err
}

// Lanes makes connections between two sesames for as long as a session lasts,
// and makes new ones when all have broken.
//
//	OpenLanes, Hints     -- hints (by mailbox) -->    OpenLanes, Hints
//	                     <-- hints --
//	Start                                             Start
//	                on each connection that comes about, both at once:
//	  nonce, proof of the key     -->   <--     nonce, proof of the key
//	  record: ready               -->   <--     record: ready
//	Next returns a Lane                               Next returns a Lane
//
// Methods may be called from several goroutines. Source: doc/native.md §3.
type Lanes struct {
	role    Role
	cfg     LanesConfig
	work    *reach
	running sync.WaitGroup
	parting sync.WaitGroup // what takes time to end
	mapper  *mapped.Mapper // nil if no router is asked
	up      chan *Lane
	kick    chan struct{} // the ladder has to be asked for the next time
	changed chan struct{} // of capacity 1: see Changed
	moves   chan struct{} // likewise: see Moved
	reopen  chan struct{} // likewise: what our listener looks like has to be asked again
	ending  sync.Once

	keyed chan struct{} // closed when there are keys
	keys  *laneKeys

	mu      sync.Mutex
	here    site
	found   map[string][]Hint // of ours, by who found them: see offer
	hints   []Hint            // the peer's, latest first
	ladder  *ladder           // nil before Start
	ids     map[string]int
	foreign int       // of ids, relays that only the peer named
	unused  []attempt // what isn't tried of what the peer names last, and why
	routes  map[int]route
	errs    map[int]error // of the last dials
	stop    map[int]func()
	held    map[*Lane]bool // by their users or in up; true while they work
	size    segments.Size  // of what is dialled: smaller when lanes have broken, maybe because large packets vanish
	closed  bool
}

// OpenLanes starts to listen, before there is a key: connections that come in
// wait for Start, 64 at most and 10 s at most. If no port can be had there are
// other paths, so that is no error; a relay in cfg that can't be one is. ctx
// bounds the call only. The caller must Close the Lanes.
func OpenLanes(ctx context.Context, role Role, cfg *LanesConfig) (*Lanes, error) {
	full, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("transit: %w", err)
	}
	here, err := findSite(ctx, !full.NoDirect)
	if err != nil {
		full.Logger.Info("not listening", "error", err)
	}
	here.log(full.Logger)
	var ls *Lanes // the policy isn't asked before Start
	here.punch = openPunch(role, &full.Config, here.own, func(to netip.AddrPort) bool { return ls.mayPunch(to) })
	ls = newLanes(role, full, here)
	ls.mapPorts()
	ls.openListener()
	return ls, nil
}

// newLanes is OpenLanes for a full configuration and a known site.
func newLanes(role Role, cfg LanesConfig, here site) *Lanes {
	if role != Leader && role != Follower {
		panic("transit: neither Leader nor Follower")
	}
	ls := &Lanes{
		role: role, cfg: cfg, here: here,
		up: make(chan *Lane, maxWaiting), kick: make(chan struct{}, 1), keyed: make(chan struct{}),
		changed: make(chan struct{}, 1), moves: make(chan struct{}, 1), reopen: make(chan struct{}, 1), found: map[string][]Hint{},
		ids: map[string]int{}, routes: map[int]route{}, errs: map[int]error{}, stop: map[int]func(){}, held: map[*Lane]bool{},
	}
	ls.work = newReach(handshake{prove: ls.prove}, nil, here, cfg.Logger)
	if here.punch != nil {
		ls.found[udpFinder] = udpHints(here.punch.Candidates())
	}
	ls.running.Go(ls.run)
	if here.look != nil {
		ls.running.Go(func() { ls.watch(here) })
	}
	return ls
}

// Hints returns what the peer must be told to reach this side. It says nothing
// of the key.
func (ls *Lanes) Hints() []Hint {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	return ls.ownHints()
}

// Start begins to make lanes with the peer that sent the hints. Key returns a
// secret of the session for a purpose, the same at both ends; it is called
// before Start returns. The session's key must never have served other Lanes of
// the same role. A second call panics.
func (ls *Lanes) Start(key func(purpose string, size int) []byte, peer []Hint) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.keys != nil {
		panic("transit: Start called twice")
	}
	ls.keys = deriveLaneKeys(key)
	if ls.closed {
		return
	}
	ls.work.hello = ls.cfg.joinLine(ls.keys.token)
	if ls.here.punch != nil {
		ls.here.punch.Start(key)
	}
	ls.ladder = newLadder(ls.cfg.Want, time.Now())
	close(ls.keyed)
	ls.hints = mergeHints(peer, ls.hints)
	ls.cfg.Logger.Debug("the other side says where it is", "addresses", hintAddresses(peer))
	ls.replan(true)
}

// AddHints adds addresses at which the peer can be reached. If there is no lane,
// or only one through a relay, everything known is dialled at once; not more
// often than every 5 s, though, what has been dialled already.
func (ls *Lanes) AddHints(peer []Hint) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.hints = mergeHints(peer, ls.hints)
	ls.cfg.Logger.Debug("the other side says where it is", "addresses", hintAddresses(peer))
	ls.replan(true)
}

// Refused reports whether the peer's program has probably ended: there is no
// lane, for 20 s every direct dial was refused, and nobody came at a relay.
func (ls *Lanes) Refused() bool {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	return ls.ladder != nil && ls.ladder.refused(time.Now())
}

// NoPath says why there is no lane: what became of the last dial of each
// address. It is for the person at this computer, like any NoPathError.
func (ls *Lanes) NoPath() *NoPathError {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	e := new(NoPathError)
	if ls.ladder == nil {
		return e
	}
	for _, id := range ls.ladder.order {
		rt, err := ls.routes[id], ls.errs[id]
		switch ls.ladder.rungs[id].state {
		case connected:
			err = os.ErrDeadlineExceeded
			if rt.path().isRelay() {
				err = errAlone
			}
		case dialling:
			if err == nil {
				err = os.ErrDeadlineExceeded
			}
		}
		if err != nil {
			e.add(attempt{rt.path(), err})
		}
	}
	for _, a := range ls.unused {
		e.add(a)
	}
	return e
}

// Next returns the next lane that has come up, whoever dialled. The caller
// should Close it when it is of no use any more, and must not delay the next
// call: lanes that it falls far behind with are dropped. It fails when ctx ends,
// and with net.ErrClosed after Close.
func (ls *Lanes) Next(ctx context.Context) (*Lane, error) {
	for {
		select {
		case l := <-ls.up:
			ls.mu.Lock()
			works := ls.held[l]
			ls.mu.Unlock()
			if works {
				return l, nil
			}
			l.Close()
		case <-ctx.Done():
			return nil, fmt.Errorf("lanes: %w", ctx.Err())
		case <-ls.work.ctx.Done():
			return nil, fmt.Errorf("lanes: %w", net.ErrClosed)
		}
	}
}

// Close ends everything: listening, dialling, and all lanes, in the way of
// Lane.Close and together. It returns when nothing is left running.
func (ls *Lanes) Close() error {
	ls.ending.Do(func() {
		ls.mu.Lock()
		ls.closed = true
		ls.mu.Unlock()
		ls.work.close()
		ls.running.Wait()
		var all sync.WaitGroup
		defer ls.parting.Wait()
		for _, l := range ls.all() {
			all.Go(func() { l.Close() })
		}
		all.Wait()
		if ls.here.punch != nil {
			ls.here.punch.Close()
		}
		ls.mu.Lock()
		defer ls.mu.Unlock()
		if ls.keys != nil {
			ls.keys.erase()
		}
	})
	return nil
}

func (ls *Lanes) all() (out []*Lane) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	for l := range ls.held {
		out = append(out, l)
	}
	return out
}
