package native

import (
	"cmp"
	"io"
	"slices"
	"sync"
	"sync/atomic"
)

// An ordered passes the contents of one file on in their order, though lanes
// bring them in any. It keeps what comes early, at most a window of it. Its
// methods may be called by several goroutines.
type ordered struct {
	w     io.Writer
	index int
	size  int64 // -1 while unknown; mu guards it
	done  atomic.Int64

	mu      sync.Mutex
	moved   sync.Cond // next has grown, or writing has ended
	next    int64     // offset of what w gets next
	early   []early
	writing bool // somebody writes to w, without mu
	err     error
}

func newOrdered(w io.Writer, index int, size int64) *ordered {
	o := &ordered{w: w, index: index, size: size}
	o.moved.L = &o.mu
	return o
}

// early is what came before its turn: bytes, or n zeros.
type early struct {
	off  int64
	n    int64
	data []byte
}

// maxEarly is how many separate pieces may wait.
const maxEarly = 4096

func (o *ordered) write(i int, off int64, p []byte) error {
	return o.put(i, early{off, int64(len(p)), p})
}

func (o *ordered) hole(i int, off, n int64) error {
	return o.put(i, early{off, n, nil})
}

// put takes a range. If it is its turn, it and what waits behind it are written.
func (o *ordered) put(i int, e early) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	end := e.off + e.n
	// A piece that is being written counts as arrived if it came over a second
	// lane, so there may be more than a window. It waits here.
	for o.writing && end > o.next+maxWindow && o.err == nil {
		o.moved.Wait()
	}
	switch {
	case o.err != nil:
		return o.err
	case i != o.index || o.size >= 0 && end > o.size:
		return broken("data outside of what was announced")
	case e.n == 0 || end <= o.next:
		return nil // came twice
	case e.off > o.next+maxWindow || len(o.early) >= maxEarly || e.data != nil && end > o.next+maxWindow+maxChunk:
		return broken("data beyond the window")
	}
	if o.writing || e.off > o.next {
		if e.data != nil {
			e.data = slices.Clone(e.data)
		}
		at, twice := slices.BinarySearchFunc(o.early, e.off, func(x early, off int64) int { return cmp.Compare(x.off, off) })
		if !twice {
			o.early = slices.Insert(o.early, at, e)
		} else if o.early[at].n < e.n {
			o.early[at] = e
		}
		return nil
	}
	o.drain(e)
	return o.err
}

// drain writes e, and what it is the turn of after it. mu is held, and released
// meanwhile.
func (o *ordered) drain(e early) {
	o.writing = true
	for {
		cut := o.next - e.off
		o.mu.Unlock()
		n, err := o.emit(e, cut)
		o.mu.Lock()
		o.next += n
		o.done.Store(o.next)
		o.moved.Broadcast()
		if err != nil {
			o.err = err
			break
		}
		for len(o.early) > 0 && o.early[0].off+o.early[0].n <= o.next {
			o.early = slices.Delete(o.early, 0, 1)
		}
		if len(o.early) == 0 || o.early[0].off > o.next {
			break
		}
		e = o.early[0]
		o.early = slices.Delete(o.early, 0, 1)
	}
	o.writing = false
	o.moved.Broadcast()
}

var zeros [64 << 10]byte

// emit writes e without its first cut bytes.
func (o *ordered) emit(e early, cut int64) (int64, error) {
	if e.data != nil {
		n, err := o.w.Write(e.data[cut:])
		return int64(n), err
	}
	done := int64(0)
	for done < e.n-cut {
		n, err := o.w.Write(zeros[:min(int64(len(zeros)), e.n-cut-done)])
		done += int64(n)
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// end says where a stream ends.
func (o *ordered) end(size int64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.size >= 0 || size < o.next {
		return broken("END twice, or before data")
	}
	o.size = size
	return nil
}

// complete reports whether everything has been written. It waits for what is
// being written.
func (o *ordered) complete() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.writing {
		o.moved.Wait()
	}
	return o.next == o.size
}

func (o *ordered) written() int64 { return o.done.Load() }
