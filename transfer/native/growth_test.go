package native

import (
	"errors"
	"io"
	"testing"

	"sesame/transfer"
	"sesame/transit"
	"sesame/tree/manifest"
)

// Fails if a few kilobytes become more on the receiver's disk than 64 MiB without
// anybody having agreed to that: a stream says no size beforehand.
func TestStreamBomb(t *testing.T) {
	leaks(t)
	w := newWorld(t)
	w.Redial = -1
	dir := newLanding(t)
	into, done := storeOf(t, dir)
	defer done()
	go func() {
		r := newRogue(t, w, w.BoxS, w.s)
		r.offerOne(manifest.StreamSize)
		box := new(packer).try(nil, make([]byte, maxChunk))
		for off := int64(0); off < 128<<20; off += maxChunk {
			r.frames(appendPacked(nil, 0, off, maxChunk, box))
		}
	}()
	o, err := receive(t.Context(), w.BoxR, w.r, config{}.ready())
	if err == nil {
		_, err = o.accept(t.Context(), into, nil)
	}
	if !errors.Is(err, transfer.ErrGrowth) {
		t.Errorf("got %v", err)
	}
	if left := names(t, dir); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
	w.s.Close()
}

// Fails if a stream that packs well without anybody's intending harm isn't taken,
// or isn't packed at all.
func TestStreamOfZeros(t *testing.T) {
	leaks(t)
	const n = 192 << 20
	w := newWorld(t)
	w.Kind = func(int) transit.Kind { return transit.Direct }
	dir := newLanding(t)
	o := w.run(t.Context(), streamManifest(), nil, dir, config{stream: io.LimitReader(zeroReader{}, n)}, config{})
	o.ok(t)
	if size, err := sizeOf(dir, "stream.bin"); err != nil || size != n {
		t.Errorf("%d bytes, %v", size, err)
	}
	t.Logf("%d kB crossed", w.Wire.Load()/1000)
	if w.Wire.Load() > n/10 {
		t.Errorf("%d bytes crossed", w.Wire.Load())
	}
}

type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// Fails if what a sender lets itself pack is more than a receiver takes, even if
// all of it crosses twice.
func TestGrowthOfBothSides(t *testing.T) {
	for _, packed := range []int64{1, 20, 1000, 5000, 200_000} {
		var s, r growth
		raw := 0
		for range 10_000 {
			crossed := packed
			if !s.mayPack(packed, maxChunk) {
				crossed = maxChunk
				raw++
			}
			for range 2 {
				if !r.take(crossed, maxChunk) {
					t.Fatalf("%d bytes a chunk: refused", packed)
				}
			}
		}
		if raw > 300 {
			t.Errorf("%d bytes a chunk: %d chunks aren't packed", packed, raw)
		}
	}
}
