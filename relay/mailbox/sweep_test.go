package mailbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"sesame/relay/store"
)

// A spoilt store can do nothing with some records.
type spoilt struct {
	store.Store
	bad map[store.Key]bool
}

var errSpoilt = errors.New("a page can't be read")

func (s *spoilt) Get(ctx context.Context, k store.Key) (store.Record, error) {
	if s.bad[k] {
		return store.Record{}, errSpoilt
	}
	return s.Store.Get(ctx, k)
}

func (s *spoilt) Commit(ctx context.Context, group ...store.Change) ([]uint64, error) {
	if slices.ContainsFunc(group, func(c store.Change) bool { return c.Does == store.Deletes && s.bad[c.Key] }) {
		return nil, errSpoilt
	}
	return s.Store.Commit(ctx, group...)
}

// Fails if one record with which the store can do nothing keeps others from being removed that have
// outlived their time, whichever of them it is, or if a sweep doesn't end because of it.
func TestSweepGoesOn(t *testing.T) {
	const several = 3
	for name, c := range map[string]struct {
		kind string
		live func(w *town, number string) // until the mailbox or the nameplate is to be removed
		age  time.Duration
	}{
		"mailboxes": {kindBox, func(w *town, n string) {
			s := w.bound("a" + n)
			w.do(s, claimFrame(n))
			w.disconnect(s)
		}, 12 * time.Minute},
		"quarantine": {kindPlate, func(w *town, n string) {
			a, b := w.bound("a"+n), w.bound("b"+n)
			w.do(a, claimFrame(n))
			w.do(b, claimFrame(n))
			for _, s := range []*caller{a, b} {
				w.do(s, openFrame(w.plate(n).box), addFrame("pake", "00"))
			}
			w.do(a, releaseFrame)
			w.do(b, releaseFrame)
			w.do(a, closeFrame)
			w.do(b, closeFrame)
		}, 25 * time.Hour},
		"no mailbox": {kindPlate, func(w *town, n string) {
			w.do(w.bound("a"+n), claimFrame(n))
			k := store.Key{Kind: kindBox, App: "app", Name: w.plate(n).box}
			r, err := w.store.Get(context.Background(), k)
			if err == nil {
				_, err = w.store.Commit(context.Background(), store.Delete(k, r.Version))
			}
			if err != nil {
				w.t.Fatal(err)
			}
			w.settle()
		}, 25 * time.Hour},
	} {
		for which := range several {
			t.Run(fmt.Sprint(name, " ", which), func(t *testing.T) {
				w := newTown(t, Limits{})
				w.noted.calm(true)
				s := &spoilt{w.store, make(map[store.Key]bool)}
				w.store = s
				w.open(Limits{})
				for n := range several {
					c.live(w, fmt.Sprint(n+1))
				}
				keys := w.keys(c.kind)
				if len(keys) != several {
					t.Fatalf("there are %v", keys)
				}
				s.bad[keys[which]] = true
				w.now = w.now.Add(c.age)
				_, err := w.b.Sweep(context.Background(), w.now)
				if c.kind == kindBox && !errors.Is(err, errSpoilt) {
					t.Errorf("the sweep says %v", err)
				}
				w.settle()
				left := 0
				w.b.desk.with(func(st *state) {
					for _, k := range keys {
						if k != keys[which] && (st.numbers.find(k) != nil || st.boxes[k] != nil) {
							left++
						}
					}
				})
				if left > 0 {
					t.Errorf("%d of %d are left beside the spoilt one", left, several-1)
				}
			})
		}
	}
}
