package relay_test

import (
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	"sesame/relay"
	"sesame/relay/figures"
)

// until reads until there is a message of a kind.
func until(c *mailbox, kind string) {
	for c.read().kind() != kind {
	}
}

// A demand is what a welcome asks for.
type demand struct {
	Bits     int
	Resource string
}

// demanded returns the work that a welcome asks for; none if that has no bits.
func demanded(t *testing.T, message msg) (d demand) {
	t.Helper()
	welcome := message["welcome"].(map[string]any)
	if welcome["error"] != nil {
		t.Errorf("a server that wants work turns all away: %v", welcome)
	}
	all, _ := welcome["permission-required"].(map[string]any)
	b, err := json.Marshal(all["hashcash"])
	if err == nil {
		err = json.Unmarshal(b, &d)
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// work finds a stamp of 20 bits.
func (d demand) work() string {
	begin := fmt.Appendf(nil, "1:%d:231114:%s::rand:", d.Bits, d.Resource)
	for n := uint64(0); ; n++ {
		s := strconv.AppendUint(begin, n, 36)
		if sum := sha1.Sum(s); sum[0] == 0 && sum[1] == 0 && sum[2]>>4 == 0 {
			return string(s)
		}
	}
}

func permit(stamp string) string {
	return fmt.Sprintf(`{"type":"submit-permissions","method":"hashcash","stamp":%q}`, stamp)
}

// meetHappily has two clients of one address say some phases to each other and go content,
// at a server that asks nothing of them.
func meetHappily(t *testing.T, addr, from string, phases ...string) {
	t.Helper()
	a, w := dialFrom(t, addr, from)
	b, _ := dialFrom(t, addr, from)
	if d := demanded(t, w); d.Bits != 0 {
		t.Errorf("at level 0 it wants %+v", d)
	}
	a.bind("a")
	b.bind("b")
	for _, x := range []*mailbox{a, b} {
		x.send(`{"type":"open","mailbox":"` + from + `"}`)
		x.want("ack")
	}
	for _, phase := range phases {
		for _, x := range []*mailbox{a, b} {
			x.send(`{"type":"add","phase":"` + phase + `","body":"00"}`)
			until(a, "message")
			until(b, "message")
		}
	}
	for _, x := range []*mailbox{a, b} {
		x.send(`{"type":"close","mood":"happy"}`)
		until(x, "closed")
	}
}

// Fails when a server at level 2 serves who hasn't worked for it, or not who has; when a
// stamp serves twice; or when who has met somebody here has to work.
func TestWork(t *testing.T) {
	two, zero := 2, 0
	seen := figures.New()
	s, addr, shutdown := started(t, &relay.Config{Figures: seen, Level: &two})
	defer shutdown(patience)
	if n := s.Counts().Level; n != 2 {
		t.Errorf("level %d", n)
	}
	c, w := dial(t, addr)
	d := demanded(t, w)
	if d.Bits != 20 {
		t.Fatalf("it wants %+v", d)
	}
	if n := w["welcome"].(map[string]any)["sesame"].(map[string]any)["level"]; n != 2.0 {
		t.Errorf("clients are told level %v", n)
	}
	stamp := d.work()
	c.send(permit(stamp))
	c.want("ack")
	c.bind("a")
	c.send(`{"type":"list"}`)
	c.want("ack", "nameplates")

	for _, frame := range []string{
		permit(stamp), // of another connection
		permit("1:20:231114:x::r:0"),
		permit(""),
		`{"type":"submit-permissions","method":"none"}`,
		`{"type":"list"}`,
	} {
		c, _ := dial(t, addr)
		c.send(frame)
		c.want("ack", "error")
		c.ended()
	}
	if n := seen.Refused.Sum()[figures.NoWork]; n != 5 {
		t.Errorf("%d that didn't work are counted, want 5", n)
	}

	s.Change(&relay.Config{Level: &zero})
	meetHappily(t, addr, "127.0.0.2", "pake", "version") // which is what anybody gets that guesses wrong
	meetHappily(t, addr, "127.0.0.3", "pake", "version", "0")
	s.Change(&relay.Config{Level: &two})
	_, w = dialFrom(t, addr, "127.0.0.2")
	if d := demanded(t, w); d.Bits != 20 {
		t.Errorf("of one who has met nobody it wants %+v", d)
	}
	c, w = dialFrom(t, addr, "127.0.0.3")
	if d := demanded(t, w); d.Bits != 0 {
		t.Errorf("of one who has met somebody it wants %+v", d)
	}
	c.bind("c")
}

// Fails when a flood from many addresses, each of which comes once, doesn't raise the level
// of a server that can't serve them all; or when one from one address does.
func TestManyRaiseTheLevel(t *testing.T) {
	s, addr, shutdown := started(t, &relay.Config{Limits: relay.Limits{Accepts: 1, AcceptsPerSource: 1}})
	defer shutdown(patience)
	come := func(from string) {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: patience}
		c, err := d.DialContext(t.Context(), "tcp", addr)
		if err == nil { // it may have been reset already
			c.Close()
		}
	}
	for range 1000 {
		come("127.0.0.9")
	}
	before := s.Counts().Level
	for i := range 400 {
		come(fmt.Sprintf("127.1.%d.%d", i/200, 1+i%200))
	}
	for deadline := time.Now().Add(patience); s.Counts().Level < 2; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("level %d", s.Counts().Level)
		}
	}
	if before != 0 {
		t.Errorf("one address raises it to %d", before)
	}
}
