package session

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sesame/internal/test/duo"
)

// A mute lane takes all that is counted, and nothing of it arrives: pings are answered.
type mute struct {
	Lane
	swallowed *atomic.Int64
}

func (m mute) Write(typ byte, buf []byte, n int) error {
	if typ == recordAside {
		return m.Lane.Write(typ, buf, n)
	}
	m.swallowed.Add(int64(n))
	return nil
}

// A stuck lane takes nothing that is counted: whoever writes such waits for its end.
type stuck struct {
	Lane
	writes *atomic.Int64
	gone   chan struct{}
	once   *sync.Once
}

func (s stuck) Write(typ byte, buf []byte, n int) error {
	if typ == recordAside {
		return s.Lane.Write(typ, buf, n)
	}
	s.writes.Add(1)
	<-s.gone
	return context.Canceled
}

func (s stuck) Close() error {
	s.once.Do(func() { close(s.gone) })
	return s.Lane.Close()
}

func (s stuck) Drop() {
	s.once.Do(func() { close(s.gone) })
	s.Lane.Drop()
}

// bent are lanes of which some are something else.
type bent struct {
	Lanes
	n    *atomic.Int64
	bend func(n int64, l Lane) Lane
}

func (b bent) Next(ctx context.Context) (Lane, error) {
	l, err := b.Lanes.Next(ctx)
	if err != nil {
		return nil, err
	}
	return b.bend(b.n.Add(1), l), nil
}

// Fails if a lane that takes what it gets and brings nothing, though it answers pings, or
// one that takes nothing, holds up content or messages for more than three seconds; or if
// more than little goes to it.
func TestLaneThatBringsNothing(t *testing.T) {
	const size = 8 << 20
	for name, bad := range map[string]func(l Lane, count *atomic.Int64) Lane{
		"takes all":     func(l Lane, count *atomic.Int64) Lane { return mute{l, count} },
		"takes nothing": func(l Lane, count *atomic.Int64) Lane { return stuck{l, count, make(chan struct{}), new(sync.Once)} },
	} {
		for _, which := range []int64{1, 2} {
			synctest.Test(t, func(t *testing.T) {
				d := duo.NewQuiet(t)
				d.Want, d.Redial = 2, -1
				d.Pair = duo.Line{Rate: 2 << 20, Delay: 10 * time.Millisecond, Buffer: 64 << 10}.Pair
				a, b := newParty(), newParty()
				b.takes(t.Context(), size)
				b.heard = func(context.Context, string) error { return nil }
				count := new(atomic.Int64)
				var wg sync.WaitGroup
				wg.Go(func() {
					_, err := Begin(t.Context(), d.BoxS, func(s *Session) Host { a.s = s; return a },
						&Config{Lanes: bent{ends{d.S}, new(atomic.Int64), func(n int64, l Lane) Lane {
							if n == which {
								return bad(l, count)
							}
							return l
						}}})
					if err != nil {
						t.Error(err)
					}
				})
				wg.Go(func() {
					if err := b.begin(t.Context(), d.BoxR, d.R); err != nil {
						t.Error(err)
					}
				})
				wg.Wait()
				time.Sleep(time.Second) // both lanes are there
				began := time.Now()
				g, err := give(t.Context(), a.s, size)
				if err == nil {
					err = g.run(t.Context())
				}
				if err != nil {
					t.Error(err)
				}
				what := fmt.Sprintf("%s, lane %d", name, which)
				if took := time.Since(began); took > size*time.Second/(2<<20)*11/10+6*time.Second {
					t.Errorf("%s: took %v", what, took)
				}
				began = time.Now()
				if err := a.s.Say(t.Context(), "hello"); err != nil {
					t.Error(err)
				}
				if took := time.Since(began); took > 3*time.Second {
					t.Errorf("%s: a text took %v", what, took)
				}
				if count.Load() > 1<<20 {
					t.Errorf("%s: %d bytes went to it", what, count.Load())
				}
				leave(t, a, b)
				time.Sleep(time.Hour)
			})
		}
	}
}
