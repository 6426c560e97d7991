package mailbox

import (
	"cmp"
	"context"
	"slices"
	"time"

	"sesame/relay/store"
)

// scanned is how many keys are asked for at once.
const scanned = 1000

// each calls f with every record of a kind.
func each(ctx context.Context, s store.Store, kind string, f func(store.Key, store.Record) error) error {
	var last store.Key
	for {
		keys, err := s.Scan(ctx, kind, last, scanned)
		if err != nil || len(keys) == 0 {
			return err
		}
		for _, k := range keys {
			r, err := s.Get(ctx, k)
			if err == nil && r.Version != 0 {
				err = f(k, r)
			}
			if err != nil {
				return err
			}
		}
		last = keys[len(keys)-1]
	}
}

// readPlates learns which nameplates there are. Those that can't be read are put on a list.
func (d *desk) readPlates(ctx context.Context, now time.Time, odd *oddities) error {
	type resting struct {
		key     store.Key
		version uint64
		until   time.Time
	}
	var used []resting
	err := each(ctx, d.store, kindPlate, func(k store.Key, r store.Record) error {
		n, err := parsePlate(r.Head)
		switch {
		case err != nil:
			return odd.add(k, r, err)
		case n.box == "":
			used = append(used, resting{k, r.Version, n.until})
		default:
			d.with(func(st *state) { st.numbers.live(k, now) })
		}
		return nil
	})
	slices.SortFunc(used, func(x, y resting) int { return cmp.Or(x.until.Compare(y.until), cmp.Compare(x.version, y.version)) })
	d.with(func(st *state) {
		for _, u := range used {
			st.numbers.rests(u.key, u.version, u.until)
		}
	})
	return err
}

// readBoxes is readPlates for mailboxes.
func (d *desk) readBoxes(ctx context.Context, now time.Time, odd *oddities) error {
	return each(ctx, d.store, kindBox, func(k store.Key, r store.Record) error {
		c, err := parseBox(r.Head)
		if err != nil {
			return odd.add(k, r, err)
		}
		items, err := d.store.Items(ctx, k, 0)
		if err != nil {
			return err
		}
		messages, err := parseMessages(nil, items)
		if err != nil {
			return odd.add(k, r, err)
		}
		d.with(func(st *state) {
			m := st.adopt(k)
			m.created, m.touched, m.shakes = c.created, c.touched, c.shakes
			if c.find(func(p *side) bool { return len(p.at) > 0 }) != nil {
				m.touched = now // until the process before ended, somebody listened
			}
			for i := range messages {
				st.keep(m, messages[i].cost())
			}
		})
		return nil
	})
}
