package session

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// A pile is content of which each byte is a piece.
type pile struct {
	n       int64 // that were never taken
	lost    []Piece
	settled []bool
}

func (h *pile) Waiting() int64 { return h.n + int64(len(h.lost)) }

func (h *pile) Take(dst []Piece, _ int64) []Piece {
	if k := len(h.lost); k > 0 {
		p := h.lost[k-1]
		h.lost = h.lost[:k-1]
		return append(dst, p)
	}
	if h.n == 0 {
		return dst
	}
	h.n--
	return append(dst, Piece{Off: h.n, N: 1})
}

func (h *pile) Fill(_ *Filling, b []byte) []byte { return b }
func (h *pile) Prospect() (int64, bool)          { return h.Waiting(), false }
func (h *pile) Lose(p []Piece)                   { h.lost = append(h.lost, p...) }

func (h *pile) Settle(p []Piece) bool {
	for _, p := range p {
		h.settled[p.Off] = true
	}
	return false
}

// A cart is a lane that carries cargoes in their order, unless it is held up: then what it
// had is sent over others.
type cart struct {
	number int
	held   bool
	has    []carted
}

type carted struct {
	*cargo
	called bool // it was recalled, once
}

// Fails if what a lane held up, or took with it when it broke, is on no lane that works,
// and isn't sent again either: that would never arrive as long as the lane that holds it
// answers pings. Lanes come, are held up, work again and break in any order.
func TestCargoIsSomewhere(t *testing.T) {
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		const size = 40
		h := &pile{n: size, settled: make([]bool, size)}
		var q turns
		x := new(Exchange)
		q.add(x, h)
		var carts []*cart
		known := map[*cargo]bool{}
		for step, numbers := 0, 0; step < 400; step++ {
			if len(carts) < 2 || len(carts) < 4 && rnd.IntN(20) == 0 {
				numbers++
				carts = append(carts, &cart{number: numbers})
			}
			i := rnd.IntN(len(carts))
			c := carts[i]
			switch k := rnd.IntN(20); {
			case k < 9 && !c.held && len(c.has) < 8:
				if l := q.choose(c.number, MaxChunk); l != nil {
					c.has, known[l] = append(c.has, carted{l, false}), true
				}
			case k < 14 && !c.held && len(c.has) > 0:
				q.settle(c.has[0].cargo, c.number)
				c.has = c.has[1:]
			case k < 16:
				c.held = !c.held
			case k == 17 && !c.held: // the tail, twice
				for l := range known {
					if l.doubles(MaxChunk) && !l.on(c.number) {
						q.charge(l, c.number)
						c.has = append(c.has, carted{l, false})
						break
					}
				}
			case k == 16:
				for _, l := range c.has {
					q.lose(l.cargo, c.number)
				}
				carts = slices.Delete(carts, i, i+1)
			}
			if c.held {
				for k := range c.has {
					if l := &c.has[k]; !l.called {
						l.called = true
						q.recall(l.cargo, c.number)
					}
				}
			}
			bytes := int64(0)
			for l := range known {
				if l.over {
					delete(known, l)
					continue
				}
				if l.counts {
					bytes += l.cost
				}
				works := slices.ContainsFunc(carts, func(c *cart) bool { return slices.Contains(c.has, carted{l, false}) })
				if !works && !l.due {
					t.Fatalf("seed %d, step %d: %v is on no lane that works, and isn't sent again", seed, step, l.pieces)
				}
			}
			if bytes != q.freight.bytes {
				t.Fatalf("seed %d, step %d: %d bytes count in the window, not %d", seed, step, q.freight.bytes, bytes)
			}
		}
	}
}
