package native

import (
	"math"

	"sesame/internal/ranges"
	"sesame/session"
	"sesame/tree/manifest"
)

const (
	maxPieces  = 512     // files in one record
	maxBacklog = 1 << 16 // ranges that wait after a resumption, about
)

// A schedule says what a sender sends next, and knows when everything has
// arrived. Files go in the manifest's order, except that what a lost lane
// carried goes first. It has no files, lanes or clock; it isn't safe for concurrent use.
type schedule struct {
	entries []manifest.Entry
	state   []entryState
	cursor  int   // the first entry of which some was never sent, and
	off     int64 // how much of it was

	urgent []session.Piece // lost with a lane: the last is the next
	mixed  bool            // urgent is in no order
	again  []session.Piece // what the receiver lacks of files it held: the first is the next
	active map[int32]*activity

	ordered bool       // nothing may be sent that is session.MaxWindow beyond what isn't there
	there   ranges.Set // what is, of the one file of an ordered transfer
	held    int        // entries whose hashes haven't all come
	streams int        // entries without a size that haven't ended
	flying  int        // pieces in flight
	done    int64      // bytes that are there
	total   int64
	kept    int64 // of done, bytes that didn't have to be sent

	declined      int   // entries that the receiver doesn't want
	declinedBytes int64 // in them
}

type entryState uint8

const (
	unwanted entryState = iota // nothing has to be sent of it, or its turn has come
	wanted
	onHold // the receiver has some of it
	given  // it failed: given up
)

// An activity is a file that crosses in more than one piece.
type activity struct {
	left int64    // bytes that aren't acknowledged
	have int64    // bytes that are, or were kept
	file openFile // guards itself
}

// newSchedule wants all files that have something in them. Empty files need
// no data.
func newSchedule(entries []manifest.Entry) *schedule {
	s := &schedule{entries: entries, state: make([]entryState, len(entries)), active: make(map[int32]*activity)}
	for i := range entries {
		switch e := &entries[i]; {
		case e.Kind != manifest.File:
		case e.Size == manifest.StreamSize:
			s.state[i] = wanted
			s.streams++
		case e.Size > 0:
			s.state[i] = wanted
			s.total += min(e.Size, math.MaxInt64-s.total)
		}
	}
	return s
}

// hold notes that the receiver has something of n entries from first on. Nothing
// may have been taken yet.
func (s *schedule) hold(first, n int) error {
	for i := first; i < first+n; i++ {
		if s.state[i] != wanted || s.entries[i].Size == manifest.StreamSize {
			return broken("holds something of an entry that can't be resumed")
		}
		s.state[i] = onHold
		s.held++
	}
	return nil
}

// decline notes that n entries from first on aren't wanted. Nothing may have
// been taken yet.
func (s *schedule) decline(first, n int) error {
	for i := first; i < first+n; i++ {
		if s.state[i] != wanted || s.entries[i].Size == manifest.StreamSize {
			return broken("skips an entry that wouldn't be sent")
		}
		s.state[i] = unwanted
		s.total -= s.entries[i].Size
		s.declined++
		s.declinedBytes += s.entries[i].Size
	}
	return nil
}

// release ends the wait for entry i: the missing ranges are to be sent.
func (s *schedule) release(i int, missing []session.Piece) {
	s.held--
	if s.state[i] != onHold {
		return // it has failed meanwhile
	}
	s.state[i] = unwanted
	left := int64(0)
	for _, p := range missing {
		left += p.N
	}
	have := s.entries[i].Size - left
	s.done += have
	s.kept += have
	if left > 0 && have > 0 {
		s.active[int32(i)] = &activity{left: left, have: have}
	}
	s.again = append(s.again, missing...)
}

// whole reports whether p is all of a file.
func (s *schedule) whole(p session.Piece) bool { return p.Off == 0 && p.N == s.entries[p.Index].Size }

// take appends to dst the pieces of the next record, none if there is nothing to
// send now. Most, up to session.MaxChunk, is how many bytes of content it may have: a
// file with more crosses in parts. In an ordered transfer what was lost goes out again as
// it was, for it may have arrived, and what overlaps is refused.
func (s *schedule) take(dst []session.Piece, most int64) []session.Piece {
	room := most
	for len(dst) < maxPieces {
		p, ok := s.peek()
		if !ok || s.ordered && s.tooFar(p) {
			break
		}
		whole := s.whole(p) && p.N <= most && s.active[p.Index] == nil
		if len(dst) > 0 && (!whole || p.N+session.FrameRoom > room) {
			break
		}
		if !whole {
			s.begin(p)
			if again := len(s.urgent) > 0; !s.ordered || !again {
				p.N = min(p.N, most)
			}
		}
		s.advance(p.N)
		dst = append(dst, p)
		if room -= p.N + session.FrameRoom; !whole {
			break
		}
	}
	s.flying += len(dst)
	return dst
}

// waiting returns about how many bytes are to be sent now.
func (s *schedule) waiting() int64 {
	if p, more := s.peek(); !more || s.ordered && s.tooFar(p) {
		return 0
	}
	return max(1, s.total-s.done)
}

// tooFar reports whether p reaches too far behind the first byte that isn't there.
func (s *schedule) tooFar(p session.Piece) bool {
	return p.Off+min(p.N, session.MaxChunk) > s.there.Through(0)+session.MaxWindow
}

// peek returns what comes next, up to the end of its range.
func (s *schedule) peek() (session.Piece, bool) {
	s.order()
	for k := len(s.urgent); k > 0; k-- {
		if p := s.urgent[k-1]; s.state[p.Index] != given {
			return p, true
		}
		s.urgent = s.urgent[:k-1]
	}
	for len(s.again) > 0 {
		if p := s.again[0]; s.state[p.Index] != given {
			return p, true
		}
		s.again = s.again[1:]
	}
	for ; s.cursor < len(s.entries); s.cursor, s.off = s.cursor+1, 0 {
		size := s.entries[s.cursor].Size
		if s.state[s.cursor] == wanted && size != manifest.StreamSize && s.off < size {
			return session.Piece{Index: int32(s.cursor), Off: s.off, N: size - s.off}, true
		}
	}
	return session.Piece{}, false
}

// begin notes that the file of p, of which nothing has crossed before, crosses in
// parts.
func (s *schedule) begin(p session.Piece) {
	if s.active[p.Index] == nil {
		s.active[p.Index] = &activity{left: s.entries[p.Index].Size}
	}
}

// advance takes n bytes from what peek returned.
func (s *schedule) advance(n int64) {
	var p *session.Piece
	if k := len(s.urgent); k > 0 {
		p = &s.urgent[k-1]
		if p.N == n {
			s.urgent = s.urgent[:k-1]
			return
		}
	} else if len(s.again) > 0 {
		p = &s.again[0]
		if p.N == n {
			s.again = s.again[1:]
			return
		}
	} else {
		s.off += n
		return
	}
	p.Off += n
	p.N -= n
}

// skip makes p longer, up to the offset end, if what comes after it wasn't taken
// yet: the file has a hole there. It returns how long p is then. Where zeros are
// passed on in order they are work like other bytes, so p stays as it is.
func (s *schedule) skip(p session.Piece, end int64) int64 {
	if s.ordered || len(s.urgent)+len(s.again) > 0 || s.cursor != int(p.Index) || s.off != p.Off+p.N {
		return p.N
	}
	s.off = min(max(end, s.off), s.entries[s.cursor].Size)
	return s.off - p.Off
}

// stream puts n bytes of a stream, from off on, in the line.
func (s *schedule) stream(i int, off, n int64) {
	a := s.active[int32(i)]
	if a == nil {
		a = new(activity)
		s.active[int32(i)] = a
	}
	a.left += n
	s.total += n
	s.again = append(s.again, session.Piece{Index: int32(i), Off: off, N: n})
}

// endStream notes that nothing more comes of stream i.
func (s *schedule) endStream(i int) {
	s.streams--
	s.state[i] = unwanted
	if a := s.active[int32(i)]; a != nil && a.left == 0 {
		delete(s.active, int32(i))
	}
}

// settle notes that the pieces of a record have arrived. It appends to whole the
// active files that are complete by that: the caller checks them, and calls
// retire or fail for each.
func (s *schedule) settle(pieces []session.Piece, whole []int32) []int32 {
	s.flying -= len(pieces)
	for _, p := range pieces {
		if s.state[p.Index] == given {
			continue
		}
		s.done += p.N
		if s.ordered {
			s.there.Add(p.Off, p.Off+p.N)
		}
		a := s.active[p.Index]
		if a == nil {
			continue
		}
		a.left -= p.N
		a.have += p.N
		if a.left == 0 && (s.state[p.Index] != wanted || s.entries[p.Index].Size >= 0) {
			whole = append(whole, p.Index)
		}
	}
	return whole
}

// retire forgets the activity of a file that settle returned.
func (s *schedule) retire(i int32) { delete(s.active, i) }

// fail gives entry i up and reports whether that is news. What it holds open is
// returned for the caller to close, nil if that is nothing.
func (s *schedule) fail(i int) (news bool, a *activity) {
	if s.state[i] == given {
		return false, nil
	}
	a = s.active[int32(i)]
	delete(s.active, int32(i))
	e := &s.entries[i]
	switch {
	case e.Size > 0:
		s.total -= e.Size
	case e.Size == manifest.StreamSize && s.state[i] == wanted:
		s.streams--
	}
	if a != nil {
		s.done -= a.have
		if e.Size == manifest.StreamSize {
			s.total -= a.have + a.left
		}
	}
	s.state[i] = given
	return true, a
}

// complete reports whether everything is there or has failed.
func (s *schedule) complete() bool {
	if s.flying > 0 || s.held > 0 || s.streams > 0 || len(s.active) > 0 {
		return false
	}
	_, more := s.peek()
	return !more
}
