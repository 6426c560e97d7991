package native

import (
	"encoding/binary"
	"time"

	"sesame/session"
	"sesame/transit/record"
)

// What a rogue says and hears, written by hand from doc/native.md §5: the session's own
// code would refuse to say most of it.

const (
	recordPlain = 1
	recordAsk   = 2
	recordAside = 4

	kindData       = 1
	kindPacked     = 2
	kindHole       = 3
	kindAck        = 4
	kindControl    = 5
	kindControlAck = 6
	kindPing       = 7
	kindPong       = 8

	msgAbort session.Message = 32
	msgDrop  session.Message = 33
	msgText  session.Message = 34
	msgLeave session.Message = 35

	maxChunk   = session.MaxChunk
	maxWindow  = session.MaxWindow
	maxDamaged = 3
	hopeless   = 30 * time.Second
	frameRoom  = session.FrameRoom
	maxFlight  = 8 << 20
	maxRecords = 256
	maxReason  = 400
	tickTime   = 200 * time.Millisecond
	// leastRecord is how much content a record may have while nothing is known of a lane.
	leastRecord = 4 << 10
)

// frame is one that an honest side has sent.
type frame struct {
	kind   byte
	n      int64 // the number, of the kinds that have one; of content, how long it is
	typ    session.Message
	number int64  // of the exchange, of the types below 32
	body   []byte // what follows
}

// nextFrame reads the first frame of p.
func nextFrame(p []byte) (f frame, rest []byte) {
	f.kind = p[0]
	n, k := binary.Uvarint(p[1:])
	body := p[1+k : 1+k+int(n)]
	rest = p[1+k+int(n):]
	if f.kind >= kindAck {
		v, k := binary.Uvarint(body)
		f.n, body = int64(v), body[k:]
	}
	if f.kind == kindControl {
		f.typ, body = session.Message(body[0]), body[1:]
		if f.typ < 32 {
			v, k := binary.Uvarint(body)
			f.number, body = int64(v), body[k:]
		}
	}
	if f.kind < kindAck { // of content, n is how much
		_, k := binary.Uvarint(body) // index
		_, l := binary.Uvarint(body[k:])
		if body, f.n = body[k+l:], int64(len(body[k+l:])); f.kind != kindData {
			v, _ := binary.Uvarint(body)
			f.n = int64(v)
		}
	}
	f.body = append([]byte(nil), body...)
	return f, rest
}

func appendNumber(b []byte, kind byte, n int64) []byte {
	number := binary.AppendUvarint(nil, uint64(n))
	b = binary.AppendUvarint(append(b, kind), uint64(len(number)))
	return append(b, number...)
}

func appendControl(b []byte, seq int64, typ session.Message, body []byte) []byte {
	all := append(binary.AppendUvarint(nil, uint64(seq)), byte(typ))
	if typ < 32 {
		all = append(all, 0) // the first exchange
	}
	all = append(all, body...)
	b = binary.AppendUvarint(append(b, kindControl), uint64(len(all)))
	return append(b, all...)
}

func appendData(b []byte, index int, off int64, n int) []byte {
	return session.AppendData(b, index, off, n)
}

func appendPacked(b []byte, index int, off int64, n int, box []byte) []byte {
	return session.AppendPacked(b, index, off, n, box)
}

func appendHole(b []byte, index int, off, n int64) []byte {
	return session.AppendHole(b, index, off, n)
}

// never halts nothing.
func never() bool { return false }

// room is a buffer for records.
func room() []byte { return make([]byte, record.MaxPayload+record.Overhead) }
