package line

import (
	"encoding/binary"
	"errors"
	"time"
)

// Types of frames (doc/line.md §2.2).
const (
	framePadding   = 0
	frameAck       = 1
	frameData      = 2
	frameFin       = 3
	framePing      = 4
	frameClose     = 5
	frameChallenge = 6
	frameResponse  = 7
)

// Sizes of frames, those of ACK and DATA without what varies.
const (
	ackHead       = 16
	dataHead      = 9
	finSize       = 7
	closeSize     = 2
	challengeSize = 9
)

// errDamaged is what no peer sends that keeps to the protocol. It was sealed with the
// session's key, so it is a fault of the peer, and the connection ends.
var errDamaged = errors.New("line: the peer sent what isn't the protocol")

// A token is what a question at an address is answered with.
type token [8]byte

// A frame is one of any type.
type frame struct {
	kind  byte
	at    uint64 // DATA, FIN: offset
	data  []byte // DATA; it belongs to the packet
	ack   ack
	code  byte // CLOSE
	token token
}

// An ack is what an ACK says.
type ack struct {
	top    uint64        // newest number
	late   time.Duration // how long that was there
	window uint64        // offset up to which may be sent
	count  int
	spans  []byte // checked; they belong to the packet
}

// each calls f with the spans from the top.
func (a ack) each(f func(span)) {
	hi, b := a.top+1, a.spans
	for range a.count {
		length, k := binary.Uvarint(b)
		b = b[k:]
		gap, k := binary.Uvarint(b)
		b = b[k:]
		f(span{hi - length, hi})
		hi -= length + gap
	}
}

// cut takes the first frame from what a packet has, which isn't empty.
func cut(b []byte) (f frame, rest []byte, err error) {
	f.kind = b[0]
	need := 1
	switch f.kind {
	case framePadding, framePing:
	case frameAck:
		return cutAck(b)
	case frameData:
		if need = dataHead; len(b) >= need {
			f.at = get48(b[1:])
			need += int(binary.BigEndian.Uint16(b[7:]))
		}
	case frameFin:
		if need = finSize; len(b) >= need {
			f.at = get48(b[1:])
		}
	case frameClose:
		if need = closeSize; len(b) >= need {
			f.code = b[1]
		}
	case frameChallenge, frameResponse:
		if need = challengeSize; len(b) >= need {
			f.token = token(b[1:challengeSize])
		}
	default:
		return f, nil, errDamaged
	}
	if len(b) < need {
		return f, nil, errDamaged
	}
	if f.kind == frameData {
		f.data = b[dataHead:need]
	}
	return f, b[need:], nil
}

// cutAck is cut for an ACK. Its spans are within the numbers from 0 to its newest.
func cutAck(b []byte) (f frame, rest []byte, err error) {
	if len(b) < ackHead {
		return f, nil, errDamaged
	}
	f.kind = frameAck
	f.ack = ack{
		top: get48(b[1:]), late: time.Duration(binary.BigEndian.Uint16(b[7:])) * lateUnit,
		window: get48(b[9:]), count: int(b[15]),
	}
	hi, n := f.ack.top+1, ackHead
	for range f.ack.count {
		length, k := binary.Uvarint(b[n:])
		if k <= 0 || length == 0 || length > hi {
			return f, nil, errDamaged
		}
		n += k
		gap, k := binary.Uvarint(b[n:])
		if k <= 0 || gap > hi-length {
			return f, nil, errDamaged
		}
		n += k
		hi -= length + gap
	}
	if f.ack.count == 0 {
		return f, nil, errDamaged
	}
	f.ack.spans = b[ackHead:n]
	return f, b[n:], nil
}

// putAckHead writes an ACK up to its spans.
func putAckHead(b []byte, a ack) {
	b[0] = frameAck
	put48(b[1:], a.top)
	binary.BigEndian.PutUint16(b[7:], uint16(min(max(a.late, 0)/lateUnit, 1<<16-1)))
	put48(b[9:], a.window)
	b[15] = byte(a.count)
}

// putDataHead writes DATA up to its bytes.
func putDataHead(b []byte, at uint64, n int) {
	b[0] = frameData
	put48(b[1:], at)
	binary.BigEndian.PutUint16(b[7:], uint16(n))
}

// putFin writes FIN, and returns its size.
func putFin(b []byte, at uint64) int {
	b[0] = frameFin
	put48(b[1:], at)
	return finSize
}

// putToken writes CHALLENGE or RESPONSE, and returns its size.
func putToken(b []byte, kind byte, t token) int {
	b[0] = kind
	return 1 + copy(b[1:], t[:])
}

func put48(b []byte, x uint64) {
	binary.BigEndian.PutUint16(b, uint16(x>>32))
	binary.BigEndian.PutUint32(b[2:], uint32(x))
}

func get48(b []byte) uint64 {
	return uint64(binary.BigEndian.Uint16(b))<<32 | uint64(binary.BigEndian.Uint32(b[2:]))
}
