package native

import (
	"context"

	"sesame/session"
	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
)

// begin accepts. Of the entries in held hashes will follow.
func (r *receiver) begin(ctx context.Context, d *destination, held []int) error {
	r.dst.Store(d)
	if err := r.tellRanges(ctx, msgHeld, held); err != nil {
		return err
	}
	return r.x.Post(ctx, msgAccept, acceptance{d.ordered != nil, max(r.c.cfg.Limit, 0)}.append(nil))
}

// tellRanges sends messages about entries, which are in their order.
func (r *receiver) tellRanges(ctx context.Context, typ session.Message, entries []int) error {
	var body []byte
	end := 0
	for k := 0; k < len(entries); {
		first, n := entries[k], 0
		for ; k < len(entries) && entries[k] == first+n; k++ {
			n++
		}
		body = appendHeld(body, end, first, n)
		end = first + n
		if len(body) > maxBody-16 {
			if err := r.x.Post(ctx, typ, body); err != nil {
				return err
			}
			body = nil
		}
	}
	if body == nil {
		return nil
	}
	return r.x.Post(ctx, typ, body)
}

// tellHashes sends the hashes of what an earlier run left.
func (r *receiver) tellHashes(ctx context.Context, t tree.Writer, held []int) error {
	key := r.c.session.Key(resumeKey, 32)
	out := teller{r: r, typ: msgHave}
	const room = maxBody - 32
	for _, i := range held {
		_, sums, err := t.Hashes(ctx, i, key)
		if err != nil {
			return err
		}
		if err := out.begin(ctx); err != nil {
			return err
		}
		groups := len(sums) / hashSize
		for last := false; !last; {
			if len(out.body)+hashSize > room {
				if err := out.flush(ctx); err != nil {
					return err
				}
			}
			n := min(len(sums), (room-len(out.body))/hashSize*hashSize)
			last = n == len(sums)
			out.body = have{i, last, sums[:n]}.append(out.body)
			sums = sums[n:]
		}
		out.add(haveItem{i, groups, false})
	}
	return out.flush(ctx)
}

// hashedAtOnce is how many bytes are hashed before the sender hears of it.
const hashedAtOnce = 64 << 20

// tellWhole sends one hash of each file that has its final name.
func (r *receiver) tellWhole(ctx context.Context) error {
	key := r.c.session.Key(wholeKey, 32)
	out := teller{r: r, typ: msgWhole}
	var hashed int64
	for _, i := range r.standing.Whole() {
		sum, err := r.standing.Sum(ctx, i, key)
		if err != nil {
			return err
		}
		if err := out.begin(ctx); err != nil {
			return err
		}
		out.body = whole{i, sum}.append(out.body)
		out.add(haveItem{i, 1, true})
		if hashed += r.m.Entries[i].Size; hashed < hashedAtOnce && len(out.body) <= maxBody-2*hashSize {
			continue
		}
		if err := out.flush(ctx); err != nil {
			return err
		}
		hashed = 0
	}
	return out.flush(ctx)
}

// A teller puts hashes in messages of one type.
type teller struct {
	r     *receiver
	typ   session.Message
	body  []byte
	items []haveItem // which will be complete with body
	bytes int        // of their hashes
}

// begin waits until hashes of another entry may be told.
func (t *teller) begin(ctx context.Context) error {
	pending := func() int { return t.r.tally.is().pending }
	if pending()+t.bytes <= maxUnanswered {
		return nil
	}
	if err := t.flush(ctx); err != nil {
		return err
	}
	return t.r.await(ctx, func() bool { return pending() <= maxUnanswered })
}

func (t *teller) add(item haveItem) {
	t.items = append(t.items, item)
	t.bytes += item.size()
}

func (t *teller) flush(ctx context.Context) error {
	if t.body == nil {
		return nil
	}
	body := t.body
	t.r.tally.asks(t.items)
	t.body, t.items, t.bytes = nil, nil, 0
	return t.r.x.Post(ctx, t.typ, body)
}

// tellUnwanted tells which entries needn't be sent because something has their
// final names, and whoever receives wants that to stay.
func (r *receiver) tellUnwanted(ctx context.Context) error {
	entries := r.standing.Unwanted()
	r.tally.change(func(t *received) {
		for _, i := range entries {
			t.total -= r.m.Entries[i].Size
		}
	})
	return r.tellRanges(ctx, msgSkip, entries)
}

// noteLost tells both sides what was kept and isn't there any more.
func (r *receiver) noteLost() (told []failure) {
	why := manifest.Because(manifest.CauseStoodHere)
	r.tally.change(func(t *received) {
		for _, i := range r.standing.Lost() {
			told = append(told, failure{i, transfer.ReasonOf(why)})
			t.failures = append(t.failures, transfer.Failure{Path: r.m.Entries[i].Path, Why: why})
			t.resumed -= r.m.Entries[i].Size
		}
	})
	return told
}
