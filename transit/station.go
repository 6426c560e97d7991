package transit

import (
	"context"
	"net/netip"
	"slices"
	"sync"

	"sesame/transit/way"
)

// A station is the ways of one side of a session, open: where the peer can reach it,
// and where it can be reached.
type station struct {
	*way.Site
	ways    *way.Set
	finders []opened
	minders []way.Minder  // those of finders for which it matters what the peer has made of our hints
	news    chan struct{} // of capacity 1: what the finders know may have changed
	stop    context.CancelFunc
	running sync.WaitGroup

	mu   sync.Mutex
	told told
}

// An opened way.
type opened struct {
	way.Finder
	way way.Way
}

// told is what the peer has been told, or will be, and how many messages have gone in
// which hints travel, and come.
type told struct {
	hints      []Hint
	seen       int
	sent, come int
}

// differ takes what should be told now, and reports whether it is something else.
func (t *told) differ(hints []Hint, seen int) bool {
	same := seen == t.seen && slices.EqualFunc(t.hints, hints, func(a, b Hint) bool {
		return a.ID() == b.ID() && a.Wanted == b.Wanted && a.Beside == b.Beside && a.Room == b.Room
	})
	t.hints, t.seen = hints, seen
	return !same
}

// openStation opens what cfg allows of the ways: with classic, those alone that every
// peer knows. ctx bounds the call only.
func openStation(ctx context.Context, role Role, cfg *Config, own []netip.Prefix, classic bool) *station {
	role.check()
	cfg.Logger.Debug("our addresses", "are", own)
	st := &station{ways: cfg.ways(), Site: way.NewSite(way.Config(*cfg), role == Leader, own), news: make(chan struct{}, 1)}
	running, stop := context.WithCancel(context.Background())
	st.stop = stop
	for w := range st.ways.All() {
		if classic && !w.Classic() || !w.Allowed(&st.Config) {
			continue
		}
		f, err := w.Open(ctx, st.Site)
		if err != nil {
			cfg.Logger.Info("a sort of path can't be had", "hints", w.Form().Type, "error", err)
			continue
		}
		st.finders = append(st.finders, opened{f, w})
		if m, ok := f.(way.Minder); ok {
			st.minders = append(st.minders, m)
		}
	}
	for _, f := range st.finders {
		if changed := f.Changed(); changed != nil {
			st.running.Go(func() { st.forward(running, changed) })
		}
	}
	st.told.differ(st.hints(), 0)
	return st
}

// forward passes on that something has changed.
func (st *station) forward(ctx context.Context, changed <-chan struct{}) {
	for {
		select {
		case <-changed:
			notify(st.news)
		case <-ctx.Done():
			return
		}
	}
}

// hints returns what the peer must be told.
func (st *station) hints() (hints []Hint) {
	for _, f := range st.finders {
		hints = append(hints, f.Hints()...)
	}
	return hints
}

// seen returns up to which of the peer's messages all ways for which that matters have
// prepared themselves for what they name.
func (st *station) seen() int {
	seen := 0
	for _, m := range st.minders {
		seen = max(seen, m.Seen())
	}
	return seen
}

// differs reports whether the peer must be told something else than before.
func (st *station) differs() bool {
	hints, seen := st.hints(), st.seen()
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.told.differ(hints, seen)
}

// message returns what the next message to the peer says. It must be sent.
func (st *station) message() (hints []Hint, seen int) {
	seen = st.seen() // at least of what the hints say
	hints = st.hints()
	st.mu.Lock()
	st.told.differ(hints, seen)
	st.told.sent++
	n := st.told.sent
	st.mu.Unlock()
	for _, m := range st.minders {
		m.Told(n, hints)
	}
	return hints, seen
}

// came notes that one more message of the peer has come, whose hints the ways have had.
func (st *station) came(seen int) {
	st.mu.Lock()
	st.told.come++
	n := st.told.come
	st.mu.Unlock()
	for _, m := range st.minders {
		m.Heard(n, seen)
	}
}

// hopes reports whether a peer with these hints can be reached directly, as far as one
// can tell. One that names no address can't: it has none, as a page, or hides them.
func (st *station) hopes(hints []Hint) bool {
	return !st.NoDirect && slices.ContainsFunc(hints, func(h Hint) bool { return h.Hostname != "" })
}

// start tells the ways what the two sides share.
func (st *station) start(s way.Session) {
	for _, f := range st.finders {
		f.Start(s)
	}
}

// maxSkipped is how many of the addresses that aren't tried are remembered.
const maxSkipped = 16

// A plan is what there is to dial, and what isn't dialled, and why.
type plan struct {
	routes  []planned
	skipped []way.Attempt
}

// A planned route stands in for one of the same plan.
type planned struct {
	way.Route
	by opened
}

// plan asks the ways where the peer with these hints can be dialled.
func (st *station) plan(hints []Hint) (p plan) {
	for _, f := range st.finders {
		routes, skipped := f.Peer(hints)
		before := len(p.routes)
		for _, rt := range routes {
			if rt.Instead >= 0 {
				rt.Instead += before
			}
			p.routes = append(p.routes, planned{rt, f})
		}
		p.skipped = append(p.skipped, skipped...)
	}
	p.skipped = p.skipped[:min(len(p.skipped), maxSkipped)]
	return p
}

// listeners returns those who take the peer's connections.
func (st *station) listeners() (all []opened) {
	for _, f := range st.finders {
		if f.Listener() != nil {
			all = append(all, f)
		}
	}
	return all
}

// seek says whether a lane straight to the peer is wanted; with punched, one over UDP in
// any case.
func (st *station) seek(on, punched bool) {
	for _, f := range st.finders {
		f.Seek(on || punched && f.way.Tier() == way.Punched)
	}
}

// lost says that the last lane has broken.
func (st *station) lost() {
	for _, f := range st.finders {
		f.Lost()
	}
}

// moved says which addresses we have: others than before, or as somebody has seen who
// looked again. Fresh reports whether there is nothing of a tier that would be lost.
func (st *station) moved(own []netip.Prefix, changed bool, fresh func(way.Tier) bool) {
	st.Site.Move(own)
	for _, f := range st.finders {
		f.Moved(changed, fresh(f.way.Tier()))
	}
}

// leave ends the search, and accepting. Connections live on.
func (st *station) leave() {
	st.stop()
	for _, f := range st.finders {
		f.Stop()
	}
}

// close ends everything, connections too.
func (st *station) close() {
	st.leave()
	var all sync.WaitGroup
	for _, f := range st.finders {
		all.Go(func() { f.Close() })
	}
	all.Wait()
	st.running.Wait()
}

// notify puts a value into a channel of capacity 1, if there is none.
func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
