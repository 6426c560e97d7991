package mailbox

import (
	"context"
	"errors"
	"time"

	"sesame/relay/store"
)

// A parting is what becomes of a nameplate whose mailbox has no use for it any more: if two have met
// there it goes into quarantine, otherwise it is free at once.
type parting struct {
	change store.Change
	until  time.Time // the end of the quarantine; zero if there is none
}

// parts returns what becomes of a nameplate that leads to a mailbox, which is or was b; nil if it leads
// elsewhere, or isn't there.
func (d *desk) parts(ctx context.Context, k store.Key, boxID string, b *box, now time.Time) (*parting, error) {
	r, err := d.store.Get(ctx, k)
	if err != nil {
		return nil, err
	}
	if r.Version == 0 {
		d.with(func(st *state) { st.numbers.free(k) })
		return nil, nil
	}
	n, err := parsePlate(r.Head)
	if err != nil || n.box != boxID {
		return nil, err
	}
	if !b.met || k.Name == zeroNameplate {
		return &parting{change: store.Delete(k, r.Version)}, nil
	}
	l := d.limits()
	until := now.Add(l.Quarantine)
	used := n.used(b, until)
	return &parting{store.Put(k, r.Version, used.encode(), 2*l.Quarantine), until}, nil
}

// freedAtOnce is how many nameplates are freed in one group.
const freedAtOnce = store.MaxGroup

// freeRested frees nameplates whose quarantine is over, so many at most.
func (d *desk) freeRested(ctx context.Context, most int, now time.Time) error {
	for most > 0 {
		var over []*number
		d.with(func(st *state) {
			for len(over) < min(most, freedAtOnce) {
				o := st.numbers.rested(d.limits().Quarantined, now)
				if o == nil {
					return
				}
				st.numbers.free(o.key)
				over = append(over, o)
			}
		})
		if len(over) == 0 {
			return nil
		}
		if err := d.freeAll(ctx, over, now); err != nil {
			return err
		}
		most -= len(over)
	}
	return nil
}

// freeAll removes nameplates that aren't known any more. Where that fails for some of them it is done for
// the others; they are in quarantine again, or what the store says they are.
func (d *desk) freeAll(ctx context.Context, over []*number, now time.Time) error {
	group := make([]store.Change, len(over))
	for i, o := range over {
		group[i] = store.Delete(o.key, o.version)
	}
	_, err := d.store.Commit(ctx, group...)
	switch half := len(over) / 2; {
	case err == nil:
		return nil
	case half > 0 && ctx.Err() == nil:
		return errors.Join(d.freeAll(ctx, over[:half], now), d.freeAll(ctx, over[half:], now))
	case half == 0 && errors.Is(err, store.ErrConflict): // it ended by itself, or somebody has it
		return d.learn(ctx, over[0].key, now)
	}
	d.with(func(st *state) {
		for _, o := range over {
			st.numbers.rests(o.key, o.version, o.until)
		}
	})
	return err
}

// learn reads of a nameplate whether somebody has it.
func (d *desk) learn(ctx context.Context, k store.Key, now time.Time) error {
	r, err := d.store.Get(ctx, k)
	if err != nil {
		return err
	}
	var n plate
	if r.Version != 0 {
		if n, err = parsePlate(r.Head); err != nil {
			return err
		}
	}
	d.with(func(st *state) {
		switch {
		case n.box != "":
			st.numbers.live(k, now)
		case r.Version != 0:
			st.numbers.free(k)
			st.numbers.rests(k, r.Version, n.until)
		default:
			st.numbers.free(k)
		}
	})
	return nil
}

// learnAnew is learn for a nameplate that may be known as what it is.
func (d *desk) learnAnew(ctx context.Context, k store.Key, now time.Time) error {
	d.with(func(st *state) { st.numbers.free(k) })
	return d.learn(ctx, k, now)
}

// doubt frees a nameplate whose mailbox isn't there, so long after it was made that nobody
// is about to make it.
func (d *desk) doubt(ctx context.Context, k store.Key, now time.Time) error {
	if err := d.learn(ctx, k, now); err != nil {
		return err
	}
	r, err := d.store.Get(ctx, k)
	if err != nil || r.Version == 0 {
		return err
	}
	n, err := parsePlate(r.Head)
	if err != nil || n.box == "" {
		return err
	}
	box, err := d.store.Get(ctx, store.Key{Kind: kindBox, App: k.App, Name: n.box})
	if err != nil || box.Version != 0 {
		return err
	}
	if _, err := d.store.Commit(ctx, store.Delete(k, r.Version)); err != nil && !errors.Is(err, store.ErrConflict) {
		return err
	}
	return d.learn(ctx, k, now)
}
