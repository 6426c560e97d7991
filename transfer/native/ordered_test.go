package native

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"
)

// Fails if pieces that come in any order, twice and over several lanes come out
// otherwise than in order, once.
func TestOrdered(t *testing.T) {
	content := noise(1, 1<<20)
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 5))
		var got bytes.Buffer
		o := newOrdered(&got, 0, -1)
		var pieces []piece
		for off := 0; off < len(content); {
			n := min(1+rnd.IntN(100_000), len(content)-off)
			pieces = append(pieces, piece{0, int64(off), int64(n)})
			off += n
		}
		pieces = append(pieces, pieces[:len(pieces)/2]...)
		rnd.Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
		for _, lane := range [][]piece{pieces[:len(pieces)/2], pieces[len(pieces)/2:]} {
			t.Run("lane", func(t *testing.T) {
				for _, p := range lane {
					if err := o.write(0, p.off, content[p.off:p.off+p.n]); err != nil {
						t.Error(err)
					}
				}
			})
		}
		if err := o.end(int64(len(content))); err != nil || !o.complete() || !bytes.Equal(got.Bytes(), content) {
			t.Fatalf("seed %d: %v, %d bytes", seed, err, got.Len())
		}
	}
}

// Fails if holes don't become zeros, or a peer gets more kept than the window.
func TestOrderedBounds(t *testing.T) {
	var got bytes.Buffer
	o := newOrdered(&got, 2, 3<<20)
	if o.write(1, 0, []byte{1}) == nil || o.write(2, 3<<20, []byte{1}) == nil || o.hole(2, 1<<20, 3<<20) == nil {
		t.Error("took what isn't in the file")
	}
	o.write(2, 2<<20, noise(1, 1<<20))
	o.hole(2, 0, 2<<20)
	if want := append(make([]byte, 2<<20), noise(1, 1<<20)...); !o.complete() || !bytes.Equal(got.Bytes(), want) {
		t.Errorf("got %d bytes", got.Len())
	}
	o = newOrdered(io.Discard, 0, -1)
	kept, chunk := 0, make([]byte, maxChunk)
	for off := int64(1); o.write(0, off, chunk) == nil; off += maxChunk {
		kept += maxChunk
	}
	if kept > maxWindow+2*maxChunk {
		t.Errorf("keeps %d bytes", kept)
	}
	o = newOrdered(io.Discard, 0, -1)
	n := 0
	for ; o.write(0, int64(2*n+1), chunk[:1]) == nil; n++ {
	}
	if n > maxEarly {
		t.Errorf("keeps %d pieces", n)
	}
}
