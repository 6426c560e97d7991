package native

import (
	"bytes"
	"io"
	"runtime"
	"sync"
	"sync/atomic"

	"sesame/internal/ranges"
	"sesame/session"
)

// An ordered passes the contents of one file on in their order, though lanes
// bring them in any. It keeps what comes early, at most a window of it. Its
// methods may be called by several goroutines.
type ordered struct {
	w      io.Writer
	index  int
	size   int64 // -1 while unknown; mu guards it
	halted func() bool
	done   atomic.Int64

	mu      sync.Mutex
	moved   sync.Cond // next has grown, or writing has ended
	next    int64     // offset of what w gets next
	came    ranges.Set
	early   map[int64]early // by offset; none overlaps another
	kept    int64           // bytes that early takes
	writing bool            // somebody writes to w, without mu
	err     error
}

// newOrdered passes on file index of the given size. What takes long ends when
// halted reports true.
func newOrdered(w io.Writer, index int, size int64, halted func() bool) *ordered {
	o := &ordered{w: w, index: index, size: size, halted: halted, early: make(map[int64]early)}
	o.moved.L = &o.mu
	return o
}

// early is what came before its turn: bytes, or n zeros.
type early struct {
	off  int64
	n    int64
	data []byte
}

// A piece that waits takes its bytes and perPiece more. maxKept is what all of
// them may take: a window of them, even if they are small.
const (
	perPiece = 128
	maxKept  = session.MaxWindow + 4*session.MaxChunk
)

func (e *early) cost() int64 { return int64(len(e.data)) + perPiece }

func (o *ordered) write(i int, off int64, p []byte) error {
	return o.put(i, early{off, int64(len(p)), p})
}

func (o *ordered) hole(i int, off, n int64) error {
	return o.put(i, early{off, n, nil})
}

// put takes a range. If it is its turn, it and what waits behind it are written.
// A range may come twice, when a lane was lost; then all of it does, or a part.
func (o *ordered) put(i int, e early) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	// A piece that is being written counts as arrived if it came over a second
	// lane, so there may be more than a window. It waits here.
	for o.writing && e.reach() > o.next+session.MaxWindow && o.err == nil {
		o.moved.Wait()
	}
	if o.err != nil {
		return o.err
	}
	if err := o.check(i, &e); err != nil || e.n == 0 || o.came.Covers(e.off, e.off+e.n) {
		return err
	}
	if o.came.Add(e.off, e.off+e.n) < e.n {
		o.err = broken("data that overlaps what has come")
		return o.err
	}
	if !o.writing && e.off == o.next {
		o.drain(e)
		return o.err
	}
	if o.kept += e.cost(); o.kept > maxKept {
		o.err = broken("more early data than the window allows")
		return o.err
	}
	e.data = bytes.Clone(e.data)
	o.early[e.off] = e
	return nil
}

// reach is the offset that must be in the window: the end of data, which is kept
// until its turn, and the beginning of a hole, which takes no memory.
func (e *early) reach() int64 {
	if e.data == nil {
		return e.off
	}
	return e.off + e.n
}

// check refuses what lies outside of the file, or of the window.
func (o *ordered) check(i int, e *early) error {
	switch {
	case i != o.index || o.size >= 0 && e.off+e.n > o.size:
		return broken("data outside of what was announced")
	case e.off > o.next+session.MaxWindow || e.reach() > o.next+session.MaxWindow+session.MaxChunk:
		return broken("data beyond the window")
	}
	return nil
}

// drain writes e, and what it is the turn of after it. mu is held, and released
// meanwhile.
func (o *ordered) drain(e early) {
	o.writing = true
	for more := true; more && o.err == nil; {
		o.mu.Unlock()
		n, err := o.emit(&e)
		o.mu.Lock()
		o.next += n
		o.err = err
		o.moved.Broadcast()
		if e, more = o.early[o.next]; more {
			delete(o.early, o.next)
			o.kept -= e.cost()
		}
	}
	o.writing = false
	o.moved.Broadcast()
}

var zeros [64 << 10]byte

// emit writes e.
func (o *ordered) emit(e *early) (int64, error) {
	if e.data != nil {
		n, err := o.w.Write(e.data)
		o.done.Add(int64(n))
		return int64(n), err
	}
	done := int64(0)
	for done < e.n {
		if o.halted() {
			return done, errHalted
		}
		n, err := o.w.Write(zeros[:min(int64(len(zeros)), e.n-done)])
		done += int64(n)
		o.done.Add(int64(n))
		if err != nil {
			return done, err
		}
		runtime.Gosched() // in a browser there is one thread, and somebody may want to stop this
	}
	return done, nil
}

// end says where a stream ends.
func (o *ordered) end(size int64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.size >= 0 || size < o.came.End() {
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

// rest waits until nothing is being written.
func (o *ordered) rest() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.writing {
		o.moved.Wait()
	}
}

func (o *ordered) written() int64 { return o.done.Load() }
