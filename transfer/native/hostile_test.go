package native

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sesame/internal/test/duo"
	"sesame/session"
	"sesame/transfer"
	"sesame/transit/record"
	"sesame/tree/manifest"
)

// A rogue is a peer that speaks by hand, on one lane.
type rogue struct {
	t    *testing.T
	w    *world
	lane session.Lane
	seq  int64
	buf  []byte
	seen chan frame // frames that came from the honest side, copied
	gone chan struct{}
	acks atomic.Bool // whatever asks for an acknowledgement gets one
}

// newRogue plays one side of w: box and ends are that side's.
func newRogue(t *testing.T, w *world, b *duo.Box, e *ends) *rogue {
	r := &rogue{t: t, w: w, buf: make([]byte, record.MaxPayload+record.Overhead), seen: make(chan frame, 1<<16), gone: make(chan struct{})}
	b.Send(t.Context(), []byte(`{"hints":{"hints-v1":[]}}`))
	e.Start(nil, nil)
	l, err := e.Next(t.Context())
	if err != nil {
		t.Error(err)
		return r
	}
	r.lane = l
	go r.read()
	return r
}

func (r *rogue) read() {
	defer close(r.gone)
	reply := make([]byte, 64+record.Overhead)
	for n := int64(0); ; {
		typ, p, err := r.lane.Read()
		if err != nil {
			return
		}
		if typ != recordAside {
			n++
		}
		if typ == recordAsk && r.acks.Load() {
			ack := appendNumber(reply[record.HeaderSize:record.HeaderSize], kindAck, n)
			r.lane.Write(recordAside, reply, len(ack))
		}
		for len(p) > 0 {
			f, rest := nextFrame(p)
			select {
			case r.seen <- f:
			default:
			}
			if f.kind == kindControl && f.typ == msgAbort {
				r.lane.Close()
				return
			}
			p = rest
		}
	}
}

// until returns the next control message of a type.
func (r *rogue) until(typ session.Message) frame {
	for {
		select {
		case f := <-r.seen:
			if f.kind == kindControl && f.typ == typ {
				return f
			}
		case <-r.gone:
			r.t.Errorf("no %v", named(typ))
			return frame{}
		}
	}
}

func (r *rogue) frames(b []byte) {
	n := copy(r.buf[record.HeaderSize:], b)
	r.lane.Write(recordAsk, r.buf, n)
}

func (r *rogue) control(typ session.Message, body []byte) {
	r.frames(appendControl(nil, r.seq, typ, body))
	r.seq++
}

// offer sends the manifest of a folder with a file, an empty one, one to be
// resumed and a stream.
func (r *rogue) offer() {
	m := &manifest.Manifest{Entries: []manifest.Entry{
		{Path: "d", Kind: manifest.Dir},
		{Path: "d/empty", Kind: manifest.File},
		{Path: "d/file", Kind: manifest.File, Size: 1000},
		{Path: "d/large", Kind: manifest.File, Size: 1 << 20},
		{Path: "d/stream", Kind: manifest.File, Size: manifest.StreamSize},
	}}
	r.control(msgPiece, manifest.NewEncoder(m).Next(0))
	r.control(msgListed, listed{len(m.Entries), m.Total(), 0}.append(nil))
}

// Fails if a receiver takes any of this from a sender, writes something for it, or
// doesn't say which rule was broken.
func TestRogueSender(t *testing.T) {
	leaks(t)
	for _, c := range []struct {
		name string
		rule string // in the error
		do   func(r *rogue)
	}{
		{"unknown record type", "unknown type", func(r *rogue) { r.lane.Write(9, r.buf, 0) }},
		{"unknown frame", "unknown kind", func(r *rogue) { r.frames([]byte{77, 0}) }},
		{"cut frame", "cut short", func(r *rogue) { r.frames([]byte{1, 200, 1}) }},
		{"unknown message", "message 99", func(r *rogue) { r.control(99, nil) }},
		{"receiver's message", "isn't there", func(r *rogue) { r.control(msgAccept, nil) }},
		{"acknowledges a record that was never sent", "never sent", func(r *rogue) { r.frames(appendNumber(nil, kindAck, 1000)) }},
		{"acknowledges a message that was never sent", "never sent", func(r *rogue) { r.frames(appendNumber(nil, kindControlAck, 1000)) }},
		{"message far ahead", "window", func(r *rogue) { r.frames(appendControl(nil, 1<<40, msgSent, nil)) }},
		{"second manifest", "PIECE after LISTED", func(r *rogue) { r.control(msgPiece, []byte{1}) }},
		{"listed twice", "LISTED twice", func(r *rogue) { r.control(msgListed, listed{4, 1, 0}.append(nil)) }},
		{"data of an unknown entry", "isn't in the manifest", func(r *rogue) { r.frames(append(appendData(nil, 100, 0, 1), 1)) }},
		{"data of a folder", "announced", func(r *rogue) { r.frames(append(appendData(nil, 0, 0, 1), 1)) }},
		{"data behind the end", "announced", func(r *rogue) { r.frames(append(appendData(nil, 2, 1000, 1), 1)) }},
		{"data across the end", "announced", func(r *rogue) { r.frames(append(appendData(nil, 2, 999, 2), 1, 2)) }},
		{"hole behind the end", "announced", func(r *rogue) { r.frames(appendHole(nil, 3, 0, 1<<20+1)) }},
		{"hole in a stream", "hole in a stream", func(r *rogue) { r.frames(appendHole(nil, 4, 0, 1)) }},
		{"packed nonsense", "unpack", func(r *rogue) { r.frames(appendPacked(nil, 2, 0, 1000, []byte("nonsense"))) }},
		{"packed data of another length", "unpack", func(r *rogue) {
			box := new(packer).try(nil, make([]byte, 5000))
			r.frames(appendPacked(nil, 2, 0, 1000, box))
		}},
		{"bomb", "unpack", func(r *rogue) {
			box := new(packer).try(nil, make([]byte, 100<<20))
			r.frames(appendPacked(nil, 3, 0, 1000, box))
		}},
		{"failed entry that isn't there", "no file", func(r *rogue) { r.control(msgFailed, failure{100, said("x")}.append(nil)) }},
		{"failed folder", "no file", func(r *rogue) { r.control(msgFailed, failure{0, said("x")}.append(nil)) }},
		{"failed twice", "FAILED twice", func(r *rogue) {
			r.control(msgFailed, failure{2, said("x")}.append(nil))
			r.control(msgFailed, failure{2, said("x")}.append(nil))
		}},
		{"end of what is no stream", "no stream", func(r *rogue) { r.control(msgEnd, finish{2, 5}.append(nil)) }},
		{"data behind a stream's end", "announced", func(r *rogue) {
			r.control(msgEnd, finish{4, 5}.append(nil))
			for f := range r.seen { // END has been dealt with
				if f.kind == kindControlAck && f.n >= r.seq {
					break
				}
			}
			r.frames(append(appendData(nil, 4, 5, 1), 1))
		}},
		{"keep without have", "KEEP without HAVE", func(r *rogue) { r.control(msgKeep, keep{3, 1, []byte{1}}.append(nil)) }},
		{"nonsense in keep", "KEEP makes no sense", func(r *rogue) { r.control(msgKeep, []byte{0xff}) }},
		{"sent too early", "missing", func(r *rogue) { r.control(msgSent, nil) }},
		{"sent with a body", "SENT makes no sense", func(r *rogue) { r.control(msgSent, []byte{1}) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.Redial = -1
			dir := newLanding(t)
			into, done := storeOf(t, dir)
			defer done()
			go func() {
				r := newRogue(t, w, w.BoxS, w.s)
				r.offer()
				r.until(msgAccept)
				c.do(r)
			}()
			o, err := receive(t.Context(), w.BoxR, w.r, config{}.ready())
			if err == nil {
				_, err = o.accept(t.Context(), into, nil)
			}
			var rule *transfer.ProtocolError
			if !errors.As(err, &rule) || !strings.Contains(err.Error(), c.rule) {
				t.Errorf("got %v, want something with %q", err, c.rule)
			}
			if there := names(t, dir); slices.Contains(there, "d") {
				t.Error("something got its final name")
			}
			w.s.Close()
		})
	}
}

func (c config) ready() config { return c.withDefaults() }

// Fails if data that comes before it was asked for is written or kept.
func TestRogueSenderBeforeAccept(t *testing.T) {
	leaks(t)
	for name, do := range map[string]func(r *rogue){
		"data":   func(r *rogue) { r.frames(append(appendData(nil, 2, 0, 1), 1)) },
		"failed": func(r *rogue) { r.control(msgFailed, failure{2, said("x")}.append(nil)) },
		"sent":   func(r *rogue) { r.control(msgSent, nil) },
		"keep":   func(r *rogue) { r.control(msgKeep, nil) },
		"end":    func(r *rogue) { r.control(msgEnd, finish{4, 5}.append(nil)) },
	} {
		w := newWorld(t)
		w.Redial = -1
		go func() {
			r := newRogue(t, w, w.BoxS, w.s)
			r.offer()
			do(r)
		}()
		o, err := receive(t.Context(), w.BoxR, w.r, config{}.ready())
		if err == nil {
			err = fromSession(o.r.await(t.Context(), func() bool { return false }))
			o.end(err)
		}
		var rule *transfer.ProtocolError
		if !errors.As(err, &rule) || !strings.Contains(err.Error(), "before ACCEPT") {
			t.Errorf("%s: %v", name, err)
		}
		w.s.Close()
	}
}

// Fails if a receiver takes an identity that makes no sense, is another one than
// before, or comes late.
func TestRogueIdentity(t *testing.T) {
	leaks(t)
	id := noise(1, 16)
	for _, c := range []struct {
		rule string
		cfg  config
		do   func(r *rogue)
	}{
		{"IDENTITY makes no sense", today, func(r *rogue) { r.control(msgIdentity, id[:15]) }},
		{"IDENTITY makes no sense", today, func(r *rogue) { r.control(msgIdentity, append(id[:16:16], 0)) }},
		{"IDENTITY makes no sense", today, func(r *rogue) { r.control(msgIdentity, make([]byte, 16)) }},
		{"too late", today, func(r *rogue) {
			r.control(msgIdentity, id)
			r.control(msgIdentity, noise(2, 16))
		}},
		{"too late", today, func(r *rogue) {
			r.offer()
			r.control(msgIdentity, id)
		}},
	} {
		w := newWorld(t)
		w.Redial = -1
		go func() { c.do(newRogue(t, w, w.BoxS, w.s)) }()
		o, err := receive(t.Context(), w.BoxR, w.r, c.cfg.ready())
		if err == nil {
			err = fromSession(o.r.await(t.Context(), func() bool { return false }))
			o.end(err)
		}
		var rule *transfer.ProtocolError
		if !errors.As(err, &rule) || !strings.Contains(err.Error(), c.rule) {
			t.Errorf("%v, want something with %q", err, c.rule)
		}
		w.s.Close()
	}
}

// Fails if a sender takes any of this from a receiver, reads anything for it that
// isn't in the manifest, or doesn't say which rule was broken.
func TestRogueReceiver(t *testing.T) {
	leaks(t)
	accept := acceptance{}.append(nil)
	held := func(ranges ...int) []byte {
		var b []byte
		end := 0
		for k := 0; k < len(ranges); k += 2 {
			b = appendHeld(b, end, ranges[k], ranges[k+1])
			end = ranges[k] + ranges[k+1]
		}
		return b
	}
	hashes := func(n int) []byte { return make([]byte, n*hashSize) }
	// Entries: 0 top, 1 top/empty, 2 top/large, 3 top/small.
	for _, c := range []struct {
		name string
		rule string
		do   func(r *rogue)
	}{
		{"data", "before ACCEPT", func(r *rogue) { r.frames(append(appendData(nil, 2, 0, 1), 1)) }},
		{"sender's message", "SENT before ACCEPT", func(r *rogue) { r.control(msgSent, nil) }},
		{"acknowledges what was never sent", "never sent", func(r *rogue) { r.frames(appendNumber(nil, kindAck, 1<<20)) }},
		{"done before accept", "DONE before SENT", func(r *rogue) { r.control(msgDone, nil) }},
		{"done before sent", "DONE", func(r *rogue) {
			r.control(msgHeld, held(2, 1)) // never decided, so that it can't be done
			r.control(msgAccept, accept)
			r.control(msgDone, nil)
		}},
		{"names of no disk", "NAMES makes no sense", func(r *rogue) { r.control(msgNames, []byte{1, 63}) }},
		{"names longer than any", "NAMES makes no sense", func(r *rogue) { r.control(msgNames, []byte{1, 0x80, 2}) }},
		{"names with something behind", "NAMES makes no sense", func(r *rogue) { r.control(msgNames, []byte{1, 64, 0}) }},
		{"names twice", "NAMES too late", func(r *rogue) {
			r.control(msgNames, []byte{1, 64})
			r.control(msgNames, []byte{1, 64})
		}},
		{"names after the yes", "NAMES too late", func(r *rogue) {
			r.control(msgAccept, acceptance{}.append(nil))
			r.control(msgNames, []byte{1, 64})
		}},
		{"accepts twice", "accepts twice", func(r *rogue) {
			r.control(msgHeld, held(2, 1))
			r.control(msgAccept, accept)
			r.control(msgAccept, accept)
		}},
		{"unknown flags", "ACCEPT makes no sense", func(r *rogue) { r.control(msgAccept, []byte{2, 0}) }},
		{"held after accept", "after it accepted", func(r *rogue) {
			r.control(msgHeld, held(2, 1))
			r.control(msgAccept, accept)
			r.control(msgHeld, held(3, 1))
		}},
		{"held and ordered", "passes on", func(r *rogue) {
			r.control(msgHeld, held(2, 1))
			r.control(msgAccept, acceptance{ordered: true}.append(nil))
		}},
		{"held beyond the end", "HELD makes no sense", func(r *rogue) { r.control(msgHeld, held(2, 3)) }},
		{"held nothing", "HELD makes no sense", func(r *rogue) { r.control(msgHeld, held(2, 0)) }},
		{"held a folder", "can't be resumed", func(r *rogue) { r.control(msgHeld, held(0, 1)) }},
		{"held an empty file", "can't be resumed", func(r *rogue) { r.control(msgHeld, held(1, 1)) }},
		{"held a million ranges", "", func(r *rogue) {
			var b []byte
			for len(b) < maxBody-4 {
				b = binary.AppendUvarint(b, 0)
				b = binary.AppendUvarint(b, 1)
			}
			r.control(msgHeld, b[2:])
		}},
		{"have before accept", "isn't held", func(r *rogue) { r.control(msgHave, have{2, true, hashes(1)}.append(nil)) }},
		{"have of what isn't held", "isn't held", func(r *rogue) {
			r.control(msgHeld, held(2, 1))
			r.control(msgAccept, accept)
			r.control(msgHave, have{3, true, hashes(1)}.append(nil))
		}},
		{"have twice", "out of order", func(r *rogue) {
			r.control(msgHeld, held(2, 2))
			r.control(msgAccept, accept)
			r.control(msgHave, have{2, true, hashes(1)}.append(nil))
			r.control(msgHave, have{2, true, hashes(1)}.append(nil))
		}},
		{"have of another file in between", "out of order", func(r *rogue) {
			r.control(msgHeld, held(2, 2))
			r.control(msgAccept, accept)
			r.control(msgHave, have{3, true, hashes(1)}.append(have{2, false, hashes(1)}.append(nil)))
		}},
		{"have of too many groups", "more groups", func(r *rogue) {
			r.control(msgHeld, held(2, 1))
			r.control(msgAccept, accept)
			r.control(msgHave, have{2, false, hashes(8)}.append(nil))
			r.control(msgHave, have{2, true, hashes(8)}.append(nil))
		}},
		{"have of an unknown entry", "HAVE makes no sense", func(r *rogue) { r.control(msgHave, have{99, true, nil}.append(nil)) }},
		{"half a hash", "HAVE makes no sense", func(r *rogue) {
			r.control(msgHeld, held(2, 1))
			r.control(msgAccept, accept)
			r.control(msgHave, have{2, true, hashes(1)}.append(nil)[:20])
		}},
		{"skips after accept", "after it accepted", func(r *rogue) {
			r.control(msgHeld, held(2, 1))
			r.control(msgAccept, accept)
			r.control(msgSkip, held(3, 1))
		}},
		{"skips an empty file", "wouldn't be sent", func(r *rogue) { r.control(msgSkip, held(1, 1)) }},
		{"skips twice", "SKIP makes no sense", func(r *rogue) {
			r.control(msgSkip, append(held(2, 1), 0, 0))
		}},
		{"skips beyond the end", "SKIP makes no sense", func(r *rogue) { r.control(msgSkip, held(3, 5)) }},
		{"skips and holds", "can't be resumed", func(r *rogue) {
			r.control(msgSkip, held(2, 1))
			r.control(msgHeld, held(2, 1))
		}},
		{"whole before accept", "isn't held", func(r *rogue) { r.control(msgWhole, whole{2, hashes(1)}.append(nil)) }},
		{"whole of what isn't held", "isn't held", func(r *rogue) {
			r.control(msgHeld, held(3, 1))
			r.control(msgAccept, accept)
			r.control(msgWhole, whole{2, hashes(1)}.append(nil))
		}},
		{"whole of a small file", "too small", func(r *rogue) {
			r.control(msgHeld, held(3, 1))
			r.control(msgAccept, accept)
			r.control(msgWhole, whole{3, hashes(1)}.append(nil))
		}},
		{"whole twice", "isn't held", func(r *rogue) {
			r.control(msgHeld, held(2, 2))
			r.control(msgAccept, accept)
			r.control(msgWhole, whole{2, hashes(1)}.append(whole{2, hashes(1)}.append(nil)))
		}},
		{"whole after have", "WHOLE", func(r *rogue) {
			r.control(msgHeld, held(2, 2))
			r.control(msgAccept, accept)
			r.control(msgHave, have{2, false, hashes(1)}.append(nil))
			r.control(msgWhole, whole{2, hashes(1)}.append(nil))
		}},
		{"whole of an unknown entry", "WHOLE makes no sense", func(r *rogue) { r.control(msgWhole, whole{99, hashes(1)}.append(nil)) }},
		{"half a whole", "WHOLE makes no sense", func(r *rogue) { r.control(msgWhole, whole{2, hashes(1)}.append(nil)[:20]) }},
		{"more failures than entries", "DONE makes no sense", func(r *rogue) {
			r.control(msgDone, appendDone(nil, []failure{{3, said("x")}, {3, said("x")}, {3, said("x")}, {3, said("x")}, {3, said("x")}}, maxBody))
		}},
		{"failures of unknown entries", "DONE makes no sense", func(r *rogue) { r.control(msgDone, appendDone(nil, []failure{{99, said("x")}}, maxBody)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, m, src := makeTree(t, map[string][]byte{"empty": nil, "large": noise(1, 3<<20), "small": noise(2, 100)})
			w := newWorld(t)
			w.Redial = -1
			go func() {
				r := newRogue(t, w, w.BoxR, w.r)
				r.until(msgListed)
				c.do(r)
			}()
			_, err := send(t.Context(), w.BoxS, m, src, w.s, today.ready())
			var rule *transfer.ProtocolError
			if !errors.As(err, &rule) || !strings.Contains(err.Error(), c.rule) {
				t.Errorf("got %v, want something with %q", err, c.rule)
			}
			w.r.Close()
		})
	}
}

// Fails if wrong hashes make a sender skip what the receiver doesn't have.
func TestWrongHashes(t *testing.T) {
	leaks(t)
	_, m, src := makeTree(t, map[string][]byte{"large": noise(1, 3<<20)})
	w := newWorld(t)
	w.Redial = -1
	got := make(chan int64, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		r := newRogue(t, w, w.BoxR, w.r)
		r.acks.Store(true)
		r.until(msgListed)
		r.control(msgHeld, appendHeld(nil, 0, 1, 1))
		r.control(msgAccept, acceptance{}.append(nil))
		r.control(msgHave, have{1, true, noise(7, 12*hashSize)}.append(nil))
		sum := int64(0)
		for sum < 3<<20 {
			select {
			case f := <-r.seen:
				if f.kind == kindData || f.kind == kindPacked {
					sum += f.n
				}
				if f.typ == msgKeep && f.body[2] != 0 {
					t.Error("a wrong hash was found equal")
				}
			case <-r.gone:
				got <- sum
				return
			}
		}
		got <- sum
		cancel()
	}()
	send(ctx, w.BoxS, m, src, w.s, config{NoCompress: true}.ready())
	if n := <-got; n != 3<<20 {
		t.Errorf("sent %d bytes", n)
	}
	w.r.Close()
}

// Fails if a receiver that accepts and never reads keeps the sender for ever.
func TestRogueReceiverNeverReads(t *testing.T) {
	_, m, src := makeTree(t, map[string][]byte{"large": noise(1, 3<<20)})
	synctest.Test(t, func(t *testing.T) {
		w := quietWorld(t)
		go func() {
			w.BoxR.Send(t.Context(), []byte(`{"hints":{"hints-v1":[]}}`))
			w.r.Start(nil, nil)
			first := true
			for {
				l, err := w.r.Next(t.Context())
				if err != nil {
					return
				}
				go func() {
					r := &rogue{t: t, w: w, lane: l, buf: make([]byte, record.MaxPayload+record.Overhead)}
					for first {
						_, p, err := l.Read()
						if err != nil {
							return
						}
						for len(p) > 0 {
							f, rest := nextFrame(p)
							if f.kind == kindControl && f.typ == msgListed {
								first = false
							}
							p = rest
						}
					}
					r.frames(appendControl(nil, 0, msgAccept, acceptance{}.append(nil)))
					for { // alive, and no more
						time.Sleep(2 * time.Second)
						r.frames(appendNumber(nil, kindPing, 0))
						if l.(*duo.Lane).Closed() {
							l.Close()
							return
						}
					}
				}()
			}
		}()
		began := time.Now()
		_, err := send(t.Context(), w.BoxS, m, src, w.s, config{}.ready())
		if took := time.Since(began); !errors.Is(err, transfer.ErrLost) || took > 3*time.Minute {
			t.Errorf("%v after %v", err, took)
		}
		w.r.Close()
		time.Sleep(5 * time.Second) // the rogue's goroutines see the end
	})
}

// Fails if what isn't a message makes somebody's mailbox goroutine do more than end
// the session.
func TestRogueMail(t *testing.T) {
	leaks(t)
	for name, msg := range map[string]string{
		"no JSON":         "{",
		"a list":          "[]",
		"hints a list":    `{"hints":[1]}`,
		"too large":       `{"x":"` + strings.Repeat("a", (64<<10)) + `"}`,
		"long reason":     `{"error":{"class":1,"reason":"` + strings.Repeat("a", maxReason+1) + `"}}`,
		"class 1000":      `{"error":{"class":1000,"reason":""}}`,
		"done":            `{"control":[{"n":0,"type":20,"body":"AA=="}]}`,
		"control no list": `{"control":"x"}`,
		"number below 0":  `{"control":[{"n":-1,"type":20,"body":"AA=="}]}`,
		"far ahead":       `{"control":[{"n":1099511627776,"type":20,"body":"AA=="}]}`,
	} {
		_, m, src := makeTree(t, map[string][]byte{"small": noise(2, 100)})
		w := newWorld(t)
		w.Redial = -1
		go func() {
			r := newRogue(t, w, w.BoxR, w.r)
			r.until(msgListed)
			w.BoxR.Send(t.Context(), []byte(msg))
		}()
		_, err := send(t.Context(), w.BoxS, m, src, w.s, config{}.ready())
		var rule *transfer.ProtocolError
		if !errors.As(err, &rule) {
			t.Errorf("%s: %v", name, err)
		}
		w.r.Close()
	}
}

// Fails if a receiver that asks for signs of life without end, and acknowledges
// nothing, isn't answered, or makes a sender keep what it answers, or wait with content
// until the answers are acknowledged, which they needn't be.
func TestManyPings(t *testing.T) {
	leaks(t)
	_, m, src := makeTree(t, map[string][]byte{"small": noise(2, 100)})
	w := newWorld(t)
	w.Redial = -1
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		r := newRogue(t, w, w.BoxR, w.r)
		r.until(msgListed)
		pongs := 0
		for n := range int64(maxRecords + 100) {
			r.frames(appendNumber(nil, kindPing, n))
			for more := true; more; {
				select {
				case f := <-r.seen:
					if f.kind == kindPong {
						pongs++
					}
				case <-time.After(time.Millisecond):
					more = false
				}
			}
		}
		if pongs == 0 {
			t.Error("no ping is answered")
		}
		r.control(msgAccept, acceptance{}.append(nil))
		for data := false; !data; {
			select {
			case f := <-r.seen:
				data = f.kind == kindData
			case <-r.gone:
				t.Error("no data comes")
				return
			}
		}
		cancel()
	}()
	if _, err := send(ctx, w.BoxS, m, src, w.s, config{}.ready()); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	w.r.Close()
}
