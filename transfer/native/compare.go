package native

import (
	"context"
	"fmt"
	"sync"

	"sesame/session"
	"sesame/tree"
)

// Purposes of the keys of hashes: of groups, and of whole files.
const (
	resumeKey = "sesame/1 resume"
	wholeKey  = "sesame/1 whole"
)

// maxUnanswered is how many bytes of hashes of whole entries may be unanswered before
// those of another one come.
const maxUnanswered = 512 << 10

// A comparer takes the receiver's hashes, and finds out in a goroutine of its own which
// of what they are of needn't be sent: that may take minutes, in which other things are
// said.
type comparer struct {
	s *sender

	// These belong to the goroutine that deals with messages.
	next   int    // the entry that hashes came of, and after it, -1 before the first
	open   bool   // more of that one come
	sums   []byte // of that one
	wholes int    // the last entry that a hash of all came of

	mu      sync.Mutex
	jobs    []comparison
	pending int // bytes of hashes whose answer isn't in line yet
	busy    bool
}

// A comparison is an entry to be compared: by its groups, or as a whole.
type comparison struct {
	index int
	whole bool
	sums  []byte
}

// dealHave takes hashes of groups.
func (c *comparer) dealHave(body []byte) error {
	r := read(body)
	for len(r.Rest) > 0 {
		h := r.have()
		if r.Failed || h.index >= len(c.s.m.Entries) {
			return nonsense(msgHave)
		}
		if err := c.collect(h); err != nil {
			return err
		}
		if h.last {
			c.queue(comparison{h.index, false, c.sums})
			c.sums = nil
		}
	}
	return nil
}

// state returns what is to become of an entry.
func (c *comparer) state(i int) (st entryState) {
	c.s.with(func(sched *schedule) { st = sched.state[i] })
	return st
}

// held reports whether hashes of an entry may come.
func (c *comparer) held(i int) bool {
	st := c.state(i)
	return c.s.accepted && (st == onHold || st == given)
}

// collect adds the hashes of an item to those of the same file.
func (c *comparer) collect(h have) error {
	switch {
	case c.open && h.index != c.next, !c.open && h.index <= c.next:
		return broken("HAVE out of order")
	case !c.held(h.index):
		return broken("HAVE of an entry that isn't held")
	case !c.open && !c.mayCome():
		return broken("HAVE of more than may be unanswered")
	}
	size := c.s.m.Entries[h.index].Size
	group := tree.GroupSize(size)
	if int64(len(c.sums)+len(h.hashes))/hashSize > (size+group-1)/group {
		return broken("HAVE of more groups than a file has")
	}
	c.next, c.open = h.index, !h.last
	c.sums = append(c.sums, h.hashes...)
	return nil
}

// dealWhole takes hashes of files that stand at the receiver's.
func (c *comparer) dealWhole(body []byte) error {
	r := read(body)
	for len(r.Rest) > 0 {
		w := r.whole()
		if r.Failed || w.index >= len(c.s.m.Entries) {
			return nonsense(msgWhole)
		}
		switch {
		case !c.held(w.index), w.index == c.wholes:
			return broken("WHOLE of an entry that isn't held")
		case c.s.m.Entries[w.index].Size < tree.MinStanding:
			return broken("WHOLE of a file that is too small")
		case c.open || w.index < c.wholes:
			return broken("WHOLE out of order")
		case !c.mayCome():
			return broken("WHOLE of more than may be unanswered")
		}
		c.wholes = w.index
		c.queue(comparison{w.index, true, append([]byte(nil), w.hash...)})
	}
	return nil
}

// mayCome reports whether hashes of another entry may come now.
func (c *comparer) mayCome() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pending <= maxUnanswered
}

func (c *comparer) queue(job comparison) {
	c.mu.Lock()
	c.jobs = append(c.jobs, job)
	c.pending += len(job.sums)
	c.mu.Unlock()
	c.s.c.session.Stir()
}

// idle reports whether every hash is answered.
func (c *comparer) idle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.jobs) == 0 && !c.busy
}

// take returns what is to be compared next; with wait there must be something.
func (c *comparer) take() (job comparison, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ok = len(c.jobs) > 0; ok {
		job, c.jobs, c.busy = c.jobs[0], c.jobs[1:], true
	}
	return job, ok
}

// answered notes that the answer to so many bytes of hashes is in line.
func (c *comparer) answered(n int) {
	c.mu.Lock()
	c.pending -= n
	c.busy = false
	c.mu.Unlock()
	c.s.c.session.Stir()
}

// run compares and answers until the transfer ends. SENT follows the answers, even if
// they say that nothing has to be sent.
func (c *comparer) run(ctx context.Context) {
	var answer []byte
	hashes := 0
	for {
		job, ok := c.take()
		if ok {
			k, err := c.compare(ctx, job)
			if err != nil {
				return
			}
			answer, hashes = k.append(answer), hashes+len(job.sums)
			if len(answer)+keepRoom < maxBody && hashes < maxUnanswered/4 && c.more() {
				continue
			}
		}
		if answer != nil {
			if c.s.x.Post(ctx, msgKeep, answer) != nil {
				return
			}
			c.answered(hashes)
			answer, hashes = nil, 0
			continue
		}
		if c.s.await(ctx, c.more) != nil {
			return
		}
	}
}

// keepRoom is how long an item of KEEP is at most.
const keepRoom = 16 + maxGroups/8

// more reports whether there is something to compare.
func (c *comparer) more() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.jobs) > 0
}

// compare finds out what of an entry needn't be sent, and lets the rest be sent.
func (c *comparer) compare(ctx context.Context, job comparison) (keep, error) {
	same, err := c.match(ctx, job)
	if ctx.Err() != nil {
		return keep{}, ctx.Err()
	}
	size := c.s.m.Entries[job.index].Size
	n := len(job.sums) / hashSize
	if err != nil {
		same = make([]bool, n) // it has failed, and must not count as kept
		c.s.fail(job.index, err)
	}
	k := keep{index: job.index, n: n, equal: make([]byte, (n+7)/8)}
	for g, equal := range same {
		if equal {
			k.equal[g/8] |= 1 << (g % 8)
		}
	}
	missing := missingOf(job.index, size, same)
	if job.whole {
		if missing = nil; !same[0] {
			missing = []session.Piece{{Index: int32(job.index), Off: 0, N: size}}
		}
	}
	return k, c.release(ctx, job.index, missing)
}

// release lets the schedule send what is missing of file i.
func (c *comparer) release(ctx context.Context, i int, missing []session.Piece) error {
	err := c.s.await(ctx, func() (ok bool) {
		c.s.with(func(sched *schedule) { ok = len(sched.again) <= maxBacklog })
		return ok
	})
	if err != nil {
		return err
	}
	c.s.with(func(sched *schedule) { sched.release(i, missing) })
	c.s.x.Wake()
	c.s.c.session.Stir()
	return nil
}

// match compares one entry, by what there is of it now.
func (c *comparer) match(ctx context.Context, job comparison) ([]bool, error) {
	if len(job.sums) == 0 {
		return nil, nil
	}
	f, err := c.s.src.Open(job.index)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size := c.s.m.Entries[job.index].Size
	var same []bool
	if job.whole {
		var sum []byte
		sum, err = tree.SumWhole(ctx, f, size, c.s.c.session.Key(wholeKey, 32))
		same = []bool{string(sum) == string(job.sums)}
	} else {
		same, err = tree.Match(ctx, f, size, c.s.c.session.Key(resumeKey, 32), job.sums)
	}
	if err == nil {
		err = c.s.src.Changed(f, job.index)
	}
	if err != nil {
		return nil, fmt.Errorf("compare with what is there: %w", err)
	}
	return same, nil
}

// missingOf returns the parts of file i that aren't the same: between the groups
// that are, and after the last that was compared. A file that crosses in one
// piece is missing as a whole.
func missingOf(i int, size int64, same []bool) []session.Piece {
	group := tree.GroupSize(size)
	var out []session.Piece
	for off := int64(0); off < size; off += group {
		n := min(group, size-off)
		if g := off / group; g < int64(len(same)) && same[g] {
			continue
		}
		if k := len(out) - 1; k >= 0 && out[k].Off+out[k].N == off {
			out[k].N += n
		} else {
			out = append(out, session.Piece{Index: int32(i), Off: off, N: n})
		}
	}
	if size <= session.MaxChunk && len(out) > 0 {
		return []session.Piece{{Index: int32(i), Off: 0, N: size}}
	}
	return out
}
