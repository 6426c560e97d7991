package punch

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"sesame/internal/addr"
)

var (
	ourKey, theirKey = bytes.Repeat([]byte{1}, keySize), bytes.Repeat([]byte{2}, keySize)
	someone          = netip.MustParseAddrPort("203.0.113.9:4000")
	someone6         = netip.MustParseAddrPort("[2001:db8::9]:4000")
)

// numbered returns a checker whose transactions are numbered.
func numbered() *checker {
	n := uint64(0)
	return newChecker(ourKey, theirKey, anyAddress, func() (i id) {
		n++
		binary.BigEndian.PutUint64(i[:], n)
		return i
	})
}

func anyAddress(netip.AddrPort) bool { return true }

func mustParse(t testing.TB, b []byte) *message {
	t.Helper()
	m, ok := parse(b)
	if !ok {
		t.Fatal("can't be read")
	}
	return m
}

// address4 returns the n-th of many addresses.
func address4(n int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, byte(n >> 8), byte(n)}), 4000)
}

// Fails if an answer is longer than what it answers, so that somebody could have
// us send more to a victim than he sends himself.
func TestAnswersAreNoLonger(t *testing.T) {
	for _, from := range []netip.AddrPort{someone, someone6} {
		if ask, say := newCheck(id{1}, theirKey), newAnswer(id{1}, from, ourKey); len(say) > len(ask) {
			t.Errorf("%d bytes answer %d", len(say), len(ask))
		}
	}
	if n := len(newRequest(id{1})); n != 128 {
		t.Errorf("a request to a server has %d bytes", n)
	}
}

// Fails if anything but the peer's checks is answered, opens an address or makes
// one known.
func TestOnlyThePeer(t *testing.T) {
	start := time.Unix(1000, 0)
	c := numbered()
	c.name([]netip.AddrPort{someone}, start)
	sent := c.tick(start)
	if len(sent) != 1 {
		t.Fatalf("%d checks", len(sent))
	}
	ours := mustParse(t, sent[0].data)
	other := bytes.Repeat([]byte{3}, keySize)
	cut := func(b []byte) []byte { // without its integrity, and what follows
		b = bytes.Clone(b[:len(b)-32])
		binary.BigEndian.PutUint16(b[2:], uint16(len(b)-20))
		return b
	}
	for name, b := range map[string][]byte{
		"our own check, sent back":     sent[0].data,
		"a check with another key":     newCheck(id{7}, other),
		"a check without a proof":      cut(newCheck(id{7}, theirKey)),
		"an answer with another key":   newAnswer(ours.ID, someone, other),
		"an answer with our key":       newAnswer(ours.ID, someone, ourKey),
		"an answer without a proof":    cut(newAnswer(ours.ID, someone, theirKey)),
		"an answer to another check":   newAnswer(id{7}, someone, theirKey),
		"an answer from another place": newAnswer(ours.ID, someone, theirKey),
		"a server's question":          newRequest(id{7}),
	} {
		from := someone
		if name == "an answer from another place" {
			from = someone6
		}
		if out, opened := c.receive(from, mustParse(t, b), start); len(out) > 0 || opened {
			t.Errorf("%s: answered %d times, opened %v", name, len(out), opened)
		}
	}
	if len(c.order) != 1 || c.known(someone, start) {
		t.Error("somebody else became known")
	}
	if _, opened := c.receive(someone, mustParse(t, newAnswer(ours.ID, someone, theirKey)), start); !opened {
		t.Error("the peer's answer doesn't open its address")
	}
	if _, opened := c.receive(someone, mustParse(t, newAnswer(ours.ID, someone, theirKey)), start); opened {
		t.Error("an answer counts twice")
	}
}

// Fails if a peer that names addresses by the thousand, or a check that is
// repeated from as many places, makes us send much, or remember much.
func TestManyAddresses(t *testing.T) {
	start := time.Unix(1000, 0)
	c := numbered()
	packets, most := 0, 0
	now := start
	for n := range 1500 {
		now = now.Add(10 * time.Millisecond)
		if n%10 == 0 {
			var names []netip.AddrPort
			for k := range 1000 {
				names = append(names, address4(n*17+k))
			}
			c.name(names, now)
		}
		replayed := mustParse(t, newCheck(id{9}, theirKey))
		for k := range 5 {
			out, _ := c.receive(address4(20000+n*5+k), replayed, now)
			packets += len(out)
		}
		packets += len(c.tick(now))
		most = max(most, len(c.pairs))
	}
	if most > maxPeers+maxLearned {
		t.Errorf("%d addresses at a time", most)
	}
	if c.named > maxNamed {
		t.Errorf("%d addresses were named", c.named)
	}
	// A check each 10 ms, and as many answers as are allowed.
	if limit := 1500 + 16*maxAnswers; packets > limit {
		t.Errorf("%d packets", packets)
	}
}

// Fails if what nobody may send to is checked, by name or by where a check came
// from.
func TestForbiddenAddresses(t *testing.T) {
	start := time.Unix(1000, 0)
	c := numbered()
	c.allow = func(a netip.AddrPort) bool { return a != someone }
	c.name([]netip.AddrPort{someone}, start)
	c.receive(someone, mustParse(t, newCheck(id{9}, theirKey)), start)
	if out := c.tick(start); len(out) > 0 || c.known(someone, start) {
		t.Errorf("%d checks", len(out))
	}
}

// Fails if a server can give more than one answer to a question, one address that
// means nothing elsewhere, or one of the wrong family.
func TestHostileServer(t *testing.T) {
	start := time.Unix(1000, 0)
	r := &reflex{newID: newTestID()}
	r.ask([]netip.AddrPort{someone, someone}, start)
	for _, lie := range []string{"127.0.0.1:80", "0.0.0.0:1", "224.0.0.1:5", "169.254.169.254:80", "[::1]:80", "[2001:db8::7]:5", "[fe80::1]:5"} {
		r.queries[0].due = start
		out := r.tick(start)
		if len(out) != 1 {
			t.Fatalf("%d questions", len(out))
		}
		asked := mustParse(t, out[0].data)
		r.receive(someone, mustParse(t, newAnswer(asked.ID, netip.MustParseAddrPort(lie), nil)), start)
		if got := r.addrs(); len(got) > 0 {
			t.Errorf("believes %v", got)
		}
	}
	r.queries[0].due = start
	asked := mustParse(t, r.tick(start)[0].data)
	for n := range 100 {
		r.receive(someone, mustParse(t, newAnswer(asked.ID, address4(n), nil)), start)
	}
	if got := r.addrs(); len(got) != 1 || got[0] != address4(0) {
		t.Errorf("believes %v", got)
	}
	// And one that never answers is asked a bounded number of times.
	r = &reflex{newID: newTestID()}
	r.ask([]netip.AddrPort{someone}, start)
	n := 0
	for now := start; now.Before(start.Add(time.Hour)); now = r.wake(now) {
		n += len(r.tick(now))
	}
	if n > 3600/25*maxTries {
		t.Errorf("asked %d times in an hour", n)
	}
}

func newTestID() func() id {
	rnd := rand.New(rand.NewPCG(1, 2))
	return func() (n id) {
		binary.LittleEndian.PutUint64(n[:], rnd.Uint64())
		return n
	}
}

// FuzzMessage fails if bytes from the network can make a panic, or get an answer
// or open an address without the peer's key.
func FuzzMessage(f *testing.F) {
	f.Add(newRequest(id{1}))
	f.Add(newCheck(id{1}, []byte("another key")))
	f.Add(newAnswer(id{1}, someone, []byte("another key")))
	f.Add(newAnswer(id{0, 0, 0, 0, 0, 0, 0, 1}, someone6, nil))
	f.Add([]byte("\x01\x01\x00\x08\x21\x12\xa4\x42\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x08\x00\x00\x80\x28\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, ok := parse(b)
		if !ok {
			return
		}
		if len(b) > maxMessage {
			t.Fatal("too long")
		}
		start := time.Unix(1000, 0)
		c := numbered()
		c.name([]netip.AddrPort{someone}, start)
		c.tick(start)
		if out, opened := c.receive(someone, m, start); len(out) > 0 || opened {
			t.Fatal("a forged message counts")
		}
		if a, ok := m.Mapped(); ok && (!a.IsValid() || a.Port() == 0) {
			t.Fatalf("an address that is none: %v", a)
		}
		r := &reflex{newID: c.newID}
		r.ask([]netip.AddrPort{someone}, start)
		r.tick(start)
		r.receive(someone, m, start)
		for _, a := range r.addrs() {
			if !addr.Tellable(a.Addr()) {
				t.Fatalf("believes %v", a)
			}
		}
	})
}
