package native

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"sesame/session"
	"sesame/transfer"
	"sesame/tree/manifest"
)

// A hexText is bytes that stand in a vector as hexadecimal.
type hexText []byte

func (h *hexText) UnmarshalText(b []byte) (err error) {
	*h, err = hex.DecodeString(string(b))
	return err
}

// A vector is a frame, or a control message in its frame, and what it says.
type vector struct {
	Name                 string
	Kind                 session.Kind
	Type                 session.Message
	Frame, Body, Content hexText
	Entry, Entries       int
	Offset, N, Seq       int64
	Bytes, Holes, Size   int64
	vectorReason
	ID      hexText
	Ordered bool
	Limit   int64
	Lacks   []int
	Longest int
	Items   []vectorItem
}

type vectorItem struct {
	Entry, First, N int
	Same            []int
	Last            bool
	Hashes, Hash    hexText
	vectorReason
}

type vectorReason struct {
	Class   transfer.Class
	Code    transfer.ReasonCode
	Numbers []uint64
	Reason  string
}

func (v *vectorReason) is() transfer.Reason {
	return transfer.Reason{Class: v.Class, Code: v.Code, Numbers: v.Numbers, Words: v.Reason}
}

func readVectors(t *testing.T) (v struct{ Frames, Messages []vector }) {
	t.Helper()
	b, err := os.ReadFile("../../session/testdata/frames.json")
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	if err != nil || len(v.Frames) == 0 || len(v.Messages) == 0 {
		t.Fatalf("%d frames and %d messages, error %v", len(v.Frames), len(v.Messages), err)
	}
	return v
}

// Fails if Zstandard as another implementation writes it can't be unpacked.
func TestPackedVector(t *testing.T) {
	v := readVectors(t)
	n := 0
	for _, f := range v.Frames {
		if f.Kind != session.Packed {
			continue
		}
		n++
		k := new(packer)
		defer k.close()
		if p, err := k.unpack(nil, f.Content, f.N); err != nil || !bytes.Equal(p, bytes.Repeat([]byte("A"), int(f.N))) {
			t.Errorf("unpacked to %q, error %v", p, err)
		}
	}
	if n == 0 {
		t.Error("there is no such vector")
	}
}

// Fails if a control message is written otherwise than doc/native.md §5.4 says,
// as another implementation has it, or read as something else.
func TestMessageVectors(t *testing.T) {
	seen := map[session.Message]bool{}
	for _, v := range readVectors(t).Messages {
		if v.Type >= 32 {
			continue // the session's
		}
		t.Run(v.Name, func(t *testing.T) {
			seen[v.Type] = true
			if named(v.Type) != v.Name {
				t.Errorf("its name is %v", named(v.Type))
			}
			if got := v.body(); !bytes.Equal(got, v.Body) {
				t.Errorf("body written as %x, want %x", got, v.Body)
			}
			if err := v.read(v.Body); err != nil {
				t.Error(err)
			}
		})
	}
	for m := range session.Message(32) {
		if known := named(m) != fmt.Sprintf("message %d", m); known != seen[m] {
			t.Errorf("there is a vector of %v: %v", named(m), seen[m])
		}
	}
}

// body writes what v says.
func (v *vector) body() (b []byte) {
	switch v.Type {
	case msgPiece:
		var d manifest.Decoder
		d.Add(v.Body)
		m, err := d.Finish(4, 300)
		if err != nil {
			return []byte(err.Error())
		}
		return manifest.NewEncoder(m).Next(0)
	case msgListed:
		return listed{v.Entries, v.Bytes, v.Holes}.append(nil)
	case msgFailed:
		return failure{v.Entry, v.is()}.append(nil)
	case msgEnd:
		return finish{v.Entry, v.Size}.append(nil)
	case msgAccept:
		return acceptance{v.Ordered, v.Limit}.append(nil)
	case msgIdentity:
		return v.ID
	case msgNames:
		return v.naming().append(nil)
	case msgReject:
		return appendReason(nil, v.is())
	case msgDone:
		var failures []failure
		for _, it := range v.Items {
			failures = append(failures, failure{it.Entry, it.is()})
		}
		return appendDone(nil, failures, maxBody)
	}
	end := 0
	for _, it := range v.Items {
		switch v.Type {
		case msgKeep:
			b = it.keep().append(b)
		case msgHeld, msgSkip:
			b = appendHeld(b, end, it.First, it.N)
			end = it.First + it.N
		case msgWhole:
			b = whole{it.Entry, it.Hash}.append(b)
		case msgHave:
			b = have{it.Entry, it.Last, it.Hashes}.append(b)
		}
	}
	return b
}

// naming is what a NAMES says.
func (v *vector) naming() (n naming) {
	for _, bit := range v.Lacks {
		n.Lacks |= 1 << bit
	}
	n.Longest = v.Longest
	return n
}

func (it *vectorItem) keep() keep {
	k := keep{it.Entry, it.N, make([]byte, (it.N+7)/8)}
	for _, g := range it.Same {
		k.equal[g/8] |= 1 << (g % 8)
	}
	return k
}

// read returns an error if body doesn't say what v does.
func (v *vector) read(body []byte) error {
	r := read(body)
	var got, want any
	var err error
	switch v.Type {
	case msgListed:
		want = listed{v.Entries, v.Bytes, v.Holes}
		got, err = parseListed(body)
	case msgFailed:
		want = failure{v.Entry, v.is()}
		got, err = parseFailure(body)
	case msgEnd:
		want = finish{v.Entry, v.Size}
		got, err = parseEnding(body)
	case msgAccept:
		want = acceptance{v.Ordered, v.Limit}
		got, err = parseAcceptance(body)
	case msgNames:
		want = v.naming()
		got, err = parseNaming(body)
	case msgReject:
		got, want = r.reason(), v.is()
	case msgDone:
		got, err = parseDone(body, 10)
		list := []failure(nil)
		for _, it := range v.Items {
			list = append(list, failure{it.Entry, it.is()})
		}
		want = list
	case msgHeld, msgSkip:
		list := []vectorItem(nil)
		_, err = parseRanges(v.Type, body, 0, 10, func(first, n int) error {
			list = append(list, vectorItem{First: first, N: n})
			return nil
		})
		got, want = list, v.Items
	case msgWhole:
		for _, it := range v.Items {
			got, want = fmt.Sprint(got, r.whole()), fmt.Sprint(want, whole{it.Entry, it.Hash})
		}
	case msgKeep, msgHave:
		for i := range v.Items {
			it := &v.Items[i]
			if v.Type == msgKeep {
				got, want = fmt.Sprint(got, r.keep()), fmt.Sprint(want, it.keep())
			} else {
				got, want = fmt.Sprint(got, r.have()), fmt.Sprint(want, have{it.Entry, it.Last, it.Hashes})
			}
		}
		if r.Failed || len(r.Rest) > 0 {
			return fmt.Errorf("%d bytes are left", len(r.Rest))
		}
	}
	if err == nil && fmt.Sprint(got) != fmt.Sprint(want) {
		err = fmt.Errorf("read as %+v, want %+v", got, want)
	}
	return err
}
