package native

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"sesame/session"
	"sesame/transfer"
)

// Fails if pieces that come in any order, twice and over several lanes come out
// otherwise than in order, once.
func TestOrdered(t *testing.T) {
	content := noise(1, 1<<20)
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 5))
		var got bytes.Buffer
		o := newOrdered(&got, 0, -1, never)
		var pieces []session.Piece
		for off := 0; off < len(content); {
			n := min(1+rnd.IntN(100_000), len(content)-off)
			pieces = append(pieces, session.Piece{Off: int64(off), N: int64(n)})
			off += n
		}
		pieces = append(pieces, pieces[:len(pieces)/2]...)
		rnd.Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
		for _, lane := range [][]session.Piece{pieces[:len(pieces)/2], pieces[len(pieces)/2:]} {
			t.Run("lane", func(t *testing.T) {
				for _, p := range lane {
					if err := o.write(0, p.Off, content[p.Off:p.Off+p.N]); err != nil {
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
	o := newOrdered(&got, 2, 3<<20, never)
	if o.write(1, 0, []byte{1}) == nil || o.write(2, 3<<20, []byte{1}) == nil || o.hole(2, 1<<20, 3<<20) == nil {
		t.Error("took what isn't in the file")
	}
	o.write(2, 2<<20, noise(1, 1<<20))
	o.hole(2, 0, 2<<20)
	if want := append(make([]byte, 2<<20), noise(1, 1<<20)...); !o.complete() || !bytes.Equal(got.Bytes(), want) {
		t.Errorf("got %d bytes", got.Len())
	}
	o = newOrdered(io.Discard, 0, -1, never)
	kept, chunk := 0, make([]byte, maxChunk)
	for off := int64(1); o.write(0, off, chunk) == nil; off += maxChunk {
		kept += maxChunk
	}
	if kept > maxWindow+2*maxChunk {
		t.Errorf("keeps %d bytes", kept)
	}
	o = newOrdered(io.Discard, 0, -1, never)
	n := 0
	for ; o.write(0, int64(2*n+1), chunk[:1]) == nil; n++ {
	}
	if n*perPiece > maxKept {
		t.Errorf("keeps %d pieces", n)
	}
}

// Fails if the shares of one file that come early are kept more than once: only
// their number was bounded, and 4096 chunks that begin one byte apart take a
// gigabyte.
func TestOrderedEarlyBytes(t *testing.T) {
	o := newOrdered(io.Discard, 0, -1, never)
	chunk := make([]byte, maxChunk)
	var err error
	for k := int64(0); k < 4096 && err == nil; k++ {
		err = o.write(0, 1+k, chunk)
	}
	kept := 0 // not what the heap has grown: what other tests left may grow yet
	for _, e := range o.early {
		kept += cap(e.data)
	}
	if kept == 0 || kept > maxWindow+maxChunk {
		t.Errorf("%d bytes are kept", kept)
	}
	var rule *transfer.ProtocolError
	if !errors.As(err, &rule) || !strings.Contains(err.Error(), "overlaps") {
		t.Errorf("got %v", err)
	}
}

// Fails if what was sent again after a lane was lost is refused: all of a piece or
// a part of it, of what waits, of what was written, and of a hole.
func TestOrderedSentAgain(t *testing.T) {
	var got bytes.Buffer
	o := newOrdered(&got, 0, 600, never)
	content := noise(3, 600)
	copy(content[300:], make([]byte, 200))
	for k, put := range []func() error{
		func() error { return o.write(0, 100, content[100:200]) },
		func() error { return o.write(0, 100, content[100:200]) },
		func() error { return o.write(0, 120, content[120:140]) },
		func() error { return o.hole(0, 300, 200) },
		func() error { return o.hole(0, 300, 100) },
		func() error { return o.write(0, 400, content[400:500]) },
		func() error { return o.write(0, 0, content[:100]) },
		func() error { return o.write(0, 0, content[:100]) },
		func() error { return o.write(0, 50, content[50:150]) },
		func() error { return o.write(0, 200, content[200:300]) },
		func() error { return o.write(0, 500, content[500:]) },
	} {
		if err := put(); err != nil {
			t.Errorf("piece %d: %v", k, err)
		}
	}
	if !o.complete() || !bytes.Equal(got.Bytes(), content) {
		t.Errorf("got %d bytes", got.Len())
	}
	if len(o.early) > 0 || o.kept != 0 {
		t.Errorf("%d pieces, %d bytes are kept", len(o.early), o.kept)
	}
}

// Fails if a range that overlaps another is taken: nobody sends such.
func TestOrderedOverlap(t *testing.T) {
	for name, put := range map[string]func(o *ordered) error{
		"what was written": func(o *ordered) error { return o.write(0, 50, make([]byte, 100)) },
		"what waits":       func(o *ordered) error { return o.write(0, 150, make([]byte, 100)) },
		"both":             func(o *ordered) error { return o.hole(0, 50, 200) },
	} {
		o := newOrdered(io.Discard, 0, 1000, never)
		o.write(0, 0, make([]byte, 100))
		o.write(0, 200, make([]byte, 100))
		var rule *transfer.ProtocolError
		if err := put(o); !errors.As(err, &rule) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Finds pieces, sound or not, that come out otherwise than in order, or that are
// kept without bound.
func FuzzOrdered(f *testing.F) {
	f.Add([]byte{0, 10, 0, 20, 10, 1, 10, 10, 0})
	f.Fuzz(func(t *testing.T, steps []byte) {
		content := noise(9, 512)
		clear(content[100:200])
		var got bytes.Buffer
		o := newOrdered(&got, 0, -1, never)
		for ; len(steps) >= 3; steps = steps[3:] {
			off, n := int64(steps[0]), int64(steps[1])
			var err error
			if hole := steps[2]&1 == 1 && off >= 100 && off+n <= 200; hole {
				err = o.hole(0, off, n)
			} else {
				err = o.write(0, off, content[off:off+n])
			}
			if err != nil {
				break
			}
		}
		if !bytes.HasPrefix(content, got.Bytes()) || o.written() != int64(got.Len()) {
			t.Fatalf("%d bytes came out", got.Len())
		}
		sum := int64(0)
		for off, e := range o.early {
			if sum += e.cost(); off != e.off || off <= o.next {
				t.Fatalf("%d waits at %d", e.off, o.next)
			}
		}
		if o.err == nil && sum != o.kept {
			t.Fatalf("%d bytes wait, counted as %d", sum, o.kept)
		}
	})
}
