package native

import (
	"context"

	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
)

// wholeKey is what the keys for hashes of whole files are derived for.
const wholeKey = "sesame/1 whole"

// hashedAtOnce is how many bytes are hashed before the sender hears of it.
const hashedAtOnce = 64 << 20

// tellUnwanted tells which entries needn't be sent because something has their
// final names, and whoever receives wants that to stay.
func (r *receiver) tellUnwanted(ctx context.Context) error {
	entries := r.standing.Unwanted()
	r.mu.Lock()
	for _, i := range entries {
		r.total -= r.m.Entries[i].Size
	}
	r.mu.Unlock()
	return r.tellRanges(ctx, msgSkip, entries)
}

// tellWhole sends one hash of each file that has its final name.
func (r *receiver) tellWhole(ctx context.Context) error {
	entries := r.standing.Whole()
	if len(entries) == 0 {
		return nil
	}
	key := r.ch.Key(wholeKey, 32)
	var body []byte
	var items []haveItem
	var hashed int64
	for k, i := range entries {
		sum, err := r.standing.Sum(ctx, i, key)
		if err != nil {
			return err
		}
		body = whole{i, sum}.append(body)
		items = append(items, haveItem{i, 1, true})
		hashed += r.m.Entries[i].Size
		if hashed < hashedAtOnce && len(body) <= maxBody-2*hashSize && k < len(entries)-1 {
			continue
		}
		r.mu.Lock()
		r.asked = append(r.asked, items...)
		r.mu.Unlock()
		if err := r.post(ctx, msgWhole, body); err != nil {
			return err
		}
		body, items, hashed = nil, nil, 0
	}
	return nil
}

// noteLost tells both sides what was kept and isn't there any more.
func (r *receiver) noteLost() (told []failure) {
	why := manifest.Because(manifest.CauseStoodHere)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, i := range r.standing.Lost() {
		told = append(told, failure{i, transfer.ReasonOf(why)})
		r.failures = append(r.failures, transfer.Failure{Path: r.m.Entries[i].Path, Why: why})
		r.resumed -= r.m.Entries[i].Size
	}
	return told
}

// dealSkip notes what the receiver doesn't want.
func (s *sender) dealSkip(body []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.accepted {
		return broken("skips something after it accepted")
	}
	var err error
	s.skipped, err = parseRanges(msgSkip, body, s.skipped, len(s.m.Entries), s.sched.decline)
	return err
}

// dealWhole compares files that stand at the receiver's with what is here, and
// answers.
func (s *sender) dealWhole(body []byte) error {
	var answer []byte
	r := reader{rest: body}
	for len(r.rest) > 0 {
		w := r.whole()
		if r.failed || w.index >= len(s.m.Entries) {
			return nonsense(msgWhole)
		}
		if err := s.mayCompare(w); err != nil {
			return err
		}
		k, err := s.compareWhole(w)
		if err != nil {
			return err
		}
		answer = k.append(answer)
	}
	if answer == nil {
		return nil
	}
	return s.post(s.ctx, msgKeep, answer)
}

// mayCompare refuses a hash that wasn't announced.
func (s *sender) mayCompare(w whole) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch state := s.sched.state[w.index]; {
	case !s.accepted || state != onHold && state != given:
		return broken("WHOLE of an entry that isn't held")
	case s.m.Entries[w.index].Size < tree.MinStanding:
		return broken("WHOLE of a file that is too small")
	case s.resume.open || w.index <= s.wholes:
		return broken("WHOLE out of order")
	}
	s.wholes = w.index
	return nil
}

func (s *sender) compareWhole(w whole) (keep, error) {
	size := s.m.Entries[w.index].Size
	same, err := s.matchWhole(w, size)
	if s.ctx.Err() != nil {
		return keep{}, s.ctx.Err()
	}
	if err != nil {
		same = false // it has failed, and must not count as kept
		s.giveUp(w.index, err)
	}
	k := keep{index: w.index, n: 1, equal: []byte{byte(bit(same))}}
	missing := []piece{{int32(w.index), 0, size}}
	if same {
		missing = nil
	}
	return k, s.release(w.index, missing)
}

func (s *sender) matchWhole(w whole, size int64) (bool, error) {
	f, err := s.src.Open(w.index)
	if err != nil {
		return false, err
	}
	defer f.Close()
	sum, err := tree.SumWhole(s.ctx, f, size, s.ch.Key(wholeKey, 32))
	if err != nil {
		return false, err
	}
	return string(sum) == string(w.hash), s.src.Changed(f, w.index)
}
