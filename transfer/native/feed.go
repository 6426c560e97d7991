package native

import (
	"bytes"
	"io"
)

// A feed holds what was read of a stream and may have to be sent again. A nil
// feed holds nothing. The session's mu guards it.
type feed struct {
	index   int
	off     int64   // where the next chunk begins
	chunks  []chunk // not all of which is acknowledged
	bytes   int     // in chunks
	partial []byte  // read, and not in a chunk
	free    [][]byte
}

type chunk struct {
	off  int64
	data []byte
	left int // not acknowledged
}

// settle frees what has arrived.
func (f *feed) settle(pieces []piece) {
	if f == nil {
		return
	}
	for _, p := range pieces {
		if int(p.index) != f.index {
			continue
		}
		for k := range f.chunks {
			c := &f.chunks[k]
			if p.off < c.off || p.off >= c.off+int64(len(c.data)) {
				continue
			}
			if c.left -= int(p.n); c.left == 0 {
				f.bytes -= len(c.data)
				f.free = append(f.free, c.data[:0])
				f.chunks = append(f.chunks[:k], f.chunks[k+1:]...)
			}
			break
		}
	}
}

// at returns the n bytes at off, nil if they have arrived.
func (f *feed) at(off, n int64) []byte {
	for _, c := range f.chunks {
		if d := off - c.off; d >= 0 && d+n <= int64(len(c.data)) {
			return c.data[d : d+n]
		}
	}
	return nil
}

// promote makes a chunk of what has been read. mu is held.
func (s *sender) promote() {
	f := s.feed
	n := len(f.partial)
	if n == 0 {
		return
	}
	f.chunks = append(f.chunks, chunk{f.off, f.partial, n})
	f.bytes += n
	s.sched.stream(f.index, f.off, int64(n))
	f.off += int64(n)
	f.partial = nil
	if k := len(f.free); k > 0 {
		f.partial, f.free = f.free[k-1], f.free[:k-1]
	}
}

// feedStream reads the stream until it ends, never more than the window ahead of
// what has arrived.
func (s *sender) feedStream(r io.Reader) {
	buf := make([]byte, 64<<10)
	for {
		n, err := r.Read(buf)
		s.mu.Lock()
		for s.feed.bytes+n > maxWindow && !s.over {
			s.cond.Wait()
		}
		if s.over {
			s.mu.Unlock()
			return
		}
		s.readStream(buf[:n])
		if err != nil {
			s.promote()
		}
		s.wakeAll()
		s.mu.Unlock()
		if err != nil {
			s.endStream(err)
			return
		}
	}
}

// readStream takes what was read. mu is held.
func (s *sender) readStream(p []byte) {
	f := s.feed
	if len(f.partial)+len(p) > maxChunk {
		s.promote()
	}
	if f.partial == nil {
		f.partial = make([]byte, 0, maxChunk)
	}
	f.partial = append(f.partial, p...)
}

// endStream tells the receiver where the stream ended, if it did well.
func (s *sender) endStream(err error) {
	i := s.feed.index
	if err != io.EOF {
		s.giveUp(i, err)
		return
	}
	if s.post(s.ctx, msgEnd, ending{i, s.feed.off}.append(nil)) != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sched.endStream(i)
	s.wakeAll()
	s.cond.Broadcast()
}

// fillStream appends a piece of the stream.
func (s *sender) fillStream(c *carrier, b []byte, p piece) []byte {
	s.mu.Lock()
	content := s.feed.at(p.off, p.n)
	if content == nil || s.sched.state[p.index] == given {
		s.mu.Unlock()
		return b
	}
	head := appendData(b, int(p.index), p.off, len(content))
	whole := append(head, content...)
	s.mu.Unlock()
	if s.packs(c) {
		box := s.packer.try(c.scratch(), bytes.Clone(whole[len(head):]))
		if box != nil && s.growth.mayPack(int64(len(box)), p.n) {
			return appendPacked(b, int(p.index), p.off, int(p.n), box)
		}
	}
	return whole
}
