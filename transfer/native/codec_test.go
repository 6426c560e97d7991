package native

import (
	"bytes"
	"math"
	"reflect"
	"testing"

	"sesame/transfer"
	"sesame/tree/manifest"
)

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
	e := finish{3, 1 << 40}
	gotE, err := parseEnding(e.append(nil))
	check("ending", gotE, e, err)
	a := acceptance{true, 12345}
	gotA, err := parseAcceptance(a.append(nil))
	check("acceptance", gotA, a, err)
	full := transfer.Because(transfer.ReasonFull)
	d := []failure{{1, said("a")}, {2, said("")}}
	gotD, err := parseDone(appendDone(nil, d, maxBody), 3)
	check("done", gotD, d, err)
	d[1].reason = full
	gotD, err = parseDone(appendDone(nil, d, maxBody), 3)
	check("coded done", gotD, d, err)

	h := have{7, true, noise(1, 3*hashSize)}
	r := read(h.append(nil))
	check("have", r.have(), h, nil)
	k := keep{7, 9, []byte{0x81, 1}}
	r = read(k.append(nil))
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
	f.Add(byte(5), appendDone(nil, []failure{{1, said("a")}}, maxBody))
	f.Add(byte(8), whole{7, noise(1, hashSize)}.append(nil))
	f.Fuzz(func(t *testing.T, which byte, body []byte) {
		const entries = 100
		r := read(body)
		switch which % 9 {
		case 0:
			if l, err := parseListed(body); err == nil && (l.entries > manifest.MaxEntries || l.bytes < 0) {
				t.Fatal(l)
			}
		case 1:
			f, err := parseFailure(body)
			if err == nil && (f.index < 0 || len(f.reason.Words) > maxReason || len(f.reason.Numbers) > 4 || !bytes.Equal(f.append(nil), body)) {
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
			for len(r.Rest) > 0 {
				if h := r.have(); len(h.hashes)%hashSize != 0 {
					t.Fatal(h)
				}
			}
		case 4:
			for len(r.Rest) > 0 {
				if k := r.keep(); !r.Failed && len(k.equal) != (k.n+7)/8 {
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
			parseEnding(body)
		case 7:
			r.reason()
		case 8:
			for len(r.Rest) > 0 {
				if w := r.whole(); !r.Failed && len(w.hash) != hashSize {
					t.Fatal(w)
				}
			}
		}
	})
}

// said is a reason in words.
func said(words string) transfer.Reason { return transfer.Reason{Words: words} }
