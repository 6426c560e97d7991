package session

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"testing"
)

// Fails if the layout of a frame changes: peers and doc/native.md §5.2 know it.
func TestFrameLayout(t *testing.T) {
	for _, c := range []struct {
		name string
		b    []byte
		want string
	}{
		{"data", append(AppendData(nil, 5, 300, 2), "hi"...), "01" + "05" + "05" + "ac02" + "6869"},
		{"packed", AppendPacked(nil, 1, 0, 1000, []byte{9}), "02" + "05" + "01" + "00" + "e807" + "09"},
		{"hole", AppendHole(nil, 2, 4096, 1<<20), "03" + "06" + "02" + "8020" + "808040"},
		{"ack", appendNumber(nil, kindAck, 128), "04" + "02" + "8001"},
		{"control", appendControl(nil, 7, Message(6), nil), "05" + "02" + "07" + "06"},
		{"control ack", appendNumber(nil, kindControlAck, 8), "06" + "01" + "08"},
		{"ping", appendNumber(nil, kindPing, 0), "07" + "01" + "00"},
		{"pong", appendNumber(nil, kindPong, 0), "08" + "01" + "00"},
		{"for", appendNumber(nil, kindFor, 3), "09" + "01" + "03"},
	} {
		if got := hex.EncodeToString(c.b); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// Fails if the room for a frame's head is too small, so that a full chunk doesn't
// fit in a record.
func TestFrameRoom(t *testing.T) {
	b := AppendData(nil, MaxIndex-1, math.MaxInt64-MaxChunk, MaxChunk)
	if len(b) > FrameRoom {
		t.Errorf("head of %d bytes, room %d", len(b), FrameRoom)
	}
	if b := appendControl(nil, math.MaxInt64, Message(19), make([]byte, maxControl)); len(b) > maxControl+controlRoom {
		t.Errorf("control frame %d bytes longer than its body", len(b)-maxControl)
	}
}

// Fails if a frame that breaks a rule is taken, or the error isn't the peer's.
func TestFrameRefused(t *testing.T) {
	long := appendControl(nil, 1, Message(19), make([]byte, maxControl+1))
	for _, c := range []struct {
		name string
		b    []byte
	}{
		{"only a kind", []byte{1}},
		{"kind 0", []byte{0, 0}},
		{"unknown kind", []byte{10, 1, 0}},
		{"length beyond the record", []byte{4, 2, 1}},
		{"length not in shortest form", []byte{4, 0x81, 0, 1}},
		{"length of 2^63", append([]byte{4}, bytes.Repeat([]byte{0xff}, 9)...)},
		{"number too short", []byte{4, 0}},
		{"number not in shortest form", []byte{4, 2, 0x80, 0}},
		{"bytes after the number", []byte{4, 2, 1, 1}},
		{"ping without number", []byte{7, 0}},
		{"data without offset", []byte{1, 1, 0}},
		{"data of entry 2^20", AppendData(nil, MaxIndex, 0, 0)},
		{"data beyond 2^63", append(AppendData(nil, 0, math.MaxInt64, 1), 0)},
		{"hole beyond 2^63", AppendHole(nil, 0, 1, math.MaxInt64)},
		{"hole of 2^63", AppendHole(nil, 0, 0, math.MinInt64)},
		{"packed chunk too large", AppendPacked(nil, 0, 0, MaxChunk+1, nil)},
		{"data chunk too large", append(AppendData(nil, 0, 0, MaxChunk+1), make([]byte, MaxChunk+1)...)},
		{"control without type", []byte{5, 1, 0}},
		{"control too large", long},
	} {
		_, _, err := nextFrame(c.b)
		var rule *ProtocolError
		if !errors.As(err, &rule) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// FuzzFrame fails if reading frames panics, or what was read isn't what would be
// written.
func FuzzFrame(f *testing.F) {
	f.Add(append(AppendData(nil, 5, 300, 2), "hi"...))
	f.Add(AppendPacked(nil, 1, 0, 1000, []byte{9}))
	f.Add(AppendHole(appendNumber(nil, kindAck, 128), 2, 4096, 1<<20))
	f.Add(appendControl(appendNumber(nil, kindPing, 0), 7, Message(5), []byte("abc")))
	f.Fuzz(func(t *testing.T, p []byte) {
		for len(p) > 0 {
			f, rest, err := nextFrame(p)
			if err != nil {
				return
			}
			var again []byte
			switch f.Kind {
			case Data:
				again = append(AppendData(nil, f.Index, f.Off, len(f.Body)), f.Body...)
			case Packed:
				again = AppendPacked(nil, f.Index, f.Off, int(f.N), f.Body)
			case Hole:
				again = AppendHole(nil, f.Index, f.Off, f.N)
			case kindControl:
				again = appendControl(nil, f.N, f.typ, f.Body)
			default:
				again = appendNumber(nil, f.Kind, f.N)
			}
			if !bytes.Equal(again, p[:len(p)-len(rest)]) {
				t.Fatalf("%x became %x", p[:len(p)-len(rest)], again)
			}
			p = rest
		}
	})
}
