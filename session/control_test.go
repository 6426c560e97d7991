package session

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// Fails if messages come twice, out of order or not at all when lanes that carry
// them are lost at random.
func TestControlOverLostLanes(t *testing.T) {
	for seed := range uint64(50) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		var out outbox
		var in inbox
		lane, got, added := 1, 0, 0
		for got < 200 {
			for added < 200 && out.room(0) && rnd.IntN(3) > 0 {
				out.add(Message(1), []byte(fmt.Sprint(added)), nil)
				added++
			}
			rec := out.appendTo(nil, lane, 40+rnd.IntN(60))
			if rnd.IntN(4) == 0 { // the lane is lost, and the record perhaps too
				if rnd.IntN(2) == 0 {
					rec = nil
				}
				out.lost(lane)
				lane++
			}
			for len(rec) > 0 {
				f, rest, err := nextFrame(rec)
				if err == nil {
					_, err = in.add(f.N, f.typ, f.Body)
				}
				if err != nil {
					t.Fatal(err)
				}
				rec = rest
			}
			for m, ok := in.take(); ok; m, ok = in.take() {
				if string(m.body) != fmt.Sprint(got) {
					t.Fatalf("seed %d: message %q at %d", seed, m.body, got)
				}
				got++
				in.done()
			}
			if rnd.IntN(2) == 0 {
				if err := out.ack(in.dealt); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := out.ack(in.dealt); err != nil || !out.empty() || out.bytes != 0 || in.bytes != 0 {
			t.Fatalf("seed %d: %v, %d and %d bytes left", seed, err, out.bytes, in.bytes)
		}
	}
}

// Fails if messages that arrive before their turn are delivered early or lost.
func TestControlOutOfOrder(t *testing.T) {
	var in inbox
	for _, seq := range []int64{2, 1, 2, 4, 0, 0, 3} {
		if _, err := in.add(seq, Message(1), []byte{byte(seq)}); err != nil {
			t.Fatal(err)
		}
		if _, ok := in.take(); ok && in.next < 3 {
			t.Fatalf("something to take before message 0 came")
		}
	}
	for i := range byte(5) {
		m, ok := in.take()
		if !ok || m.body[0] != i {
			t.Fatalf("message %d: %v, %v", i, m, ok)
		}
		in.done()
	}
}

// Fails if a peer can make either end hold more than the window, or acknowledge
// what was never sent.
func TestControlBounds(t *testing.T) {
	var in inbox
	body := make([]byte, MaxBody)
	var err error
	n := int64(0)
	for ; err == nil; n++ {
		_, err = in.add(n+1, Message(1), body) // 0 never comes
	}
	if in.bytes > controlWindow {
		t.Errorf("holds %d bytes", in.bytes)
	}
	if _, err := new(inbox).add(controlWindow, Message(1), nil); err == nil {
		t.Error("took a message far ahead")
	}
	var out outbox
	out.add(Message(1), nil, nil)
	if out.ack(1) == nil {
		t.Error("acknowledged before it was sent")
	}
	out.appendTo(nil, 1, 100)
	if out.ack(2) == nil || out.ack(1) != nil || out.ack(0) != nil {
		t.Error("wrong about acknowledgements")
	}
	for out.room(len(body)) {
		out.add(Message(1), body, nil)
	}
	if out.bytes > controlWindow/2 {
		t.Errorf("large messages may have %d bytes under way", out.bytes)
	}
	for out.room(largeMessage) {
		out.add(Message(1), body[:largeMessage], nil)
	}
	if out.bytes < controlWindow*3/4 || out.bytes > controlWindow {
		t.Errorf("%d bytes may be under way in all", out.bytes)
	}
}

// Fails if a peer that acknowledges control messages one by one makes each of them
// cost what is left.
func TestControlAcknowledgedOneByOne(t *testing.T) {
	const n = 60_000
	took := func(step int64) time.Duration {
		var o outbox
		for range n {
			o.add(Message(3), nil, nil)
		}
		o.appendTo(nil, 1, 1<<30)
		began := time.Now()
		for k := step; k <= n; k += step {
			if err := o.ack(k); err != nil {
				t.Fatal(err)
			}
			o.add(Message(3), nil, nil)
		}
		if len(o.msgs) != int(n/step) || o.bytes != len(o.msgs)*perMessage {
			t.Fatalf("%d messages, %d bytes are left", len(o.msgs), o.bytes)
		}
		return time.Since(began)
	}
	all, one := took(n), took(1)
	t.Logf("at once %v, one by one %v", all, one)
	if one > 2*time.Second { // with copies it is 60,000 times 3 MB
		t.Errorf("one by one takes %v", one)
	}
}
