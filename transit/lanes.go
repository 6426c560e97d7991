package transit

import (
	"context"
	"fmt"
	"maps"
	"net"
	"runtime"
	"slices"
	"sync"
	"time"

	"sesame/transit/record"
	"sesame/transit/way"
)

const (
	// maxWaiting is how many lanes Next may be behind.
	maxWaiting  = 32
	defaultWant = 2
	relayedWant = 1 // through a relay, in one room
)

// LanesConfig says how lanes are made. The zero value is ready to use, and nil
// stands for it.
type LanesConfig struct {
	// Config says which paths may be used. Its Idle has no meaning here.
	Config
	// Suite seals the records; both sides must use the same. Default
	// record.ChaCha20Poly1305, which everybody has.
	Suite record.Suite
	// Want is how many lanes to hold over a direct path at least, to begin with. There may be
	// more, if both sides dialled at once, and there are more where those carry more
	// (doc/native.md §3.6). Default 2.
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
	at      *station
	work    *reach
	running sync.WaitGroup
	up      chan *Lane
	kick    chan struct{} // the ladder has to be asked for the next time
	changed chan struct{} // of capacity 1: see Changed
	moves   chan struct{} // likewise: see Moved
	ending  sync.Once
	aside   *aside

	keyed chan struct{} // closed when there are keys
	keys  *laneKeys

	mu   sync.Mutex
	hunt hunt
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
	own := ownAddresses()
	ls := newLanes(role, full, openStation(ctx, role, &full.Config, own, false))
	if runtime.GOOS != "js" {
		ls.running.Go(func() { ls.watch(own) })
	}
	return ls, nil
}

// newLanes is OpenLanes for a full configuration and a known place, which stays the
// same.
func newLanes(role Role, cfg LanesConfig, at *station) *Lanes {
	ls := &Lanes{
		role: role, cfg: cfg, at: at,
		up: make(chan *Lane, maxWaiting), kick: make(chan struct{}, 1), keyed: make(chan struct{}),
		changed: make(chan struct{}, 1), moves: make(chan struct{}, 1),
	}
	ls.work = newReach(handshake{prove: ls.prove}, at, cfg.Logger)
	ls.hunt = hunt{at: at, held: map[*Lane]bool{}, crop: newCrop(role, cfg.Want)}
	ls.aside = newAside(ls.work.ctx, at, func() *Lane {
		ls.mu.Lock()
		defer ls.mu.Unlock()
		return ls.hunt.relayed()
	})
	ls.running.Go(ls.run)
	return ls
}

// Hints returns what the peer must be told to reach this side. It says nothing
// of the key. It is called once: what it returns is the first message to the peer.
func (ls *Lanes) Hints() []Hint {
	hints, _ := ls.at.message()
	return hints
}

// Start begins to make lanes with the peer whose first message had the hints. Key returns a
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
	if ls.hunt.closed {
		return
	}
	ls.at.start(way.Session{Key: key, Tokens: ls.keys.tokens[:]})
	ls.hunt.search = newSearch(newLadder(ls.cfg.Want, time.Now()), ls.work)
	ls.hunt.second = ls.role == Follower
	close(ls.keyed)
	ls.hunt.tell(peer, 0, ls.cfg.Logger)
	notify(ls.kick)
}

// AddHints takes a further message of the peer: addresses at which it can be reached,
// and up to which of our messages it has prepared itself for what they name, counted
// from 1 on. If there is no lane, or only one through a relay, everything known is
// dialled at once; not more often than every 5 s, though, what has been dialled already.
func (ls *Lanes) AddHints(peer []Hint, seen int) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.hunt.tell(peer, seen, ls.cfg.Logger)
	notify(ls.kick)
}

// Relay says whether a lane through a relay is wanted beside direct ones, because they
// carry too little. If so it is dialled at once, on both sides: the peer is told by
// hints. One that is there stays, whatever is said.
func (ls *Lanes) Relay(wanted bool) {
	ls.mu.Lock()
	ls.hunt.crop.relay = wanted
	if ls.hunt.on() {
		ls.hunt.ask(time.Now())
		ls.hunt.step(event{kind: tick}, time.Now())
	}
	ls.mu.Unlock()
	if ls.at.differs() {
		notify(ls.changed)
	}
	notify(ls.kick)
}

// Changed returns a channel that delivers a value when Refresh should be called and the
// peer be sent what it returns, because that is something else than before. Several
// changes may make one value; it is for one receiver.
func (ls *Lanes) Changed() <-chan struct{} { return ls.changed }

// Moved returns a channel that delivers a value when this computer has other
// addresses than before: it may be in another network. Lanes that used an
// address that is gone have been dropped then, and everything known is dialled
// again. A message should be sent even if it is the same, since the peer can't
// know. It is for one receiver.
func (ls *Lanes) Moved() <-chan struct{} { return ls.moves }

// Refresh looks at the network interfaces again, dials as AddHints does, and returns
// the next message to the peer, which has to be sent: where this side is now, and what
// the peer's AddHints takes beside it.
func (ls *Lanes) Refresh() (hints []Hint, seen int) {
	own := ownAddresses()
	ls.mu.Lock()
	ls.hunt.refresh(own, time.Now())
	ls.mu.Unlock()
	notify(ls.kick)
	return ls.at.message()
}

// Refused reports whether the peer's program has probably ended: there is no
// lane, for 20 s every direct dial was refused, and nobody came at a relay.
func (ls *Lanes) Refused() bool {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	return ls.hunt.begun() && ls.hunt.refused(time.Now())
}

// NoPath says why there is no lane: what became of the last dial of each
// address. It is for the person at this computer, like any NoPathError.
func (ls *Lanes) NoPath() *NoPathError {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if !ls.hunt.begun() {
		return new(NoPathError)
	}
	return ls.hunt.noPath()
}

// Next returns the next lane that has come up, whoever dialled. The caller
// should Close it when it is of no use any more, and must not delay the next
// call: lanes that it falls far behind with are dropped. It fails when ctx ends,
// and with net.ErrClosed after Close.
func (ls *Lanes) Next(ctx context.Context) (*Lane, error) {
	for {
		select {
		case l := <-ls.up:
			if ls.works(l) {
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
		ls.hunt.closed = true
		ls.mu.Unlock()
		ls.work.close()
		ls.running.Wait()
		ls.mu.Lock()
		lanes := slices.Collect(maps.Keys(ls.hunt.held))
		ls.mu.Unlock()
		var all sync.WaitGroup
		for _, l := range lanes {
			all.Go(func() { l.Close() })
		}
		all.Wait()
		ls.aside.wait()
		ls.at.close()
		ls.mu.Lock()
		defer ls.mu.Unlock()
		if ls.keys != nil {
			ls.keys.erase()
		}
	})
	return nil
}
