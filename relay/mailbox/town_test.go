package mailbox

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"sesame/internal/wire"
	"sesame/relay/source"
	"sesame/relay/store"
	"sesame/relay/store/bolt"
	"sesame/relay/store/storetest"
)

// A town is a board, a clock and some clients.
type town struct {
	t     testing.TB
	b     *Board
	store store.Store
	noted *noted // of the store
	now   time.Time
	made  int // senders of seats
	who   map[ID]*caller
	go_   []ID // who may go on
	inbox map[*caller][]wire.Message
	hung  map[*caller]bool
}

// storeKind says, in the environment, on which store the tests run.
const storeKind = "SESAME_TEST_STORE_KIND"

// newStore returns an empty store.
func newStore(t testing.TB, now func() time.Time) store.Store {
	s, _ := newNoted(t, now)
	return s
}

// newNoted is newStore with a note of which mailboxes were made in it.
func newNoted(t testing.TB, now func() time.Time) (store.Store, *noted) {
	t.Helper()
	n := &noted{made: make(map[string]bool)}
	switch kind := os.Getenv(storeKind); kind {
	case "":
		n.Store = store.NewMemory(now)
	case "conflicts":
		n.Store = store.NewMemory(now)
		n.faulty = storetest.NewUnreliable(n, storetest.Faults{Conflicts: 8, Lost: 5}, 1)
		return n.faulty, n
	case "bolt":
		s, err := bolt.Open(ramDir(t), bolt.Config{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		n.Store = s
	default:
		t.Fatalf("no store is called %q", kind)
	}
	return n, n
}

// A noted store knows which mailboxes were made in it: those alone have names that are gone
// when commands are decided anew.
type noted struct {
	store.Store
	faulty *storetest.Unreliable // that is made of it, or nil
	mu     sync.Mutex
	made   map[string]bool
}

func (n *noted) Commit(ctx context.Context, group ...store.Change) ([]uint64, error) {
	versions, err := n.Store.Commit(ctx, group...)
	if err == nil {
		n.mu.Lock()
		defer n.mu.Unlock()
		for _, c := range group {
			if c.Does == store.Puts && c.Key.Kind == kindBox {
				n.made[c.Key.Name] = true
			}
		}
	}
	return versions, err
}

// has reports whether a mailbox was made since the last forget.
func (n *noted) has(id string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.made[id]
}

// calm has nothing go wrong, or again.
func (n *noted) calm(calm bool) {
	if n != nil && n.faulty != nil {
		n.faulty.Calm(calm)
	}
}

func (n *noted) forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	clear(n.made)
}

// ramDir returns a directory in memory, where there is one: what a disk does to a store
// is tested there.
func ramDir(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "sesame-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// withDefaults returns l with what a relay sets where nobody else does (relay/limits.go,
// which a test there compares).
func (l Limits) withDefaults() Limits {
	l.Mailboxes = cmp.Or(l.Mailboxes, 20_000)
	l.MailboxesPerSource = cmp.Or(l.MailboxesPerSource, 100)
	l.ClaimsPerSource = cmp.Or(l.ClaimsPerSource, 60)
	l.UnknownPerSource = cmp.Or(l.UnknownPerSource, 10)
	l.RuinedPerSource = cmp.Or(l.RuinedPerSource, 6)
	l.RuinedEvery = cmp.Or(l.RuinedEvery, 10*time.Minute)
	l.ListsPerSource = cmp.Or(l.ListsPerSource, 120)
	l.MailboxMessages = cmp.Or(l.MailboxMessages, 256)
	l.MailboxBytes = cmp.Or(l.MailboxBytes, 2<<20)
	l.TotalBytes = cmp.Or(l.TotalBytes, 256<<20)
	l.MailboxIdle = cmp.Or(l.MailboxIdle, 11*time.Minute)
	l.MailboxLife = cmp.Or(l.MailboxLife, 24*time.Hour)
	l.Quarantine = cmp.Or(l.Quarantine, 24*time.Hour)
	l.Quarantined = cmp.Or(l.Quarantined, 1<<16)
	l.Remembered = cmp.Or(l.Remembered, 1<<14)
	return l
}

// epoch is when the tests that need no other time take place.
var epoch = time.Unix(1_700_000_000, 0)

func newTown(t testing.TB, l Limits) *town {
	w := bareTown(t)
	w.store, w.noted = newNoted(t, func() time.Time { return w.now })
	w.open(l)
	return w
}

// bareTown returns a town without a store.
func bareTown(t testing.TB) *town {
	return &town{
		t: t, now: time.Unix(1e9, 0),
		who: make(map[ID]*caller), inbox: make(map[*caller][]wire.Message), hung: make(map[*caller]bool),
	}
}

// open has a relay open the town's store.
func (w *town) open(l Limits) {
	w.t.Helper()
	n := 0
	seed := 0
	w.b = New(Config{Store: w.store, Limits: l.withDefaults(), List: true, Deliver: w.deliver})
	w.noted.forget()
	w.b.newID = func() string {
		id := fmt.Sprintf("mailbox%d", n)
		if r, _ := w.noted.Get(context.Background(), store.Key{Kind: kindBox, App: "app", Name: id}); n == 0 || r.Version != 0 || w.noted.has(id) {
			n++
			id = fmt.Sprintf("mailbox%d", n)
		}
		return id
	}
	w.b.pick = func(n int) int { seed = (seed*1103515245 + 12345) & 0x7fffffff; return seed / 7 % n }
	if err := w.b.Start(context.Background(), w.now); err != nil {
		w.t.Fatal(err)
	}
}

// at returns the source of an address.
func at(ip string) source.Source {
	s, _ := source.Of(&net.TCPAddr{IP: net.ParseIP(ip)}, false)
	return s
}

// arrives connects somebody.
func (w *town) arrives(s source.Source, local bool) *caller {
	id := w.b.Connect(s, local)
	w.b.desk.with(func(st *state) { w.who[id] = st.callers[id] })
	return w.who[id]
}

// connect returns a connection that no rate holds for.
func (w *town) connect() *caller { return w.arrives(at("192.0.2.1"), true) }

// from returns a bound connection of another source, for which rates hold.
func (w *town) from(ip, side string) *caller {
	s := w.arrives(at(ip), false)
	w.do(s, `{"type":"bind","appid":"app","side":"`+side+`"}`)
	return s
}

// bound returns a connection of a side of the application "app".
func (w *town) bound(side string) *caller {
	s := w.connect()
	w.do(s, `{"type":"bind","appid":"app","side":"`+side+`"}`)
	return s
}

func (w *town) deliver(ds []Delivery) {
	for _, d := range ds {
		switch s := w.who[d.To]; {
		case d.HangUp:
			w.hung[s] = true
		case d.GoOn:
			w.go_ = append(w.go_, d.To)
		default:
			w.inbox[s] = append(w.inbox[s], d.Message)
		}
	}
}

// settle passes on what the store tells, and has go on who may, until nothing is left
// to do.
func (w *town) settle() {
	for {
		select {
		case h := <-w.store.Feed():
			w.b.Hear(context.Background(), h, w.now)
			continue
		default:
		}
		if len(w.go_) == 0 {
			return
		}
		id := w.go_[0]
		w.go_ = w.go_[1:]
		w.b.Again(context.Background(), id, w.now)
	}
}

// give has the board carry out one command.
func (w *town) give(s *caller, frame string) {
	w.b.Handle(context.Background(), s.id, ParseRequest([]byte(frame)), w.now)
	w.settle()
}

// do sends frames and returns what s has got since the last call, in brief.
func (w *town) do(s *caller, frames ...string) string {
	for _, f := range frames {
		w.give(s, f)
	}
	return w.got(s)
}

func (w *town) got(s *caller) string {
	var parts []string
	for _, m := range w.inbox[s] {
		p := m.Type
		switch m.Type {
		case wire.ErrorType:
			p = "error " + m.Error
			var orig map[string]any
			if json.Unmarshal(m.Orig, &orig) != nil {
				w.t.Errorf("orig isn't an object: %s", m.Orig)
			}
		case wire.Claimed:
			p += " " + m.Mailbox
		case wire.Allocated:
			p += " " + m.Nameplate
		case wire.Nameplates:
			SortNameplates(m.Nameplates)
			for _, n := range m.Nameplates {
				p += " " + n.ID
			}
		case wire.MessageType:
			p += fmt.Sprintf(" %s:%s=%s", m.Side, m.Phase, m.Body)
		case wire.Pong:
			p += " " + string(m.Pong)
		}
		parts = append(parts, p)
	}
	delete(w.inbox, s)
	return strings.Join(parts, ", ")
}

// want checks what a client gets for what it sends.
func (w *town) want(s *caller, frame, want string) {
	w.t.Helper()
	if got := w.do(s, frame); got != want {
		w.t.Errorf("%.200s\n got %s\nwant %s", frame, got, want)
	}
}

func (w *town) disconnect(s *caller) {
	w.b.Disconnect(context.Background(), s.id, w.now)
	w.settle()
}

// tick does what is done each second.
func (w *town) tick() {
	w.b.Tick(w.now)
	w.settle()
}

// sweep does what is done each minute.
func (w *town) sweep() {
	w.t.Helper()
	if _, err := w.b.Sweep(context.Background(), w.now); err != nil {
		w.t.Fatal(err)
	}
	w.settle()
}

// memory returns what the board remembers. Nobody else is at work.
func (w *town) memory() *state { return w.b.desk.memory.state }

// used returns how many nameplates are in quarantine.
func (w *town) used() int { return w.memory().numbers.used.Len() }

// plate returns a nameplate of the application "app" as it is in the store.
func (w *town) plate(id string) (n plate) {
	w.t.Helper()
	r, err := w.store.Get(context.Background(), store.Key{Kind: kindPlate, App: "app", Name: id})
	if err == nil && r.Version != 0 {
		n, err = parsePlate(r.Head)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// local returns what the board knows of a mailbox of the application "app".
func (w *town) local(id string) *local {
	return w.memory().boxes[store.Key{Kind: kindBox, App: "app", Name: id}]
}

// keys returns all of a kind that are in the store.
func (w *town) keys(kind string) []store.Key {
	w.t.Helper()
	keys, err := w.store.Scan(context.Background(), kind, store.Key{}, 1_000_000)
	if err != nil {
		w.t.Fatal(err)
	}
	return keys
}

// empty checks that nothing is left but the quarantine.
func (w *town) empty() {
	w.t.Helper()
	st := w.memory()
	if len(st.list) != 0 || st.bytes != 0 || st.stock.boxes.Holders()+st.stock.bytes.Sources() != 0 {
		w.t.Errorf("left: %d mailboxes, %d bytes, %d sources", len(st.list), st.bytes, st.stock.boxes.Holders())
	}
	if boxes := w.keys(kindBox); len(boxes) != 0 {
		w.t.Errorf("mailboxes are left: %v", boxes)
	}
	if plates := w.keys(kindPlate); len(plates) != w.used() {
		w.t.Errorf("%d nameplates, %d of them used", len(plates), w.used())
	}
}

func claimFrame(n string) string { return `{"type":"claim","nameplate":"` + n + `"}` }
func openFrame(m string) string  { return `{"type":"open","mailbox":"` + m + `"}` }
func addFrame(phase, body string) string {
	return `{"type":"add","phase":"` + phase + `","body":"` + body + `"}`
}

const (
	releaseFrame = `{"type":"release"}`
	closeFrame   = `{"type":"close","mood":"happy"}`
	listFrame    = `{"type":"list"}`
)
