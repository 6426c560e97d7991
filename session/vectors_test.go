package session

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"sesame/internal/varint"
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
	Kind                 Kind
	Opens                string
	Type                 Message
	Frame, Body, Content hexText
	Entry                int
	Offset, N, Seq       int64
	Number, Which        int64
	Readers              bool
	Class                Class
	Code                 uint16
	Numbers              []uint64
	Reason, Text         string
	Said                 hexText
}

func (v *vector) is() Reason {
	return Reason{Class: v.Class, Code: v.Code, Numbers: v.Numbers, Words: v.Reason}
}

func readVectors(t *testing.T) (v struct{ Frames, Messages []vector }) {
	t.Helper()
	b, err := os.ReadFile("testdata/frames.json")
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	if err != nil || len(v.Frames) == 0 || len(v.Messages) == 0 {
		t.Fatalf("%d frames and %d messages, error %v", len(v.Frames), len(v.Messages), err)
	}
	return v
}

// Fails if a frame is written otherwise than doc/native.md §5.2 says, as another
// implementation has it, or read as something else.
func TestFrameVectors(t *testing.T) {
	seen := map[Kind]bool{kindControl: true}
	for _, v := range readVectors(t).Frames {
		k := v.Kind
		seen[k] = true
		var got []byte
		switch k {
		case Data:
			got = append(AppendData(nil, v.Entry, v.Offset, len(v.Content)), v.Content...)
		case Packed:
			got = AppendPacked(nil, v.Entry, v.Offset, int(v.N), v.Content)
		case Hole:
			got = AppendHole(nil, v.Entry, v.Offset, v.N)
		default:
			got = appendNumber(nil, k, v.N)
		}
		if !bytes.Equal(got, v.Frame) {
			t.Errorf("%s written as %x, want %x", v.Name, got, v.Frame)
		}
		f, rest, err := nextFrame(v.Frame)
		if err != nil || len(rest) > 0 || f.Kind != k || f.Index != v.Entry || f.Off != v.Offset || f.N != v.N || !bytes.Equal(f.Body, v.Content) {
			t.Errorf("%s %x read as %+v, error %v", v.Name, v.Frame, f, err)
		}
	}
	for k := Data; k <= kindFor; k++ {
		if !seen[k] {
			t.Errorf("there is no vector of kind %d", k)
		}
	}
}

// Fails if a control message is written otherwise than doc/native.md §5.4 says, as
// another implementation has it, or read as something else.
func TestMessageVectors(t *testing.T) {
	seen := map[Message]bool{}
	for _, v := range readVectors(t).Messages {
		t.Run(v.Name, func(t *testing.T) {
			seen[v.Type] = true
			body := v.body(t)
			if got := appendControl(nil, v.Seq, v.Type, body); !bytes.Equal(got, v.Frame) {
				t.Errorf("frame %x, want %x", got, v.Frame)
			}
			f, rest, err := nextFrame(v.Frame)
			if err != nil || len(rest) > 0 || f.Kind != kindControl || f.N != v.Seq || f.typ != v.Type || !bytes.Equal(f.Body, body) {
				t.Fatalf("read as %+v, error %v", f, err)
			}
			if v.Type >= firstOfAll && v.Type.String() != v.Name {
				t.Errorf("its name is %v", v.Type)
			}
			if err := v.read(f.Body); err != nil {
				t.Error(err)
			}
		})
	}
	for m := firstOfAll; m < 255; m++ {
		if named := m.String() != fmt.Sprintf("message %d", byte(m)); named != seen[m] {
			t.Errorf("there is a vector of %v: %v", m, seen[m])
		}
	}
}

// body writes what v says, of those that are the session's.
func (v *vector) body(t *testing.T) []byte {
	switch v.Type {
	case msgAbort:
		return AppendReason(nil, v.is())
	case msgDrop:
		return AppendReason(ref{v.Which, v.Readers}.append(nil), v.is())
	case msgText:
		return []byte(v.Text)
	case msgOpen:
		return append(varint.Append(nil, uint64(v.Which)), v.Opens...)
	case msgMessage:
		return append(ref{v.Which, v.Readers}.append(nil), v.Said...)
	case msgLeave:
		return nil
	}
	if v.Type >= firstOfAll {
		t.Errorf("nobody writes %v", v.Type)
	}
	return append(varint.Append(nil, uint64(v.Number)), v.Body...)
}

// read returns an error if body doesn't say what v does.
func (v *vector) read(body []byte) (err error) {
	var got, want any
	switch v.Type {
	case msgAbort:
		want = v.is()
		got, err = parseAbort(body)
	case msgDrop:
		which, why, e := parseDrop(body)
		got, want, err = []any{which, why}, []any{ref{v.Which, v.Readers}, v.is()}, e
	case msgOpen:
		number, kind, e := parseOpen(body)
		got, want, err = []any{number, kind}, []any{v.Which, v.Opens}, e
	case msgMessage:
		r := varint.Reader{Rest: body}
		got, want = []any{readRef(&r), string(r.Rest)}, []any{ref{v.Which, v.Readers}, string(v.Said)}
	}
	if err == nil && fmt.Sprint(got) != fmt.Sprint(want) {
		err = fmt.Errorf("read as %+v, want %+v", got, want)
	}
	return err
}
