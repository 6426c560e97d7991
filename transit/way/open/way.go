package open

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"sesame/internal/addr"
	"sesame/internal/sharedport"
	"sesame/transit/way"
)

// This file is the way: what our listener looks like from outside travels as hints,
// and both sides dial each other there at about the same time, again and again.
// The listener is that of TCP, whose way comes before this one.

const (
	typeOpen = "sesame-tcp-v1"
	// maxPeer is how many of the peer's addresses are acted on, and maxOwn how many
	// of ours are told, besides further ports.
	maxPeer = 4
	maxOwn  = 4
	// maxAsked is how many STUN servers are asked, one after another.
	maxAsked = 3
)

// How long a STUN server's connection is held, so that the NAT keeps our port as
// it is: it is used every holdPause, holdTimes times. It is made again after
// askPause, while there is no direct lane.
const (
	holdPause = 8 * time.Second
	holdTimes = 7
	askPause  = time.Minute
)

// Way is TCP that both sides open. The zero value is ready to use.
type Way struct{}

func (Way) Form() way.Form {
	form := way.AddressForm(typeOpen, 32, 2*maxPeer+maxFurther)
	address := form.Read
	form.Read = func(f way.Fields) (h way.Hint, dropped int, ok bool) {
		h, dropped, ok = address(f)
		h.Further = string(f.Further) == "true"
		return h, dropped, ok
	}
	return form
}
func (Way) Tier() way.Tier { return way.Straight }
func (Way) Classic() bool  { return false }

// Allowed is false where ports can't be shared, too.
func (Way) Allowed(c *way.Config) bool {
	return sharedport.Supported && !c.NoDirect && c.Dialer == nil
}

// Open begins to find out what our listener looks like from outside.
func (Way) Open(_ context.Context, at *way.Site) (way.Finder, error) {
	f := &finder{at: at, changed: make(chan struct{}, 1), again: make(chan struct{}, 1)}
	port := at.Port(way.TCP)
	if port == 0 {
		return way.Plain{}, nil
	}
	f.view = view{outside: at.Guess(port), wanted: true}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	at.Expect(nil)
	f.running.Go(f.look)
	f.crosser = newCrosser(f.ctx, at, &f.running)
	f.fan = &fan{at: at, ctx: f.ctx, changed: f.changed}
	return f, nil
}

// A finder is this way at one Site.
type finder struct {
	way.Plain
	at      *way.Site
	changed chan struct{}
	again   chan struct{} // what our listener looks like has to be asked again
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
	crosser *crosser
	fan     *fan

	mu   sync.Mutex
	view view
}

// A view is what is known of our listener.
type view struct {
	outside netip.AddrPort // what it looks like; not valid if that isn't known
	wanted  bool           // there is no lane straight to the peer
}

// Hints are our addresses at which both are to dial: what our port looks like from
// outside, if that is known and not what it is, and IPv6, which firewalls filter but
// nobody translates; and further ports of ours, of which old peers, who act on few, dial
// none before the others.
func (f *finder) Hints() (hints []way.Hint) {
	f.mu.Lock()
	outside := f.view.outside
	f.mu.Unlock()
	if outside.IsValid() && !f.at.Has(outside.Addr()) {
		hints = append(hints, way.AddressHint(typeOpen, outside))
	}
	for _, ip := range f.at.Tellable() {
		if ip.Is6() && addr.KindOf(ip) == addr.Public && len(hints) < maxOwn && !f.at.FourOnly(way.TCP) {
			hints = append(hints, way.AddressHint(typeOpen, netip.AddrPortFrom(ip, f.at.Port(way.TCP))))
		}
	}
	return append(hints, f.fan.hints()...)
}

func (f *finder) Changed() <-chan struct{} { return f.changed }

// Told, Heard and Seen make this a way.Minder: it matters when the peer learns of a port.
func (f *finder) Told(_ int, hints []way.Hint) { f.fan.tell(hints) }
func (f *finder) Heard(n, seen int)            {}
func (f *finder) Seen() int                    { return 0 }

// Peer returns where both sides are to dial each other. Further ports are the leader's to
// take.
func (f *finder) Peer(hints []way.Hint) (routes []way.Route, _ []way.Attempt) {
	policy, own := f.at.Policy(), f.at.Own()
	f.at.Expect(way.Addresses(typeOpen, hints))
	room := map[bool]int{false: maxPeer, true: maxFurther}
	for _, h := range hints {
		for _, to := range way.Addresses(typeOpen, []way.Hint{h}) {
			if room[h.Further] == 0 || h.Further && f.at.Leads || policy.Check(to) != nil {
				continue
			}
			room[h.Further]--
			rt := way.Route{Path: path(to, own), Both: true, Further: h.Further, Instead: -1}
			rt.Dial = func(ctx context.Context) (net.Conn, error) { return Dial(ctx, f.at.Port(way.TCP), to) }
			if f.at.Leads {
				rt.Lanes = 1 + maxFurther
				rt.More = func(ctx context.Context) (net.Conn, error) { return f.fan.dial(ctx, to) }
			}
			routes = append(routes, rt)
		}
	}
	return routes, nil
}

// path describes a connection that both sides made with remote.
func path(remote netip.AddrPort, own []netip.Prefix) way.Path {
	p := way.DirectPath(remote, own)
	if p.Kind == way.Direct {
		p.Kind = way.ThroughNAT
	}
	return p
}

func (f *finder) Seek(on bool) {
	f.mu.Lock()
	news := f.view.wanted != on
	f.view.wanted = on
	f.mu.Unlock()
	if news {
		f.crosser.seek(on)
	}
}

func (f *finder) Talk(say func([]byte))       { f.crosser.talk(say) }
func (f *finder) Hear(b []byte, at time.Time) { f.crosser.hear(b, at) }
func (f *finder) Listener() way.Listener      { return f.crosser }

// Moved forgets what our listener looked like elsewhere.
func (f *finder) Moved(changed, _ bool) {
	if !changed {
		return
	}
	f.mu.Lock()
	f.view.outside = netip.AddrPort{}
	f.mu.Unlock()
	notify(f.again)
}

func (f *finder) Stop() { f.cancel() }

func (f *finder) Close() error {
	f.cancel()
	f.crosser.settle()
	f.running.Wait()
	return nil
}

// look asks what our listener looks like, as long as that matters.
func (f *finder) look() {
	for f.ctx.Err() == nil {
		if f.wanted() {
			f.mirror()
		}
		f.pause(askPause)
	}
}

func (f *finder) wanted() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.view.wanted
}

// pause waits, but not after a move.
func (f *finder) pause(d time.Duration) (moved bool) {
	select {
	case <-f.ctx.Done():
		return true
	case <-f.again:
		return true
	case <-time.After(d):
		return false
	}
}

// mirror asks the STUN servers, and holds the connection with the first that
// answers for some time.
func (f *finder) mirror() {
	port := f.at.Port(way.TCP)
	for _, server := range f.at.STUN[:min(len(f.at.STUN), maxAsked)] {
		m, err := Ask(f.ctx, port, server)
		if err != nil {
			f.at.Logger.Debug("no STUN over TCP", "error", err)
			continue
		}
		stop := context.AfterFunc(f.ctx, func() { m.Close() })
		seen := false
		for range holdTimes {
			outside, err := m.Look()
			if err != nil {
				break
			}
			seen = true
			f.see(outside)
			if f.pause(holdPause) || !f.wanted() {
				break
			}
		}
		stop()
		m.Close()
		if seen {
			return
		}
	}
}

// see notes what a server has told.
func (f *finder) see(outside netip.AddrPort) {
	f.mu.Lock()
	news := outside != f.view.outside
	f.view.outside = outside
	f.mu.Unlock()
	if news {
		notify(f.changed)
	}
}

// notify puts a value into a channel of capacity 1, if there is none.
func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
