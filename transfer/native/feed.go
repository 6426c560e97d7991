package native

import "sesame/session"

// A feed holds what was read of a stream and may have to be sent again. A nil
// feed holds nothing. It isn't safe for concurrent use.
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
func (f *feed) settle(pieces []session.Piece) {
	if f == nil {
		return
	}
	for _, p := range pieces {
		if int(p.Index) != f.index {
			continue
		}
		for k := range f.chunks {
			c := &f.chunks[k]
			if p.Off < c.off || p.Off >= c.off+int64(len(c.data)) {
				continue
			}
			if c.left -= int(p.N); c.left == 0 {
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

// put takes what was read. It returns where a chunk that is full by that begins, and how
// long it is, 0 for none.
func (f *feed) put(p []byte) (off, n int64) {
	if len(f.partial)+len(p) > session.MaxChunk {
		off, n = f.promote()
	}
	if f.partial == nil {
		f.partial = make([]byte, 0, session.MaxChunk)
	}
	f.partial = append(f.partial, p...)
	return off, n
}

// promote makes a chunk of what has been read.
func (f *feed) promote() (off, n int64) {
	if len(f.partial) == 0 {
		return 0, 0
	}
	off, n = f.off, int64(len(f.partial))
	f.chunks = append(f.chunks, chunk{off, f.partial, int(n)})
	f.bytes += int(n)
	f.off += n
	f.partial = nil
	if k := len(f.free); k > 0 {
		f.partial, f.free = f.free[k-1], f.free[:k-1]
	}
	return off, n
}
