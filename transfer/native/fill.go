package native

import (
	"io"

	"sesame/transit/record"
	"sesame/tree"
	"sesame/tree/manifest"
)

// errShort says that a file ends before its listed size.
var errShort error = manifest.Because(manifest.CauseShort)

// fill reads what was chosen for a lane and appends it to b as frames, which
// stand in the lane's own buffer.
func (s *sender) fill(c *carrier, b []byte) []byte {
	for k, p := range c.chosen.pieces {
		switch i := int(p.index); {
		case s.feed != nil && i == s.feed.index:
			b = s.fillStream(c, b, p)
		case s.sched.whole(p):
			b = s.fillWhole(c, b, p)
		default:
			b = s.fillPart(c, b, p, k)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !c.dead {
		c.flight.grow(len(b))
	}
	return b
}

// fillWhole appends a file that crosses in one piece.
func (s *sender) fillWhole(c *carrier, b []byte, p piece) []byte {
	i := int(p.index)
	head := appendData(b, i, 0, int(p.n))
	content := head[len(head) : len(head)+int(p.n)]
	if err := s.src.Read(i, content); err != nil {
		s.giveUp(i, err)
		return b
	}
	if s.packs(c) {
		if box := s.packer.try(c.scratch(), content); box != nil {
			return appendPacked(b, i, 0, int(p.n), box)
		}
	}
	return head[:len(head)+int(p.n)]
}

// fillPart appends piece number k of what was chosen, a part of a large file.
func (s *sender) fillPart(c *carrier, b []byte, p piece, k int) []byte {
	i := int(p.index)
	s.mu.Lock()
	a := s.sched.active[p.index]
	s.mu.Unlock()
	if a == nil {
		return b // it failed meanwhile
	}
	f, sparse, err := a.file.open(&s.open, s.src, i, s.m.Entries[i].Size)
	if err != nil {
		s.giveUp(i, err)
		return b
	}
	defer a.file.release()
	if sparse {
		if data := tree.NextData(f, p.off, s.m.Entries[i].Size); data >= p.off+p.n {
			return appendHole(b, i, p.off, s.skip(c, k, data))
		}
	}
	head := appendData(b, i, p.off, int(p.n))
	content := head[len(head) : len(head)+int(p.n)]
	if err := readFull(f, content, p.off); err != nil {
		s.giveUp(i, err)
		return b
	}
	if s.packs(c) && a.file.packs(&s.packer, c.scratch(), content) {
		if box := s.packer.try(c.scratch(), content); box != nil {
			return appendPacked(b, i, p.off, int(p.n), box)
		}
	}
	return head[:len(head)+int(p.n)]
}

// skip makes piece k of the record that a lane is about to send longer: up to
// data there is a hole.
func (s *sender) skip(c *carrier, k int, data int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &c.chosen.pieces[k]
	if !c.dead {
		p.n = s.sched.skip(*p, data&^4095)
		c.flight.newest()[k].n = p.n
	}
	return p.n
}

// packs reports whether contents may be packed for a lane.
func (s *sender) packs(c *carrier) bool {
	if s.cfg.NoCompress {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.speed.slow(c.lane.Path())
}

// scratch returns the lane's second buffer.
func (c *carrier) scratch() []byte {
	if c.spare == nil {
		c.spare = make([]byte, 0, record.MaxPayload)
	}
	return c.spare
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
