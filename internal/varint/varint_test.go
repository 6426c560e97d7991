package varint

import (
	"bytes"
	"math"
	"testing"
)

// Fails if a number isn't read as it was written, or is read in a form that isn't the
// shortest one.
func FuzzUint(f *testing.F) {
	for _, v := range []uint64{0, 1, 127, 128, 16383, 16384, math.MaxInt64, math.MaxUint64} {
		f.Add(Append(nil, v))
	}
	f.Add([]byte{0x80, 0})
	f.Add([]byte{0x81})
	f.Fuzz(func(t *testing.T, b []byte) {
		r := Reader{Rest: b}
		v := r.Uint(math.MaxUint64)
		if r.Failed {
			if v != 0 || r.Byte() != 0 || r.All() != nil && len(r.All()) > 0 {
				t.Fatal("something comes after a failure")
			}
			return
		}
		n := len(b) - len(r.Rest)
		if got := Append(nil, v); !bytes.Equal(got, b[:n]) || Len(v) != n {
			t.Fatalf("%x read as %d, which is %x", b[:n], v, got)
		}
		limited := Reader{Rest: b}
		if v > 0 && (limited.Uint(v-1) != 0 || !limited.Failed) {
			t.Fatal("a number beyond the limit")
		}
	})
}

// Fails if more bytes are returned than there are.
func TestBytes(t *testing.T) {
	r := Reader{Rest: []byte("abc")}
	if got := r.Bytes(2); string(got) != "ab" || cap(got) != 2 || r.Failed {
		t.Errorf("%q", got)
	}
	if got := r.Bytes(2); got != nil || !r.Failed {
		t.Errorf("%q", got)
	}
}
