package mailbox

import (
	"context"
	"errors"
	"time"

	"sesame/relay/store"
)

// rest sends a nameplate into quarantine, or frees it if nobody has met in its mailbox.
func (d *desk) rest(ctx context.Context, k store.Key, version uint64, n plate, of *box, now time.Time) error {
	if !of.met || k.Name == zeroNameplate {
		err := d.store.Delete(ctx, k, version)
		if err == nil {
			d.with(func(st *state) { st.numbers.free(k) })
		}
		return err
	}
	until := now.Add(d.limits().Quarantine)
	used := n.used(of, until)
	version, err := d.store.Put(ctx, k, version, used.encode(), 2*d.limits().Quarantine)
	if err != nil {
		return err
	}
	d.with(func(st *state) { st.numbers.rests(k, version, until) })
	return d.freeRested(ctx, 1, now)
}

// freeRested frees nameplates whose quarantine is over, so many at most.
func (d *desk) freeRested(ctx context.Context, most int, now time.Time) error {
	for conflicts := 0; most > 0 && conflicts < tries; {
		var o *number
		d.with(func(st *state) {
			if o = st.numbers.rested(d.limits().Quarantined, now); o != nil {
				st.numbers.free(o.key)
			}
		})
		if o == nil {
			return nil
		}
		err := d.store.Delete(ctx, o.key, o.version)
		switch {
		case err == nil:
			most--
		case errors.Is(err, store.ErrConflict): // it ended by itself, or somebody has it
			conflicts++
			if err = d.learn(ctx, o.key, now); err != nil {
				return err
			}
		default:
			d.with(func(st *state) { st.numbers.rests(o.key, o.version, o.until) })
			return err
		}
	}
	return nil
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
	if err := d.store.Delete(ctx, k, r.Version); err != nil && !errors.Is(err, store.ErrConflict) {
		return err
	}
	return d.learn(ctx, k, now)
}
