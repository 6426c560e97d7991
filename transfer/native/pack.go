package native

import (
	"sync"

	"github.com/klauspost/compress/zstd"

	"sesame/session"
)

const (
	minPack    = 1 << 10  // bytes: less isn't packed
	packSample = 64 << 10 // bytes of a file that show whether packing helps
)

// packing says whether a file's contents get smaller.
type packing uint8

const (
	unknown packing = iota
	pays
	useless
)

// A packer packs and unpacks contents, each chunk by itself, with Zstandard. The
// zero value is ready; it may be used by several goroutines.
type packer struct {
	encOnce, decOnce sync.Once
	enc              *zstd.Encoder
	dec              *zstd.Decoder
}

// try appends p packed to dst[:0] if that saves a tenth, otherwise it returns nil.
func (k *packer) try(dst, p []byte) []byte {
	if len(p) < minPack {
		return nil
	}
	k.encOnce.Do(func() {
		var err error
		k.enc, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(2),
			zstd.WithWindowSize(256<<10), zstd.WithEncoderCRC(false), zstd.WithSingleSegment(true))
		if err != nil {
			panic("native: internal error: " + err.Error())
		}
	})
	out := k.enc.EncodeAll(p, dst[:0])
	if len(out) > len(p)-len(p)/10 {
		return nil
	}
	return out
}

// sample reports whether p, the beginning of a file, gets smaller. dst is scratch
// memory.
func (k *packer) sample(dst, p []byte) packing {
	if k.try(dst, p[:min(len(p), packSample)]) == nil {
		return useless
	}
	return pays
}

// unpack returns the n bytes that are packed in box, in dst if it is large
// enough. The peer may have made box in any way.
func (k *packer) unpack(dst, box []byte, n int64) ([]byte, error) {
	k.decOnce.Do(func() {
		var err error
		k.dec, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxMemory(session.MaxChunk), zstd.WithDecoderMaxWindow(256<<10))
		if err != nil {
			panic("native: internal error: " + err.Error())
		}
	})
	out, err := k.dec.DecodeAll(box, dst[:0])
	if err != nil || int64(len(out)) != n {
		return nil, broken("packed data doesn't unpack to what it says")
	}
	return out, nil
}

// close frees what it holds, when nobody uses it any more.
func (k *packer) close() {
	if k.enc != nil {
		k.enc.Close()
	}
	if k.dec != nil {
		k.dec.Close()
	}
}
