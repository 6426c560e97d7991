package native

import (
	"fmt"

	"sesame/tree"
)

// resumeKey is what the keys for hashes of groups are derived for.
const resumeKey = "sesame/1 resume"

// resuming is where a sender is in the receiver's hashes.
type resuming struct {
	next int    // the entry that hashes came of, and after it, -1 before the first
	open bool   // more of that one come
	sums []byte // of that one
	key  []byte
}

// answer deals with a message of hashes. SENT follows the answer, even if that
// says that nothing has to be sent.
func (s *sender) answer(body []byte, deal func([]byte) error) error {
	owe := func(owing bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.owing = owing
		s.cond.Broadcast()
	}
	owe(true)
	defer owe(false)
	return deal(body)
}

// dealHave compares what the receiver has with what is here, and answers.
func (s *sender) dealHave(body []byte) error {
	var answer []byte
	r := reader{rest: body}
	for len(r.rest) > 0 {
		h := r.have()
		if r.failed || h.index >= len(s.m.Entries) {
			return nonsense(msgHave)
		}
		if err := s.collect(h); err != nil {
			return err
		}
		if !h.last {
			continue
		}
		k, err := s.compare(h.index)
		if err != nil {
			return err
		}
		if len(answer)+len(k.equal)+16 > maxBody {
			if err := s.post(s.ctx, msgKeep, answer); err != nil {
				return err
			}
			answer = nil
		}
		answer = k.append(answer)
	}
	if answer == nil {
		return nil
	}
	return s.post(s.ctx, msgKeep, answer)
}

// collect adds the hashes of an item to those of the same file.
func (s *sender) collect(h have) error {
	u := &s.resume
	s.mu.Lock()
	held := s.accepted && (s.sched.state[h.index] == onHold || s.sched.state[h.index] == given)
	s.mu.Unlock()
	switch {
	case u.open && h.index != u.next, !u.open && h.index <= u.next:
		return broken("HAVE out of order")
	case !held:
		return broken("HAVE of an entry that isn't held")
	}
	size := s.m.Entries[h.index].Size
	group := tree.GroupSize(size)
	if int64(len(u.sums)+len(h.hashes))/hashSize > (size+group-1)/group {
		return broken("HAVE of more groups than a file has")
	}
	u.next, u.open = h.index, !h.last
	u.sums = append(u.sums, h.hashes...)
	return nil
}

// compare finds out which groups of file i needn't be sent, and lets the
// schedule send the rest.
func (s *sender) compare(i int) (keep, error) {
	u := &s.resume
	if u.key == nil {
		u.key = s.ch.Key(resumeKey, 32)
	}
	size := s.m.Entries[i].Size
	same, err := s.match(i, size)
	if s.ctx.Err() != nil {
		return keep{}, s.ctx.Err()
	}
	if err != nil {
		s.giveUp(i, err)
	}
	k := keep{index: i, n: len(u.sums) / hashSize}
	k.equal = make([]byte, (k.n+7)/8)
	for g, equal := range same {
		if equal {
			k.equal[g/8] |= 1 << (g % 8)
		}
	}
	u.sums = u.sums[:0]
	return k, s.release(i, missingOf(i, size, same))
}

// release lets the schedule send what is missing of file i.
func (s *sender) release(i int, missing []piece) error {
	return s.await(s.ctx, func() bool {
		if len(s.sched.again) > maxBacklog {
			return false
		}
		s.sched.release(i, missing)
		s.wakeAll()
		s.cond.Broadcast()
		return true
	})
}

func (s *sender) match(i int, size int64) ([]bool, error) {
	if len(s.resume.sums) == 0 {
		return nil, nil
	}
	f, err := s.src.Open(i)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	same, err := tree.Match(s.ctx, f, size, s.resume.key, s.resume.sums)
	if err == nil {
		err = s.src.Changed(f, i)
	}
	if err != nil {
		return nil, fmt.Errorf("compare with what is there: %w", err)
	}
	return same, nil
}

// missingOf returns the parts of file i that aren't the same: between the groups
// that are, and after the last that was compared. A file that crosses in one
// piece is missing as a whole.
func missingOf(i int, size int64, same []bool) []piece {
	group := tree.GroupSize(size)
	var out []piece
	for off := int64(0); off < size; off += group {
		n := min(group, size-off)
		if g := off / group; g < int64(len(same)) && same[g] {
			continue
		}
		if k := len(out) - 1; k >= 0 && out[k].off+out[k].n == off {
			out[k].n += n
		} else {
			out = append(out, piece{int32(i), off, n})
		}
	}
	if size <= maxChunk && len(out) > 0 {
		return []piece{{int32(i), 0, size}}
	}
	return out
}
