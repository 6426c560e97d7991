package native

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"reflect"
	"testing"

	"sesame/transfer"
	"sesame/tree/manifest"
)

// Fails if the layout of a frame changes: peers and doc/native.md §5.2 know it.
func TestFrameLayout(t *testing.T) {
	for _, c := range []struct {
		name string
		b    []byte
		want string
	}{
		{"data", append(appendData(nil, 5, 300, 2), "hi"...), "01" + "05" + "05" + "ac02" + "6869"},
		{"packed", appendPacked(nil, 1, 0, 1000, []byte{9}), "02" + "05" + "01" + "00" + "e807" + "09"},
		{"hole", appendHole(nil, 2, 4096, 1<<20), "03" + "06" + "02" + "8020" + "808040"},
		{"ack", appendNumber(nil, kindAck, 128), "04" + "02" + "8001"},
		{"control", appendControl(nil, 7, msgSent, nil), "05" + "02" + "07" + "06"},
		{"control ack", appendNumber(nil, kindControlAck, 8), "06" + "01" + "08"},
		{"ping", appendNumber(nil, kindPing, 0), "07" + "01" + "00"},
		{"pong", appendNumber(nil, kindPong, 0), "08" + "01" + "00"},
	} {
		if got := hex.EncodeToString(c.b); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// Fails if the room for a frame's head is too small, so that a full chunk doesn't
// fit in a record.
func TestFrameRoom(t *testing.T) {
	b := appendData(nil, manifest.MaxEntries-1, math.MaxInt64-maxChunk, maxChunk)
	if len(b) > frameRoom {
		t.Errorf("head of %d bytes, room %d", len(b), frameRoom)
	}
	if b := appendControl(nil, math.MaxInt64, msgHave, make([]byte, maxBody)); len(b) > maxBody+controlRoom {
		t.Errorf("control frame %d bytes longer than its body", len(b)-maxBody)
	}
}

// Fails if a frame that breaks a rule is taken, or the error isn't the peer's.
func TestFrameRefused(t *testing.T) {
	long := appendControl(nil, 1, msgHave, make([]byte, maxBody+1))
	for _, c := range []struct {
		name string
		b    []byte
	}{
		{"only a kind", []byte{1}},
		{"kind 0", []byte{0, 0}},
		{"unknown kind", []byte{9, 1, 0}},
		{"length beyond the record", []byte{4, 2, 1}},
		{"length not in shortest form", []byte{4, 0x81, 0, 1}},
		{"length of 2^63", append([]byte{4}, bytes.Repeat([]byte{0xff}, 9)...)},
		{"number too short", []byte{4, 0}},
		{"number not in shortest form", []byte{4, 2, 0x80, 0}},
		{"bytes after the number", []byte{4, 2, 1, 1}},
		{"ping without number", []byte{7, 0}},
		{"data without offset", []byte{1, 1, 0}},
		{"data of entry 2^20", appendData(nil, manifest.MaxEntries, 0, 0)},
		{"data beyond 2^63", append(appendData(nil, 0, math.MaxInt64, 1), 0)},
		{"hole beyond 2^63", appendHole(nil, 0, 1, math.MaxInt64)},
		{"hole of 2^63", appendHole(nil, 0, 0, math.MinInt64)},
		{"packed chunk too large", appendPacked(nil, 0, 0, maxChunk+1, nil)},
		{"data chunk too large", append(appendData(nil, 0, 0, maxChunk+1), make([]byte, maxChunk+1)...)},
		{"control without type", []byte{5, 1, 0}},
		{"control too large", long},
	} {
		_, _, err := nextFrame(c.b)
		var rule *transfer.ProtocolError
		if !errors.As(err, &rule) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// FuzzFrame fails if reading frames panics, or what was read isn't what would be
// written.
func FuzzFrame(f *testing.F) {
	f.Add(append(appendData(nil, 5, 300, 2), "hi"...))
	f.Add(appendPacked(nil, 1, 0, 1000, []byte{9}))
	f.Add(appendHole(appendNumber(nil, kindAck, 128), 2, 4096, 1<<20))
	f.Add(appendControl(appendNumber(nil, kindPing, 0), 7, msgKeep, []byte("abc")))
	f.Fuzz(func(t *testing.T, p []byte) {
		for len(p) > 0 {
			f, rest, err := nextFrame(p)
			if err != nil {
				return
			}
			var again []byte
			switch f.kind {
			case kindData:
				again = append(appendData(nil, f.index, f.off, len(f.body)), f.body...)
			case kindPacked:
				again = appendPacked(nil, f.index, f.off, int(f.n), f.body)
			case kindHole:
				again = appendHole(nil, f.index, f.off, f.n)
			case kindControl:
				again = appendControl(nil, f.n, f.typ, f.body)
			default:
				again = appendNumber(nil, f.kind, f.n)
			}
			if !bytes.Equal(again, p[:len(p)-len(rest)]) {
				t.Fatalf("%x became %x", p[:len(p)-len(rest)], again)
			}
			p = rest
		}
	})
}

// Fails if a control message isn't read as it was written.
func TestBodies(t *testing.T) {
	check := func(name string, got, want any, err error) {
		t.Helper()
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v (%v)", name, got, want, err)
		}
	}
	l := listed{1000, 1 << 50, 1 << 40}
	gotL, err := parseListed(l.append(nil))
	check("listed", gotL, l, err)
	f := failure{12, said("changed while sending")}
	gotF, err := parseFailure(f.append(nil))
	check("failure", gotF, f, err)
	f.reason = transfer.Reason{Class: transfer.Disk, Code: 65535, Numbers: []uint64{0, math.MaxUint64}, Words: "c"}
	gotF, err = parseFailure(f.append(nil))
	check("coded failure", gotF, f, err)
	e := ending{3, 1 << 40}
	gotE, err := parseEnding(e.append(nil))
	check("ending", gotE, e, err)
	a := acceptance{true, 12345}
	gotA, err := parseAcceptance(a.append(nil))
	check("acceptance", gotA, a, err)
	full := transfer.Because(transfer.ReasonFull)
	gotAb, err := parseAbort(appendReason(nil, full))
	check("abort", gotAb, full, err)
	d := []failure{{1, said("a")}, {2, said("")}}
	gotD, err := parseDone(appendDone(nil, d), 3)
	check("done", gotD, d, err)
	d[1].reason = full
	gotD, err = parseDone(appendDone(nil, d), 3)
	check("coded done", gotD, d, err)

	h := have{7, true, noise(1, 3*hashSize)}
	r := reader{rest: h.append(nil)}
	check("have", r.have(), h, nil)
	k := keep{7, 9, []byte{0x81, 1}}
	r = reader{rest: k.append(nil)}
	got := r.keep()
	check("keep", got, k, nil)
	if !got.has(0) || got.has(1) || !got.has(7) || !got.has(8) {
		t.Error("keep reads other bits than were set")
	}

	var ranges [][2]int
	body := appendHeld(appendHeld(nil, 0, 2, 3), 5, 9, 1)
	end, err := parseRanges(msgHeld, body, 0, 10, func(first, n int) error {
		ranges = append(ranges, [2]int{first, n})
		return nil
	})
	check("held", ranges, [][2]int{{2, 3}, {9, 1}}, err)
	check("end of held", end, 10, nil)
}

// FuzzBodies fails if a body from the peer can make a parser panic or return
// what the limits exclude.
func FuzzBodies(f *testing.F) {
	f.Add(byte(0), listed{1, 2, 1}.append(nil))
	f.Add(byte(1), failure{12, said("why")}.append(nil))
	f.Add(byte(2), appendHeld(nil, 0, 2, 3))
	f.Add(byte(3), have{7, true, noise(1, 3*hashSize)}.append(nil))
	f.Add(byte(4), keep{7, 9, []byte{0x81, 1}}.append(nil))
	f.Add(byte(5), appendDone(nil, []failure{{1, said("a")}}))
	f.Add(byte(8), whole{7, noise(1, hashSize)}.append(nil))
	f.Fuzz(func(t *testing.T, which byte, body []byte) {
		const entries = 100
		r := reader{rest: body}
		switch which % 9 {
		case 0:
			if l, err := parseListed(body); err == nil && (l.entries > manifest.MaxEntries || l.bytes < 0) {
				t.Fatal(l)
			}
		case 1:
			f, err := parseFailure(body)
			if err == nil && (f.index < 0 || len(f.reason.Words) > maxReason || len(f.reason.Numbers) > maxNumbers || !bytes.Equal(f.append(nil), body)) {
				t.Fatal(f)
			}
		case 2:
			end := 0
			if _, err := parseRanges(msgHeld, body, 0, entries, func(first, n int) error {
				if first < end || n < 1 || first+n > entries {
					t.Fatal(first, n)
				}
				end = first + n
				return nil
			}); err != nil {
				return
			}
		case 3:
			for len(r.rest) > 0 {
				if h := r.have(); len(h.hashes)%hashSize != 0 {
					t.Fatal(h)
				}
			}
		case 4:
			for len(r.rest) > 0 {
				if k := r.keep(); !r.failed && len(k.equal) != (k.n+7)/8 {
					t.Fatal(k)
				}
			}
		case 5:
			failures, _ := parseDone(body, entries)
			for _, f := range failures {
				if f.index >= entries {
					t.Fatal(f)
				}
			}
		case 6:
			parseAcceptance(body)
			parseAbort(body)
			parseEnding(body)
		case 7:
			parseMail(body)
		case 8:
			for len(r.rest) > 0 {
				if w := r.whole(); !r.failed && len(w.hash) != hashSize {
					t.Fatal(w)
				}
			}
		}
	})
}

// said is a reason in words.
func said(words string) transfer.Reason { return transfer.Reason{Words: words} }
