package mailbox

import (
	"sync"
	"time"

	"sesame/internal/wire"
	"sesame/relay/source"
	"sesame/relay/store"
)

// A state is what one relay remembers besides what is in the store: who is connected,
// what is held against whom, and sums. It has no clock and does no locking; no call
// takes longer the more is remembered.
type state struct {
	limits  *Limits
	callers map[ID]*caller
	last    ID

	boxes   map[store.Key]*local
	list    []*local // the same, in no order
	bytes   int      // of all messages
	stock   stock
	numbers *numbers

	claims  source.Rate // of claiming and allocating
	unknown source.Rate // of claiming what nobody holds
	listing source.Rate // of listing
	guesses *guesses
	strange strangers
	proven  proven
	holds   holds
	guests  guestList

	out []Delivery
}

// A local mailbox is what a relay knows of one that is in the store: whoever of it is
// connected here.
type local struct {
	key     store.Key
	index   int                    // in the state's list
	source  source.Source          // who created it
	weight  *source.Weight[*local] // of it for that source; nil where that isn't known
	created time.Time
	touched time.Time // when somebody last came or went here
	bytes   int
	gone    bool // removed
	strange bool // made by a claim that counts as such

	subs     []*caller // in the order in which they opened
	messages []message // that they have been sent, what is void too; nothing without them
	here     map[uint64]presence
	seats    map[uint64]*seat
	shakes   uint64       // as of the box
	known    store.Record // as a command has left it; the zero Record if it may be another one
	heard    uint64       // how often others may have changed it
}

// A sitting is a side of a mailbox that a connection has claimed or opened.
type sitting struct {
	box  *local
	seat uint64
}

func newState(l *Limits) *state {
	return &state{
		limits: l, callers: make(map[ID]*caller),
		boxes: make(map[store.Key]*local), stock: newStock(l), numbers: newNumbers(),
		claims:  ratePerMinute(l.ClaimsPerSource, l.Remembered),
		unknown: ratePerMinute(l.UnknownPerSource, l.Remembered),
		listing: ratePerMinute(l.ListsPerSource, l.Remembered),
		guesses: newGuesses(*l), holds: newHolds(),
		strange: newStrangers(l.Remembered), proven: newProven(l.Remembered),
	}
}

// resize has it go by other limits.
func (st *state) resize(l *Limits) {
	st.limits = l
	st.stock.boxes.Resize(l.MailboxesPerSource, l.Mailboxes)
	st.claims.Resize(perMinute(l.ClaimsPerSource))
	st.unknown.Resize(perMinute(l.UnknownPerSource))
	st.listing.Resize(perMinute(l.ListsPerSource))
	st.guesses.burst, st.guesses.period = l.RuinedPerSource, l.RuinedEvery
}

// perMinute is a rate of n a minute, and n at once.
func perMinute(n int) (burst int, period time.Duration) { return n, time.Minute / time.Duration(n) }

func ratePerMinute(n, remembered int) source.Rate {
	burst, period := perMinute(n)
	return source.NewRate(burst, period, remembered)
}

// guarded is a state that one goroutine at a time may use.
type guarded struct {
	mu    sync.Mutex
	state *state
}

// do has f use the state, and then passes on what there is to deliver, in order.
func (g *guarded) do(f func(*state), deliver func([]Delivery)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f(g.state)
	g.state.holds.rouse(g.state.goOn)
	if out := g.state.out; len(out) > 0 {
		deliver(out)
		clear(out)
		g.state.out = out[:0]
	}
}

func (st *state) send(to *caller, m wire.Message) {
	st.out = append(st.out, Delivery{To: to.id, Message: m})
}

func (st *state) hangUp(s *caller) { st.out = append(st.out, Delivery{To: s.id, HangUp: true}) }

func (st *state) goOn(h *hold) { st.out = append(st.out, Delivery{To: h.caller.id, GoOn: true}) }

// room returns why s can't create a mailbox, or nil.
func (st *state) room(s *caller) error {
	switch {
	case len(st.list) >= st.limits.Mailboxes:
		return errFull
	case !st.stock.boxes.Room(s.source):
		return errGreedy
	}
	return nil
}

// create adds an empty mailbox.
func (st *state) create(k store.Key, s *caller, now time.Time) (*local, error) {
	if err := st.room(s); err != nil {
		return nil, err
	}
	m := st.adopt(k)
	m.source, m.created, m.touched = s.source, now, now
	st.stock.take(m)
	return m, nil
}

// adopt returns what is known of a mailbox, from now on.
func (st *state) adopt(k store.Key) *local {
	m := st.boxes[k]
	if m == nil {
		m = &local{key: k, index: len(st.list), here: make(map[uint64]presence), seats: make(map[uint64]*seat)}
		st.boxes[k] = m
		st.list = append(st.list, m)
	}
	return m
}

// remove forgets a mailbox that is no more. c is what it was in the end, nil if that
// isn't known.
func (st *state) remove(m *local, c *scene, now time.Time) {
	if m.gone {
		return
	}
	if c != nil {
		st.reflect(m, c, now)
	}
	st.hangUpAll(m, now)
	for seat := range m.seats {
		st.giveUp(m, seat, now)
	}
	m.gone = true
	delete(st.boxes, m.key)
	last := len(st.list) - 1
	st.list[m.index] = st.list[last]
	st.list[m.index].index = m.index
	st.list[last] = nil
	st.list = st.list[:last]
	st.bytes -= m.bytes
	st.stock.leave(m)
}

// keep counts bytes that are added to a mailbox, or are given back.
func (st *state) keep(m *local, bytes int) {
	if !m.gone {
		m.bytes += bytes
		st.bytes += bytes
		st.stock.weigh(m)
	}
}

// settle says what became of a seat that was taken here.
func (st *state) settle(m *local, s uint64, v verdict, now time.Time) {
	t := m.seats[s]
	if t == nil {
		return
	}
	if v == ruined && t.verdict != ruined && !t.free {
		st.strange.count(t.source, now)
	}
	if st.guesses.settle(t, v, now) {
		st.holds.stir(t.source.Widest())
	}
}

// giveUp says that a seat is given up, in which nobody was ever answered.
func (st *state) giveUp(m *local, s uint64, now time.Time) {
	if t := m.seats[s]; t != nil && t.verdict == undecided {
		st.settle(m, s, ruined, now)
	}
	delete(m.seats, s)
}
