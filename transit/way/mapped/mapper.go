package mapped

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"time"

	"sesame/internal/addr"
	"sesame/internal/gateway"
)

// Config says which router is asked. The zero value is ready to use.
type Config struct {
	// Gateway returns the address of the router. Default: the default gateway of
	// the system, if traffic to the Internet goes through it.
	Gateway func() (netip.Addr, error)
	// Logger gets what comes of it, without addresses. Default silent.
	Logger *slog.Logger

	controlPort, searchPort uint16 // for tests
}

// A Mapper holds mappings for as long as it isn't closed: it asks the router for
// them, renews them, asks the next router when this computer moves, and gives them
// back. Its methods may be called from several goroutines.
type Mapper struct {
	cfg        Config
	changed    chan struct{}
	kick       chan struct{}
	cancel     context.CancelFunc
	done       chan struct{} // closed when nothing is left running
	speaker    speaker       // of run alone: that worked last
	standpoint standpoint    // likewise

	mu     sync.Mutex
	leases []*lease
	moved  bool
}

// A standpoint is where this computer is, seen from its router.
type standpoint struct{ router, own netip.Addr }

// New starts a Mapper that holds nothing yet. It must be closed.
func New(cfg Config) *Mapper {
	if cfg.Gateway == nil {
		cfg.Gateway = gateway.Default
	}
	if cfg.controlPort == 0 {
		cfg.controlPort, cfg.searchPort = 5351, 1900
	}
	cfg.Logger = silentLogger(cfg.Logger)
	ctx, cancel := context.WithCancel(context.Background())
	m := &Mapper{cfg: cfg, cancel: cancel,
		changed: make(chan struct{}, 1), kick: make(chan struct{}, 1), done: make(chan struct{})}
	go func() {
		defer close(m.done)
		m.run(ctx)
		m.giveBack()
	}()
	return m
}

// Map begins to ask for a mapping to a port of this computer, and returns at once.
// There is one for each protocol: another that there was before is given back.
func (m *Mapper) Map(p Protocol, port uint16) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range m.leases {
		if l.protocol == p && l.port == port && !l.over {
			return
		}
		l.over = l.over || l.protocol == p
	}
	m.leases = append(m.leases, &lease{request: request{protocol: p, port: port, external: port}})
	notify(m.kick)
}

// Mapped returns the public address that leads to a port of this computer, and
// whether there is one now.
func (m *Mapper) Mapped(p Protocol, port uint16) (netip.AddrPort, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range m.leases {
		if l.protocol == p && l.port == port && !l.over {
			return l.external, l.external.IsValid()
		}
	}
	return netip.AddrPort{}, false
}

// Changed returns a channel that delivers a value when what Mapped returns has
// changed. It is for one receiver.
func (m *Mapper) Changed() <-chan struct{} { return m.changed }

// Move tells m that this computer has other addresses than before, so that it may
// have another router. It returns at once.
func (m *Mapper) Move() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.moved = true
	notify(m.kick)
}

// Close gives all mappings back, within little more than a second.
func (m *Mapper) Close() error {
	m.cancel()
	<-m.done
	return nil
}

func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// run asks for what is due until ctx ends.
func (m *Mapper) run(ctx context.Context) {
	for ctx.Err() == nil {
		m.look()
		l, over, wait := m.next(time.Now())
		if over {
			m.drop(ctx, l)
			continue
		}
		if l != nil {
			m.ask(ctx, l)
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-m.kick:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// next returns a lease for which something is due, and whether that is to be given
// back; or how long there is none.
func (m *Mapper) next(now time.Time) (l *lease, over bool, wait time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	wait = time.Hour
	for _, l := range m.leases {
		if l.over {
			return l, true, 0
		}
		if l.expire(now) {
			notify(m.changed)
		}
		if !now.Before(l.due) {
			return l, false, 0
		}
		wait = min(wait, l.wake().Sub(now))
	}
	return nil, false, wait
}

// drop gives a mapping back that isn't wanted any more.
func (m *Mapper) drop(ctx context.Context, l *lease) {
	if l.by != nil {
		within, cancel := context.WithTimeout(ctx, leaveTime)
		l.by.close(within, l.request)
		cancel()
	}
	if ctx.Err() != nil {
		return // giveBack tries once more
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.leases = slices.DeleteFunc(m.leases, func(o *lease) bool { return o == l })
}

// look finds out whether there is another router since Move.
func (m *Mapper) look() {
	m.mu.Lock()
	moved := m.moved
	m.moved = false
	m.mu.Unlock()
	if !moved {
		return
	}
	if here, err := m.find(); err == nil && here == m.standpoint {
		return
	}
	m.speaker, m.standpoint = nil, standpoint{}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range m.leases {
		if l.external.IsValid() {
			notify(m.changed)
		}
		l.by = nil // out of reach; the mapping ends by itself
		l.forget(time.Now())
	}
}

func (m *Mapper) find() (standpoint, error) {
	router, err := m.cfg.Gateway()
	if err != nil {
		return standpoint{}, err
	}
	own, err := addr.Toward(router)
	if err == nil && public(netip.AddrPortFrom(own, 1)) {
		err = errNotNeeded
	}
	return standpoint{router, own}, err
}

// ask asks the router for one mapping.
func (m *Mapper) ask(ctx context.Context, l *lease) {
	g, err := m.open(ctx, l)
	if err == nil {
		g, err = g.check()
		if errors.Is(err, errPrivate) { // of no use, so it shouldn't stay
			within, cancel := context.WithTimeout(ctx, leaveTime)
			l.by.close(within, l.request)
			cancel()
			l.by = nil
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		m.cfg.Logger.Info("no port mapping", "protocol", l.protocol, "error", err)
		m.speaker = nil // another may do
		l.failed(time.Now())
		return
	}
	m.cfg.Logger.Info("port mapped", "protocol", l.protocol, "by", l.by.name())
	if l.granted(g, time.Now()) {
		notify(m.changed)
	}
}

func (m *Mapper) open(ctx context.Context, l *lease) (grant, error) {
	if m.speaker != nil {
		ctx, cancel := context.WithTimeout(ctx, askTime)
		defer cancel()
		l.by = m.speaker
		return m.speaker.open(ctx, l.request)
	}
	here, err := m.find()
	if err != nil {
		return grant{}, err
	}
	m.standpoint = here
	ctx, cancel := context.WithTimeout(ctx, findTime)
	defer cancel()
	s, g, err := negotiate(ctx, netip.AddrPortFrom(here.router, m.cfg.controlPort), netip.AddrPortFrom(here.router, m.cfg.searchPort), l.request)
	if s != nil {
		l.by = s
	}
	if err == nil {
		m.speaker = s
	}
	return g, err
}

// giveBack removes all mappings, in bounded time.
func (m *Mapper) giveBack() {
	ctx, cancel := context.WithTimeout(context.Background(), leaveTime)
	defer cancel()
	m.mu.Lock()
	leases := m.leases
	m.mu.Unlock()
	var all sync.WaitGroup
	for _, l := range leases {
		if l.by != nil {
			all.Go(func() {
				within, cancel := context.WithTimeout(ctx, l.patience())
				defer cancel()
				if err := l.by.close(within, l.request); err != nil {
					m.cfg.Logger.Info("a port mapping could not be removed; it ends by itself", "error", err)
				}
			})
		}
	}
	all.Wait()
}
