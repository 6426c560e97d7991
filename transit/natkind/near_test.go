package natkind

import (
	"net/netip"
	"testing"
	"time"

	"sesame/internal/stun"
)

// changed is what a server answers from its second port.
func changed(question []byte) []byte {
	return stun.AppendAddress(stun.New(stun.BindingSuccess, stun.ID(question[8:20])), stun.XORMappedAddress, netip.AddrPortFrom(outside, 40000))
}

// ask has all trials send, and returns what each asks the server.
func ask(t *testing.T, n *near, now *time.Time) (questions [][]byte) {
	t.Helper()
	for _, out := range n.step(*now) {
		if out.ttl != n.trials[out.socket].ttl || out.to != n.second {
			t.Errorf("socket %d begins with %+v", out.socket, out)
		}
	}
	*now = now.Add(nearLead)
	for _, out := range n.step(*now) {
		if out.ttl != 0 || out.to != n.first {
			t.Errorf("socket %d asks with %+v", out.socket, out)
		}
		questions = append(questions, out.data)
	}
	return questions
}

// Fails if a TTL counts that is more than enough, because its answer came first: packets
// with it would reach the peer's router. Or if one isn't heard of, or at last none.
func TestNear(t *testing.T) {
	start := time.Unix(1000, 0)
	for _, c := range []struct {
		name    string
		answers []int // sockets, in the order in which answers come
		at      time.Duration
		want    int
	}{
		{"the smallest first", []int{0, 1, 2, 3}, 0, 2},
		{"the smallest last", []int{3, 2, 1, 0}, 0, 2},
		{"not yet clear", []int{3, 2, 1}, 0, 0},
		{"clear", []int{3, 2, 1}, nearSettle, 3},
		{"one alone", []int{3}, nearSettle, 5},
		{"none", nil, time.Second, 0},
	} {
		now := start
		n := newNear(server1, server1b, stun.NewID, now)
		questions := ask(t, n, &now)
		for _, i := range c.answers {
			n.receive(i, server1, changed(questions[i]), now)        // from where it was asked
			n.receive(i, server2, changed(questions[i]), now)        // from elsewhere
			n.receive(i, server1b, changed(questions[(i+1)%4]), now) // to another question
			if got := n.best(now.Add(time.Hour)); i == c.answers[0] && got != 0 {
				t.Errorf("%s: %d by what is no answer", c.name, got)
			}
			n.receive(i, server1b, changed(questions[i]), now)
		}
		if got := n.best(now.Add(c.at)); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
		packets := 0
		for at := n.wake(now); !at.IsZero(); at = n.wake(now) {
			if now = at; packets > 100 {
				t.Fatalf("%s: no end", c.name)
			}
			packets += len(n.step(now))
		}
		if now.Sub(start) > time.Second {
			t.Errorf("%s: it took %v", c.name, now.Sub(start))
		}
	}
}

// FuzzNear fails if anything that arrives makes a panic, or counts without the number of
// a question; or if it has us send without end, or to somebody else.
func FuzzNear(f *testing.F) {
	start := time.Unix(1000, 0)
	f.Add(changed(stun.New(stun.BindingRequest, stun.ID{})), uint8(0))
	f.Add([]byte("nonsense"), uint8(3))
	f.Add(changed(stun.New(stun.BindingRequest, stun.ID([]byte("0123456789ab")))), uint8(1))
	f.Fuzz(func(t *testing.T, b []byte, socket uint8) {
		now, packets := start, 0
		n := newNear(server1, server1b, func() stun.ID { return stun.ID([]byte("0123456789ab")) }, now)
		genuine := len(b) >= 20 && string(b[8:20]) == "0123456789ab"
		for at := now; !at.IsZero() && packets < 1000; at = n.wake(now) {
			now = at
			for _, out := range n.step(now) {
				if packets++; out.to.Addr() != server1.Addr() {
					t.Fatalf("a packet to %v", out.to)
				}
			}
			n.receive(int(socket)%len(n.trials), server1b, b, now)
		}
		if best := n.best(now.Add(time.Hour)); packets > 100 || best != 0 && !genuine {
			t.Fatalf("%d packets, %d found", packets, best)
		}
	})
}
