package native

import (
	"sync"

	"sesame/session"
	"sesame/tree/manifest"
)

// A line is what a sender has to send and in which order, for all lanes. Its methods
// may be called by several goroutines; none takes long.
type line struct {
	mu    sync.Mutex
	sched *schedule
	feed  *feed   // of the stream, nil if there is none
	whole []int32 // large files whose last byte has arrived: to be checked
}

func newLine(entries []manifest.Entry, stream int) *line {
	l := &line{sched: newSchedule(entries)}
	if stream >= 0 {
		l.feed = &feed{index: stream}
	}
	return l
}

// with lets f have the schedule, which it must not keep.
func (l *line) with(f func(*schedule)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(l.sched)
}

// Waiting is session.Bulk's.
func (l *line) Waiting() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.sched.waiting()
	if l.feed != nil && n == 0 {
		n = int64(len(l.feed.partial))
	}
	return n
}

// Take is session.Bulk's.
func (l *line) Take(dst []session.Piece, most int64) []session.Piece {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.feed != nil {
		if _, more := l.sched.peek(); !more {
			l.promote()
		}
	}
	return l.sched.take(dst, most)
}

// Prospect is session.Bulk's.
func (l *line) Prospect() (left int64, ordered bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sched.streams > 0 {
		return -1, l.sched.ordered
	}
	return l.sched.total - l.sched.done, l.sched.ordered
}

// Settle is session.Bulk's.
func (l *line) Settle(pieces []session.Piece) (news bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.whole = l.sched.settle(pieces, l.whole)
	l.feed.settle(pieces)
	return l.feed != nil || len(l.whole) > 0 || l.sched.complete()
}

// Lose is session.Bulk's.
func (l *line) Lose(pieces []session.Piece) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sched.lost(pieces)
}

// promote makes what was read of the stream ready to be sent.
func (l *line) promote() { l.stream(l.feed.promote()) }

func (l *line) stream(off, n int64) {
	if n > 0 {
		l.sched.stream(l.feed.index, off, n)
	}
}

// finished returns the large files that have arrived since the last call.
func (l *line) finished() []int32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	whole := l.whole
	l.whole = nil
	return whole
}

// ready reports whether files are to be checked, or everything has arrived.
func (l *line) ready() (check, complete bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.whole) > 0, l.sched.complete()
}

// room reports whether n more bytes of the stream may be read ahead of what has
// arrived.
func (l *line) room(n int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.feed.bytes+n <= session.MaxWindow
}

// read takes bytes of the stream, the last ones if it ends with them.
func (l *line) read(p []byte, last bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stream(l.feed.put(p)); last {
		l.promote()
	}
}

// streamed appends the frame of a piece of the stream to b, and returns its content in
// it, nil if it isn't needed any more.
func (l *line) streamed(b []byte, p session.Piece) (whole, content []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.feed.at(p.Off, p.N)
	if c == nil || l.sched.state[p.Index] == given {
		return b, nil
	}
	whole = append(session.AppendData(b, int(p.Index), p.Off, len(c)), c...)
	return whole, whole[len(whole)-len(c):]
}

// streamEnd returns how long the stream is.
func (l *line) streamEnd() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.feed.off
}

// activity returns what is known of a file that crosses in parts, nil if it has failed.
func (l *line) activity(i int32) *activity {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sched.active[i]
}

// skip makes p longer: up to data there is a hole.
func (l *line) skip(p session.Piece, data int64) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sched.skip(p, data)
}
