package relay

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/coder/websocket"

	"sesame/internal/wire"
	"sesame/relay/figures"
	"sesame/relay/mailbox"
	"sesame/relay/pipe"
	"sesame/relay/store"
)

// Mailboxes serve the clients of the mailbox server: the rules are a board's, which is
// over a store.
type mailboxes struct {
	ctx     context.Context // ends when the last grace is over
	board   *mailbox.Board
	store   store.Store
	live    *live
	origins []string
	log     *slog.Logger
	refused *figures.By
	welcome func(c *client, pressure int, gate *permission) *wire.Welcome
	guard   *defence

	backlog  *ledger    // of what all outboxes hold
	mint     *pipe.Mint // of tickets for pipes; nil where nobody needs one
	frames   frames
	crew     crew
	visitors visitors
	begin    sync.Once
	failed   error         // why nothing could be read
	heard    chan struct{} // closed when the feed has ended
}

func newMailboxes(ctx context.Context, cfg *Config, l *live, seen *figures.Server, log *slog.Logger, stopping func() bool) *mailboxes {
	m := &mailboxes{
		ctx: ctx, store: cfg.Store, live: l, origins: cfg.Origins, log: log, refused: seen.Refused,
		backlog: newLedger(l.limits().TotalBacklog), heard: make(chan struct{}),
		visitors: visitors{stopping: stopping, of: make(map[mailbox.ID]*visitor)},
	}
	if m.store == nil {
		m.store = store.NewMemory(nil)
	}
	if !cfg.Private {
		m.mint = pipe.NewMint(ticketsRemembered)
	}
	m.board = mailbox.New(mailbox.Config{
		Store: m.store, Limits: l.limits().mailboxes(), List: cfg.List, Deliver: m.deliver, Logger: log, Figures: seen,
	})
	return m
}

// mailboxes returns those limits that the board holds.
func (l Limits) mailboxes() mailbox.Limits {
	return mailbox.Limits{
		Mailboxes: l.Mailboxes, MailboxesPerSource: l.MailboxesPerSource,
		ClaimsPerSource: l.ClaimsPerSource, UnknownPerSource: l.UnknownPerSource,
		RuinedPerSource: l.RuinedPerSource, RuinedEvery: l.RuinedEvery, ListsPerSource: l.ListsPerSource,
		MailboxMessages: l.MailboxMessages, MailboxBytes: l.MailboxBytes, TotalBytes: l.TotalBytes,
		MailboxIdle: l.MailboxIdle, MailboxLife: l.MailboxLife,
		Quarantine: l.Quarantine, Quarantined: l.Quarantined, Remembered: l.Remembered,
	}
}

// start reads what is in the store, and listens to it from then on. Called again it
// returns what the first call did.
func (m *mailboxes) start() error {
	m.begin.Do(func() {
		if m.failed = m.board.Start(m.ctx, time.Now()); m.failed != nil {
			close(m.heard)
			return
		}
		if err := keepKey(m.ctx, m.store, m.mint); err != nil {
			m.log.Warn("can't keep the key of tickets for pipes: those that are given out now end with this server", "error", err)
		}
		go func() {
			defer close(m.heard)
			for h := range m.store.Feed() {
				m.board.Hear(m.ctx, h, time.Now())
			}
		}()
	})
	return m.failed
}

// close ends the store. No client is there any more.
func (m *mailboxes) close() {
	m.begin.Do(func() { close(m.heard) })
	m.visitors.here.Wait()
	m.crew.close()
	if err := m.store.Close(); err != nil && !errors.Is(err, store.ErrClosed) {
		m.log.Error("can't close the store", "error", err)
	}
	<-m.heard
}

// sweep removes what has outlived its time, and returns how many mailboxes are left.
func (m *mailboxes) sweep(now time.Time) int {
	left, err := m.board.Sweep(m.ctx, now)
	if err != nil && m.ctx.Err() == nil {
		m.log.Warn("can't remove what has outlived its time", "error", err)
	}
	return left
}

// sweeping does that each minute, until stop. A disk that it waits for holds up nothing else.
func (m *mailboxes) sweeping(stop <-chan struct{}) {
	minute := time.NewTicker(time.Minute)
	defer minute.Stop()
	for {
		select {
		case now := <-minute.C:
			m.log.Debug("swept mailboxes", "left", m.sweep(now))
		case <-stop:
			return
		}
	}
}

// left returns how many mailboxes and connections there are.
func (m *mailboxes) left() int { return m.board.Mailboxes() + m.visitors.count() }

// deliver hands deliveries to the connections they are for.
func (m *mailboxes) deliver(ds []mailbox.Delivery) {
	for _, d := range ds {
		switch v := m.visitors.find(d.To); {
		case v == nil:
		case d.HangUp:
			v.out.hangUp()
		case d.GoOn:
			signal(v.goOn)
		default:
			v.out.put(d.Message, !d.More)
		}
	}
	m.dropHeaviest()
}

// dropHeaviest drops mailbox clients if too much is kept for all of them: those
// for which it is most, of the source for which it is.
func (m *mailboxes) dropHeaviest() {
	for out := m.backlog.excess(); out != nil; out = m.backlog.excess() {
		m.refused.Add(figures.Unread)
		m.log.Debug("dropped a mailbox client: too much is kept for it")
		out.hangUp()
	}
}

// Visitors are the mailbox clients that are connected. They may be used concurrently.
type visitors struct {
	stopping func() bool
	here     sync.WaitGroup // they, until nothing is done for them any more
	mu       sync.Mutex
	of       map[mailbox.ID]*visitor
}

// add reports false during a shutdown.
func (vs *visitors) add(v *visitor) bool {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	if vs.stopping() {
		return false
	}
	vs.here.Add(1)
	vs.of[v.id] = v
	return true
}

func (vs *visitors) remove(v *visitor) {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	delete(vs.of, v.id)
}

func (vs *visitors) find(id mailbox.ID) *visitor {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	return vs.of[id]
}

func (vs *visitors) count() int {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	return len(vs.of)
}

// Clients that are told when to come back come so many a second, but none later than that: who
// waits for longer than ten seconds would take it for an absence.
const (
	comebacks      = 200
	latestComeback = 8 // seconds
)

// moveSeconds returns over how many seconds so many clients come back.
func moveSeconds(clients int) int { return min(clients/comebacks, latestComeback) }

// sendAway tells mailbox clients that the server goes away, as far as they
// take notice before ctx ends; if it returns, those of our programs when to come back: so many were told. In wg it counts its goroutines.
func (vs *visitors) sendAway(ctx context.Context, returns bool, wg *sync.WaitGroup) (told int) {
	vs.mu.Lock()
	var closing sync.WaitGroup
	over := moveSeconds(len(vs.of))
	for _, v := range vs.of {
		moving := returns && v.ours.Load()
		if moving {
			told++
		}
		closing.Go(func() {
			if moving {
				m := wire.Message{Type: wire.Moving, After: rand.IntN(over + 1)}
				v.ws.Write(ctx, websocket.MessageText, m.Encode(time.Now()))
			}
			v.ws.Close(websocket.StatusGoingAway, "the server is stopping")
		})
	}
	vs.mu.Unlock()
	done := make(chan struct{})
	wg.Go(func() {
		closing.Wait()
		close(done)
	})
	select {
	case <-done:
	case <-ctx.Done():
	}
	return told
}
