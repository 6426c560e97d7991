package native

import (
	"bytes"
	"io"

	"sesame/session"
	"sesame/tree"
	"sesame/tree/manifest"
)

// errShort says that a file ends before its listed size.
var errShort error = manifest.Because(manifest.CauseShort)

// A filler reads what is sent, packs it where that helps, and makes frames of it. It
// may be used by several goroutines.
type filler struct {
	*line
	m      *manifest.Manifest
	src    tree.Source
	files  openFiles
	packer *packer
	growth growth                                     // of the stream
	asIs   bool                                       // nothing is packed
	unread func(f *session.Filling, i int, err error) // what was chosen can't be read
}

// Fill is session.Bulk's: it reads what was chosen for a lane and appends it to b as
// frames, which stand in the lane's own buffer.
func (s *filler) Fill(f *session.Filling, b []byte) []byte {
	for k, p := range f.Pieces {
		switch {
		case s.feed != nil && int(p.Index) == s.feed.index:
			b = s.fillStream(f, b, p)
		case p.Off == 0 && p.N == s.m.Entries[p.Index].Size:
			b = s.fillWhole(f, b, p)
		default:
			b = s.fillPart(f, b, k)
		}
	}
	return b
}

// fillWhole appends a file that crosses in one piece.
func (s *filler) fillWhole(f *session.Filling, b []byte, p session.Piece) []byte {
	i := int(p.Index)
	head := session.AppendData(b, i, 0, int(p.N))
	content := head[len(head) : len(head)+int(p.N)]
	if err := s.src.Read(i, content); err != nil {
		s.unread(f, i, err)
		return b
	}
	if s.packs(f) {
		if box := s.packer.try(f.Scratch(), content); box != nil {
			return session.AppendPacked(b, i, 0, int(p.N), box)
		}
	}
	return head[:len(head)+int(p.N)]
}

// fillPart appends piece number k of what was chosen, a part of a large file.
func (s *filler) fillPart(f *session.Filling, b []byte, k int) []byte {
	p := f.Pieces[k]
	i := int(p.Index)
	a := s.activity(p.Index)
	if a == nil {
		return b // it failed meanwhile, or all of it has arrived
	}
	file, sparse, err := a.file.open(&s.files, s.src, i, s.m.Entries[i].Size)
	if err != nil {
		s.unread(f, i, err)
		return b
	}
	defer a.file.release()
	if sparse {
		if data := tree.NextData(file, p.Off, s.m.Entries[i].Size); data >= p.Off+p.N {
			return session.AppendHole(b, i, p.Off, f.Stretch(k, func(p session.Piece) int64 { return s.skip(p, data&^4095) }))
		}
	}
	head := session.AppendData(b, i, p.Off, int(p.N))
	content := head[len(head) : len(head)+int(p.N)]
	if err := readFull(file, content, p.Off); err != nil {
		s.unread(f, i, err)
		return b
	}
	if s.packs(f) && a.file.packs(s.packer, f.Scratch(), content) {
		if box := s.packer.try(f.Scratch(), content); box != nil {
			return session.AppendPacked(b, i, p.Off, int(p.N), box)
		}
	}
	return head[:len(head)+int(p.N)]
}

// fillStream appends a piece of the stream.
func (s *filler) fillStream(f *session.Filling, b []byte, p session.Piece) []byte {
	whole, content := s.streamed(b, p)
	if content != nil && s.packs(f) {
		box := s.packer.try(f.Scratch(), bytes.Clone(content))
		if box != nil && s.growth.mayPack(int64(len(box)), p.N) {
			return session.AppendPacked(b, int(p.Index), p.Off, int(p.N), box)
		}
	}
	return whole
}

// packs reports whether contents may be packed for a lane.
func (s *filler) packs(f *session.Filling) bool { return f.Slow && !s.asIs }

// close closes what an early end left open.
func (s *filler) close() {
	s.with(func(sched *schedule) {
		for _, a := range sched.active {
			a.file.close(&s.files)
		}
	})
}

// readFull reads all of p from off on.
func readFull(f io.ReaderAt, p []byte, off int64) error {
	n, err := f.ReadAt(p, off)
	if n == len(p) {
		return nil
	}
	if err == io.EOF {
		return errShort
	}
	return err
}
