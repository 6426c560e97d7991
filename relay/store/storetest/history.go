package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"sesame/relay/store"
)

// histories is how many histories are played.
const histories = 10_000

// testHistories plays random histories, each on records of its own, many at a time, and
// compares each answer with that of a model.
func testHistories(t *testing.T, s Singly, c *Clock) {
	const players = 250
	var wg sync.WaitGroup
	for p := range players {
		wg.Go(func() {
			for seed := p; seed < histories && !t.Failed(); seed += players {
				if err := history(t.Context(), s, c, uint64(seed)); err != nil {
					t.Errorf("history %d: %v", seed, err)
				}
			}
		})
	}
	wg.Wait()
}

// A modelled record is what one ought to be.
type modelled struct {
	version uint64
	head    string
	items   []string
	ends    time.Time
}

// history plays one, and returns in what the store differs from the model.
func history(ctx context.Context, s Singly, c *Clock, seed uint64) error {
	r := rand.New(rand.NewPCG(seed, 7))
	model := map[store.Key]*modelled{}
	seen := map[uint64]bool{}
	for step := range 6 + r.IntN(12) {
		k := store.Key{Kind: "box", App: fmt.Sprint(seed), Name: string(rune('a' + r.IntN(2)))}
		m := model[k]
		if m == nil {
			m = &modelled{}
		}
		was := m.version
		if r.IntN(4) == 0 {
			was = uint64(r.IntN(3)) * m.version
		}
		var err error
		fits := was == m.version
		switch r.IntN(9) {
		case 0, 1, 2:
			var v uint64
			life := time.Duration(1+r.IntN(3)) * 1000 * day
			head := fmt.Sprint("head", step)
			if v, err = s.Put(ctx, k, was, head, life); err == nil {
				if seen[v] || v == 0 {
					return fmt.Errorf("version %d comes back", v)
				}
				seen[v] = true
				m.version, m.head = v, head
				model[k] = m
			}
		case 3, 4, 5:
			n := len(m.items)
			if r.IntN(4) == 0 {
				n += r.IntN(3) - 1
			}
			fits = m.version != 0 && n == len(m.items)
			item := fmt.Sprint("item", step)
			if err = s.Append(ctx, k, n, item); err == nil {
				m.items = append(m.items, item)
			}
		case 6:
			fits = fits && was != 0
			if err = s.Delete(ctx, k, was); err == nil {
				delete(model, k)
			}
		case 7:
			err = compare(ctx, s, k, m)
			fits = true
		case 8: // what is made of the one is made of the other
			other := store.Key{Kind: "box", App: k.App, Name: "other"}
			o := model[other]
			if o == nil {
				o = &modelled{}
			}
			fits = fits && m.version != 0
			var versions []uint64
			if versions, err = s.Commit(ctx, store.Append(k, len(m.items), "both"), store.Put(other, o.version+was-m.version, "both", 3000*day)); err == nil {
				m.items = append(m.items, "both")
				o.version, o.head = versions[1], "both"
				model[other] = o
			}
		}
		if fits != (err == nil) || err != nil && !errors.Is(err, store.ErrConflict) {
			return fmt.Errorf("step %d: %v, and it was to be done: %v", step, err, fits)
		}
	}
	for k, m := range model {
		if err := compare(ctx, s, k, m); err != nil {
			return err
		}
	}
	return nil
}

// compare returns in what a record differs from what it ought to be.
func compare(ctx context.Context, s Singly, k store.Key, m *modelled) error {
	r, err := s.Get(ctx, k)
	if err != nil {
		return err
	}
	items, err := s.Items(ctx, k, 0)
	if err != nil {
		return err
	}
	want := store.Record{Version: m.version, Head: m.head, Items: len(m.items)}
	if m.version == 0 {
		want = store.Record{}
	}
	if r != want || !slices.Equal(items, m.items) {
		return fmt.Errorf("%v is %+v with %q, want %+v with %q", k, r, items, want, m.items)
	}
	return nil
}
