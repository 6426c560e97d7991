package mailbox

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"sesame/relay/source"
	"sesame/relay/store"
)

// A fullBoard is one whose tables are full: of numbers in quarantine, of mailboxes
// where somebody waits, and of commands that are held.
type fullBoard struct {
	*town
	waiting []*caller // one for each mailbox
	n       int       // made so far, of whatever has to be new
}

func newFullBoard(t testing.TB) *fullBoard {
	w := &town{t: t, now: epoch, store: store.NewMemory(nil), who: map[ID]*caller{}}
	w.b = New(Config{Store: w.store, Limits: Limits{Mailboxes: 21_000}.withDefaults(), List: true, Deliver: func([]Delivery) {}})
	if err := w.b.Start(t.Context(), w.now); err != nil {
		t.Fatal(err)
	}
	f := &fullBoard{town: w}
	f.fill()
	return f
}

// fill makes every table full.
func (f *fullBoard) fill() {
	for i := range f.b.desk.limits().Quarantined {
		a, b := f.caller("a"), f.caller("b")
		claim := claimFrame(fmt.Sprint(1_000_000 + i))
		f.tell(a, claim)
		f.tell(b, claim)
		for _, s := range []*caller{a, b} {
			f.tell(s, releaseFrame)
			f.tell(s, `{"type":"close","mailbox":"`+s.sits[0].box.key.Name+`"}`)
			f.b.Disconnect(context.Background(), s.id, f.now)
		}
	}
	for i := range 20_000 {
		s := f.caller(fmt.Sprint("waits", i))
		f.tell(s, claimFrame(fmt.Sprint(100_000+i)))
		f.tell(s, openFrame(s.sits[0].box.key.Name))
		f.tell(s, addFrame("pake", "00"))
		f.waiting = append(f.waiting, s)
	}
	f.drain()
}

// tell has the board carry out one command, and nothing that follows from it.
func (f *fullBoard) tell(s *caller, frame string) {
	f.b.Handle(context.Background(), s.id, ParseRequest([]byte(frame)), f.now)
}

// drain forgets what the store has told.
func (f *fullBoard) drain() {
	for {
		select {
		case <-f.store.Feed():
		default:
			return
		}
	}
}

// caller returns one that is bound, from a source of its own.
func (f *fullBoard) caller(side string) *caller {
	f.n++
	return f.callerFrom(netip.AddrFrom4([4]byte{10, byte(f.n >> 16), byte(f.n >> 8), byte(f.n)}), side)
}

func (f *fullBoard) callerFrom(ip netip.Addr, side string) *caller {
	from, _ := source.At(ip, false)
	s := f.arrives(from, false)
	f.tell(s, `{"type":"bind","appid":"app","side":"`+side+`"}`)
	return s
}

// commands are all that a client or the time can have a board do: each prepares
// something and returns what is to be measured.
var commands = map[string]func(f *fullBoard) func(){
	"bind": func(f *fullBoard) func() {
		return f.frame(f.arrives(at("192.0.2.1"), false), `{"type":"bind","appid":"app","side":"x"}`)
	},
	"list":       func(f *fullBoard) func() { return f.frame(f.caller("x"), listFrame) },
	"allocate":   func(f *fullBoard) func() { return f.frame(f.fresh(), `{"type":"allocate"}`) },
	"claim":      func(f *fullBoard) func() { return f.frame(f.fresh(), claimFrame(fmt.Sprint(50_000_000+f.n))) },
	"claim used": func(f *fullBoard) func() { return f.frame(f.caller("x"), claimFrame(f.used(f.n))) },
	"claim used again": func(f *fullBoard) func() {
		f.fresh()
		i := f.b.desk.limits().Quarantined/2 + f.n%1000
		first := 2*i + 1 // the caller that claimed it first
		s := f.callerFrom(netip.AddrFrom4([4]byte{10, byte(first >> 16), byte(first >> 8), byte(first)}), "x")
		return f.frame(s, claimFrame(f.used(i)))
	},
	"second seat": func(f *fullBoard) func() { return f.frame(f.caller("x"), claimFrame(f.waits())) },
	"release":     func(f *fullBoard) func() { return f.frame(f.met(), releaseFrame) },
	"open":        func(f *fullBoard) func() { return f.frame(f.fresh(), openFrame(fmt.Sprint("new", f.n))) },
	"open a full one": func(f *fullBoard) func() {
		s := f.waiting[slices.IndexFunc(f.waiting, func(s *caller) bool { return s.mailbox != nil })]
		for i := range 250 {
			f.tell(s, addFrame(fmt.Sprint(i), "00"))
		}
		return f.frame(f.caller(s.side), openFrame(s.mailbox.key.Name))
	},
	"add":   func(f *fullBoard) func() { s := f.met(); return f.frame(s, addFrame(fmt.Sprint(f.n), "00")) },
	"close": func(f *fullBoard) func() { return f.frame(f.met(), closeFrame) },
	"ping":  func(f *fullBoard) func() { return f.frame(f.caller("x"), `{"type":"ping","ping":1}`) },
	"disconnect": func(f *fullBoard) func() {
		s := f.met()
		return func() { f.b.Disconnect(context.Background(), s.id, f.now) }
	},
	"what the store tells": func(f *fullBoard) func() {
		s := f.met()
		f.drain()
		f.tell(s, addFrame(fmt.Sprint(f.n), "00"))
		return func() { f.b.Hear(context.Background(), <-f.store.Feed(), f.now) }
	},
	"a word for those who are held": func(f *fullBoard) func() {
		from := netip.AddrFrom4([4]byte{11, byte(f.n >> 16), byte(f.n >> 8), byte(f.n)})
		var first *caller
		for i := range 6 + holdsPerNetwork {
			s := f.callerFrom(from, "y")
			id := f.waits()
			if i == 0 {
				first = f.local(f.plate(id).box).subs[0]
			}
			f.tell(s, claimFrame(id))
		}
		return f.frame(first, addFrame("0", "00"))
	},
	"a second": func(f *fullBoard) func() { return func() { f.b.Tick(f.now) } },
	"a minute": func(f *fullBoard) func() { return func() { f.b.desk.with(func(st *state) { st.overdue(-1, f.now) }) } },
	"a day": func(f *fullBoard) func() {
		f.now = f.now.Add(time.Second)
		old := f.now.Add(f.b.desk.limits().Quarantine)
		return func() { f.b.desk.freeRested(context.Background(), 1, old) }
	},
	"the pressure": func(f *fullBoard) func() { return func() { f.b.Pressure(f.now) } },
}

func (f *fullBoard) frame(s *caller, text string) func() {
	r := ParseRequest([]byte(text))
	return func() { f.b.Handle(context.Background(), s.id, r, f.now) }
}

// fresh returns a caller for which there is room.
func (f *fullBoard) fresh() *caller {
	for f.b.Mailboxes() > 20_500 {
		list := f.memory().list
		m := list[len(list)-1]
		if err := f.b.expire(context.Background(), m, m.created.Add(f.b.desk.limits().MailboxLife)); err != nil {
			f.t.Fatal(err)
		}
	}
	return f.caller("x")
}

// used returns the number of a nameplate in quarantine.
func (f *fullBoard) used(i int) string {
	return fmt.Sprint(1_000_000 + i%f.b.desk.limits().Quarantined)
}

// waits returns the nameplate of somebody who waits alone.
func (f *fullBoard) waits() string {
	for {
		s := f.waiting[0]
		f.waiting = f.waiting[1:]
		if m := s.mailbox; m != nil && len(m.here) == 1 {
			return s.nameplate
		}
	}
}

// met returns a caller that has just met somebody.
func (f *fullBoard) met() *caller {
	s, id := f.caller("x"), f.waits()
	f.tell(s, claimFrame(id))
	f.tell(s, openFrame(f.plate(id).box))
	return s
}

// times measures a command n times on full tables, sorted.
func (f *fullBoard) times(prepare func(*fullBoard) func(), n int) []time.Duration {
	var all []time.Duration
	for range n {
		f.now = f.now.Add(time.Minute) // no rate stands in the way
		run := prepare(f)
		start := time.Now()
		run()
		all = append(all, time.Since(start))
		f.drain()
	}
	slices.Sort(all)
	return all
}

// mostTime is how long any command may take, besides what a disk takes.
const mostTime = 200 * time.Microsecond

// Fails when a command, or what is done from time to time, takes longer the more the
// server remembers. What other programs take of the processor doesn't count: of the
// times it is the least, which no growth with the tables leaves as it was.
// BenchmarkFull prints the median and the worst.
func TestNoCommandTakesLonger(t *testing.T) {
	if os.Getenv(storeKind) != "" {
		t.Skip("it is the time without a disk")
	}
	most := mostTime
	if raceDetector {
		most *= 10
	}
	f := newFullBoard(t)
	for name, prepare := range commands {
		if all := f.times(prepare, 21); all[0] > most {
			t.Errorf("%s: at least %v, %v at most", name, all[0], all[20])
		}
	}
}

// BenchmarkFull measures how long commands take with all tables full.
func BenchmarkFull(b *testing.B) {
	f := newFullBoard(b)
	for name, prepare := range commands {
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			all := f.times(prepare, min(b.N, 100))
			b.ReportMetric(float64(all[len(all)/2].Nanoseconds()), "median-ns")
			b.ReportMetric(float64(all[len(all)-1].Nanoseconds()), "worst-ns")
			b.ReportMetric(0, "ns/op")
		})
	}
}
