package rendezvous

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// A world is two machines, a server in memory that does what its seed says, and
// a clock. Nothing in it runs by itself.
type world struct {
	t       testing.TB
	seed    uint64
	rnd     *rand.Rand
	now     time.Time
	server  *fakeServer
	hostile bool
	ends    [2]*end
	old     [][]byte // frames to replay
}

// An end is one machine with its connection.
type end struct {
	m        *machine
	conn     *fakeConn
	retryAt  time.Time
	code     Code
	asked    bool
	said     int
	received []string
	closed   time.Time // when close was called
}

func newWorld(t testing.TB, seed uint64) *world {
	w := &world{
		t: t, seed: seed, rnd: rand.New(rand.NewPCG(seed, 1)), now: time.Unix(1_000_000, 0),
		server: newFakeServer(), hostile: true,
	}
	for i := range w.ends {
		var native *Native
		if w.rnd.IntN(4) > 0 {
			native = &Native{Suites: []string{suiteAES}}
		}
		w.ends[i] = &end{m: newMachine(rigAppID, []byte(`{"app_versions":{}}`), native), code: code(t, rigCode)}
	}
	if w.rnd.IntN(10) == 0 {
		w.ends[1].code = code(t, "7-some-other-secret")
	}
	return w
}

// step lets one thing happen.
func (w *world) step() {
	e := w.ends[w.rnd.IntN(2)]
	switch w.rnd.IntN(12) {
	case 0:
		w.now = w.now.Add(time.Duration(w.rnd.Int64N(int64(3 * time.Second))))
		for _, e := range w.ends {
			w.wake(e)
		}
	case 1:
		if w.hostile && w.rnd.IntN(8) == 0 && e.conn != nil {
			w.cut(e)
			if w.rnd.IntN(3) == 0 {
				w.server.forget()
			}
		}
	case 2:
		w.use(e)
		if w.hostile && w.rnd.IntN(8) == 0 {
			w.sleep(e)
		}
	default:
		w.connect(e)
		w.deliver(e)
	}
	w.check(e)
}

// sleep stops one end's process for a while, at a time when nothing else happens.
func (w *world) sleep(e *end) {
	d := longGap + time.Duration(w.rnd.Int64N(int64(time.Minute)))
	e.m.slept(w.now, 0, d) // nobody's clock but the calendar goes on
	if e.m.reconnect {
		w.cut(e)
	}
}

func (w *world) connect(e *end) {
	if e.conn != nil || e.m.stage == done || w.now.Before(e.retryAt) {
		return
	}
	sock, err := w.server.dial(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	e.conn = sock.(*fakeConn)
	e.m.connected(w.now)
}

func (w *world) cut(e *end) {
	if e.conn == nil {
		return
	}
	w.server.drop(e.conn)
	e.conn = nil
	e.retryAt = w.now.Add(time.Second)
	if e.m.reconnect {
		e.retryAt = w.now
	}
	e.m.disconnected(w.now, errors.New("cut"))
}

// use does what a program does with a client.
func (w *world) use(e *end) {
	switch {
	case e.m.ended() != nil || !e.m.welcomed:
	case !e.asked:
		e.asked = true
		e.m.meet(w.now, e.code)
	case e.m.stage == confirmed && e.said < 5:
		e.m.say(w.now, fmt.Append(nil, e.said))
		e.said++
	case e.m.stage == confirmed:
		if msg, ok := e.m.inbox.take(); ok {
			e.received = append(e.received, string(msg))
		}
	}
}

// deliver moves what the machine sent to the server, and one frame back.
func (w *world) deliver(e *end) {
	if e.conn == nil {
		return
	}
	out := e.m.out
	e.m.out = nil
	for _, c := range out {
		if err := e.conn.write(w.t.Context(), c.Encode()); err != nil {
			w.t.Fatalf("seed %d: %v", w.seed, err)
		}
	}
	if e.m.work != nil {
		e.m.worked(w.now, e.m.work, "1:1:2:3::4:5", nil)
	}
	if e.m.reconnect || e.m.stage == done {
		w.cut(e)
		return
	}
	if len(e.conn.frames) == 0 {
		return
	}
	frame := e.conn.frames[0]
	e.conn.frames = e.conn.frames[1:]
	w.old = append(w.old, frame)
	for _, f := range w.mangle(e, frame) {
		e.m.received(w.now, f)
	}
}

// mangle returns what arrives instead of a frame.
func (w *world) mangle(e *end, frame []byte) [][]byte {
	if !w.hostile || w.rnd.IntN(4) != 0 {
		return [][]byte{frame}
	}
	switch w.rnd.IntN(12) {
	case 0: // lost
		return nil
	case 1:
		return [][]byte{frame, frame}
	case 2: // overtaken
		e.conn.frames = append(e.conn.frames, frame)
		return nil
	case 3:
		return [][]byte{frame, w.old[w.rnd.IntN(len(w.old))]}
	case 4: // cut short
		if w.rnd.IntN(4) == 0 {
			return [][]byte{frame[:w.rnd.IntN(len(frame))]}
		}
		return [][]byte{frame}
	case 5: // one bit
		if w.rnd.IntN(4) == 0 {
			f := bytes.Clone(frame)
			f[w.rnd.IntN(len(f))] ^= 1 << w.rnd.IntN(8)
			return [][]byte{f}
		}
		return [][]byte{frame}
	case 6: // under another side
		return [][]byte{bytes.ReplaceAll(frame, []byte(w.ends[1].m.side), []byte("third")), frame}
	case 7: // as the client's own
		return [][]byte{bytes.ReplaceAll(frame, []byte(`"side":"`), []byte(`"side":"`+e.m.side)), frame}
	default:
		return [][]byte{frame, []byte(nonsense[w.rnd.IntN(len(nonsense))])}
	}
}

var nonsense = []string{
	`{"type":"ack","id":null,"server_tx":NaN}`, `{"type":"pong","pong":0}`, `{"type":"pong"}`, `{"type":"released"}`, `{"type":"news"}`,
	`{"type":"closed"}`, `{"type":"nameplates","nameplates":[null,{"id":"4"}]}`, `{"type":"allocated","nameplate":"4"}`,
	`{"type":"claimed","mailbox":"box9"}`, `{"type":"claimed","mailbox":""}`, `{"type":"error","error":"no","orig":{"type":"ping"}}`,
	`{"type":"error","error":"reclaimed","orig":{"type":"release"}}`, `{"type":"error","error":"crowded"}`,
	`{"type":"welcome","welcome":{}}`, `{"type":"welcome","welcome":{"permission-required":{"hashcash":{"bits":1,"resource":"x"}}}}`,
	`{"type":"message","side":"third","phase":"pake","body":"7b7d"}`, `{"type":"message","side":"third","phase":"version","body":""}`,
	`{"type":"message","side":"third","phase":"0","body":"zz"}`, `{"type":"message","side":"fourth","phase":"1","body":"00"}`,
	`{"type":"message","side":"","phase":"","body":""}`, `{}`, `null`, ``,
}

func (w *world) wake(e *end) {
	for at := e.m.wake(); !at.IsZero() && !at.After(w.now) && !e.m.reconnect && e.m.stage != done; at = e.m.wake() {
		e.m.tick(w.now)
	}
	if e.m.reconnect {
		w.cut(e)
	}
}

// check holds what must be true at any time.
func (w *world) check(e *end) {
	m := e.m
	switch {
	case len(m.early) > maxStrangers, len(m.foreign) > maxStrangers+1, m.inbox.bytes > maxWaitingBytes, len(m.out) > 100:
		w.t.Fatalf("seed %d: keeps too much", w.seed)
	case len(m.nameplates) > maxNameplates:
		w.t.Fatalf("seed %d: keeps too many nameplates", w.seed)
	case m.stage == confirmed && (m.key == nil || m.peerVersion == nil):
		w.t.Fatalf("seed %d: confirmed without a key", w.seed)
	}
	answers := 0 // one for each exchange that was finished
	for _, own := range m.outbox.all {
		if own.phase == phaseVersion {
			answers++
		}
	}
	if answers > 1 {
		w.t.Fatalf("seed %d: %d exchanges finished for one code", w.seed, answers)
	}
	for i, msg := range e.received {
		if msg != fmt.Sprint(i) {
			w.t.Fatalf("seed %d: received %q", w.seed, e.received)
		}
	}
}

// quiet lets the server fall silent, and everybody come to an end.
func (w *world) quiet() {
	began := w.now
	for _, e := range w.ends {
		for e.m.stage != done && e.m.ended() == nil {
			at := e.m.wake()
			if at.IsZero() {
				break // it waits for a person: the person goes away
			}
			if at.After(w.now) {
				w.now = at
			}
			e.m.tick(w.now)
			if e.m.reconnect {
				e.m.disconnected(w.now, errors.New("cut"))
				e.m.connected(w.now)
				if s := e.m.stage; s == idle || s == holding || s == waiting || s == confirmed {
					break // nothing is owed: it may look for the server for ever
				}
			}
			if w.now.Sub(began) > waitVersion {
				w.t.Fatalf("seed %d: still patient %v after the server's last word, stage %d", w.seed, w.now.Sub(began), e.m.stage)
			}
		}
		e.m.close(w.now, Lonely)
		if at := e.m.wake(); e.m.stage != done {
			e.m.tick(at)
		}
		if e.m.stage != done {
			w.t.Fatalf("seed %d: not done: stage %d", w.seed, e.m.stage)
		}
		w.now = began
	}
}

// Whatever a server does, the worst is an error within bounded time.
func TestHostileServerModel(t *testing.T) {
	seeds := uint64(800)
	if raceEnabled {
		seeds = 100
	}
	counts := make(map[string]int)
	for seed := range seeds {
		w := newWorld(t, seed)
		for range 40 + w.rnd.IntN(160) {
			w.step()
		}
		a, b := w.ends[0].m, w.ends[1].m
		if a.stage == confirmed && b.stage == confirmed {
			counts["confirmed"]++
			if w.ends[0].code != w.ends[1].code {
				t.Fatalf("seed %d: confirmed with a wrong code", seed)
			}
			if a.peer == b.side && b.peer == a.side && !bytes.Equal(a.verifier, b.verifier) {
				t.Fatalf("seed %d: confirmed with different keys", seed)
			}
			switch both := a.kem != nil && b.kem != nil; {
			case a.peer != b.side || b.peer != a.side:
			case (a.upgrade != nil) != both || (b.upgrade != nil) != both:
				t.Fatalf("seed %d: native %v and %v, but both %v", seed, a.upgrade != nil, b.upgrade != nil, both)
			case both && a.upgrade.key != nil && b.upgrade.key != nil:
				counts["native"]++
				if !bytes.Equal(a.upgrade.key.Verifier(), b.upgrade.key.Verifier()) {
					t.Fatalf("seed %d: different session keys", seed)
				}
			}
		}
		for _, e := range w.ends {
			if errors.Is(e.m.err, ErrTampered) {
				t.Fatalf("seed %d: %v, though nobody knew the code", seed, e.m.err)
			}
			if e.m.err != nil {
				counts[strings.SplitN(e.m.err.Error(), ":", 2)[0]]++
			}
		}
		w.quiet()
	}
	t.Log(counts)
	if counts["confirmed"] < int(seeds)/20 || counts["native"] == 0 || len(counts) < 6 {
		t.Errorf("the model explores too little: %v", counts)
	}
}

// When the server only loses connections and memory, the two always meet.
func TestForgetfulServerModel(t *testing.T) {
	seeds := uint64(200)
	if raceEnabled {
		seeds = 25
	}
	for seed := range seeds {
		w := newWorld(t, seed)
		w.ends[1].code = w.ends[0].code
		cuts := 0
		for n := 0; ; n++ {
			w.hostile = false
			if n < 150 && w.rnd.IntN(12) == 0 {
				cuts++
				both := w.rnd.IntN(2) == 0
				w.cut(w.ends[w.rnd.IntN(2)])
				if both {
					w.server.forget()
					w.cut(w.ends[0])
					w.cut(w.ends[1])
				}
			}
			w.step()
			a, b := w.ends[0], w.ends[1]
			if len(a.received) == 5 && len(b.received) == 5 {
				break
			}
			// A first connection that breaks before the welcome is an error.
			for i, e := range w.ends {
				if e.m.ended() != nil && !e.m.welcomed {
					var native *Native
					if e.m.kem != nil {
						native = new(Native)
					}
					w.ends[i] = &end{m: newMachine(rigAppID, []byte(`{}`), native), code: e.code}
				} else if e.m.ended() != nil {
					for _, line := range w.server.log[max(0, len(w.server.log)-60):] {
						t.Logf("%.200s", line)
					}
					for _, e := range w.ends {
						t.Logf("%s: stage %d mailbox %s home %s hopping %v viaName %v", e.m.side, e.m.stage, e.m.mailbox, e.m.home, e.m.hopping, e.m.viaName)
					}
					t.Fatalf("seed %d: %v after %d cuts, %d steps", seed, e.m.ended(), cuts, n)
				}
			}
			if n > 5000 {
				t.Fatalf("seed %d: stages %d and %d after %d cuts", seed, a.m.stage, b.m.stage, cuts)
			}
		}
	}
}
