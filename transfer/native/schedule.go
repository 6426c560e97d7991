package native

import (
	"cmp"
	"math"
	"slices"

	"sesame/tree/manifest"
)

const (
	maxWindow  = 16 << 20 // bytes of files that aren't acknowledged, on all lanes
	maxPieces  = 512      // files in one record
	maxBacklog = 1 << 16  // ranges that wait after a resumption, about
)

// A schedule says what a sender sends next, and knows when everything has
// arrived. Files go in the manifest's order, except that what a lost lane
// carried goes first. It has no files, lanes or clock; it isn't safe for concurrent use.
type schedule struct {
	entries []manifest.Entry
	state   []entryState
	cursor  int   // the first entry of which some was never sent, and
	off     int64 // how much of it was

	urgent []piece // lost with a lane: the last is the next
	again  []piece // what the receiver lacks of files it held: the first is the next
	active map[int32]*activity

	ordered bool  // nothing may be sent that is maxWindow beyond what isn't there
	held    int   // entries whose hashes haven't all come
	streams int   // entries without a size that haven't ended
	flying  int   // pieces in flight
	bytes   int64 // in flight, as flight counts them
	done    int64 // bytes that are there
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
func (s *schedule) release(i int, missing []piece) {
	s.held--
	if s.state[i] != onHold {
		return // it has failed meanwhile
	}
	s.state[i] = unwanted
	left := int64(0)
	for _, p := range missing {
		left += p.n
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
func (s *schedule) whole(p piece) bool { return p.off == 0 && p.n == s.entries[p.index].Size }

// take appends to dst the pieces of the next record, none if there is nothing to
// send now. Most, up to maxChunk, is how many bytes of content it may have: a file
// with more crosses in parts. In an ordered transfer what was lost goes out again as
// it was, for it may have arrived, and what overlaps is refused. Lowest returns the lowest offset in flight, for an
// ordered transfer.
func (s *schedule) take(dst []piece, most int64, lowest func() int64) []piece {
	room := most
	for len(dst) < maxPieces {
		p, ok := s.peek()
		if !ok || s.ordered && s.tooFar(p, lowest) {
			break
		}
		whole := s.whole(p) && p.n <= most && s.active[p.index] == nil
		if len(dst) > 0 && (!whole || p.n+frameRoom > room) {
			break
		}
		if !whole {
			s.begin(p)
			if again := len(s.urgent) > 0; !s.ordered || !again {
				p.n = min(p.n, most)
			}
		}
		s.advance(p.n)
		dst = append(dst, p)
		if room -= p.n + frameRoom; !whole {
			break
		}
	}
	s.flying += len(dst)
	s.bytes += cost(dst)
	return dst
}

// full reports whether the window has no room.
func (s *schedule) full() bool { return s.bytes >= maxWindow }

func (s *schedule) tooFar(p piece, lowest func() int64) bool {
	low := lowest()
	if k := len(s.urgent); k > 0 {
		low = min(low, s.urgent[k-1].off)
	}
	return p.off+min(p.n, maxChunk) > min(low, p.off)+maxWindow
}

// peek returns what comes next, up to the end of its range.
func (s *schedule) peek() (piece, bool) {
	for k := len(s.urgent); k > 0; k-- {
		if p := s.urgent[k-1]; s.state[p.index] != given {
			return p, true
		}
		s.urgent = s.urgent[:k-1]
	}
	for len(s.again) > 0 {
		if p := s.again[0]; s.state[p.index] != given {
			return p, true
		}
		s.again = s.again[1:]
	}
	for ; s.cursor < len(s.entries); s.cursor, s.off = s.cursor+1, 0 {
		size := s.entries[s.cursor].Size
		if s.state[s.cursor] == wanted && size != manifest.StreamSize && s.off < size {
			return piece{int32(s.cursor), s.off, size - s.off}, true
		}
	}
	return piece{}, false
}

// begin notes that the file of p, of which nothing has crossed before, crosses in
// parts.
func (s *schedule) begin(p piece) {
	if s.active[p.index] == nil {
		s.active[p.index] = &activity{left: s.entries[p.index].Size}
	}
}

// advance takes n bytes from what peek returned.
func (s *schedule) advance(n int64) {
	var p *piece
	if k := len(s.urgent); k > 0 {
		p = &s.urgent[k-1]
		if p.n == n {
			s.urgent = s.urgent[:k-1]
			return
		}
	} else if len(s.again) > 0 {
		p = &s.again[0]
		if p.n == n {
			s.again = s.again[1:]
			return
		}
	} else {
		s.off += n
		return
	}
	p.off += n
	p.n -= n
}

// skip makes p longer, up to the offset end, if what comes after it wasn't taken
// yet: the file has a hole there. It returns how long p is then. Where zeros are
// passed on in order they are work like other bytes, so p stays as it is.
func (s *schedule) skip(p piece, end int64) int64 {
	if s.ordered || len(s.urgent)+len(s.again) > 0 || s.cursor != int(p.index) || s.off != p.off+p.n {
		return p.n
	}
	s.off = min(max(end, s.off), s.entries[s.cursor].Size)
	return s.off - p.off
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
	s.again = append(s.again, piece{int32(i), off, n})
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
func (s *schedule) settle(pieces []piece, cost int64, whole []int32) []int32 {
	s.flying -= len(pieces)
	s.bytes -= cost
	for _, p := range pieces {
		if s.state[p.index] == given {
			continue
		}
		s.done += p.n
		a := s.active[p.index]
		if a == nil {
			continue
		}
		a.left -= p.n
		a.have += p.n
		if a.left == 0 && (s.state[p.index] != wanted || s.entries[p.index].Size >= 0) {
			whole = append(whole, p.index)
		}
	}
	return whole
}

// retire forgets the activity of a file that settle returned.
func (s *schedule) retire(i int32) { delete(s.active, i) }

// lost takes back the pieces of a record whose lane is gone, to be sent first.
// After the last of them the caller calls order.
func (s *schedule) lost(pieces []piece, cost int64) {
	s.flying -= len(pieces)
	s.bytes -= cost
	s.urgent = append(s.urgent, pieces...)
}

// order sorts what was lost, so that the first of it is the next.
func (s *schedule) order() {
	slices.SortFunc(s.urgent, func(a, b piece) int {
		return cmp.Or(cmp.Compare(b.index, a.index), cmp.Compare(b.off, a.off))
	})
}

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
