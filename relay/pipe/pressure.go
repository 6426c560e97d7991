package relay

import (
	"cmp"
	"slices"
	"time"
)

// holding is how long a receiver may take nothing before what waits for it
// counts as held.
const holding = time.Second

// A burden is a pair and the memory that it holds, in bytes.
type burden struct {
	pair  *pair
	bytes int
}

// relieve cuts pairs whose receivers don't read if all together hold too much:
// those first that hold most.
func (s *Server) relieve() {
	for _, p := range excess(s.burdens(), s.live.limits().PipeBytes) {
		s.log.Debug("cut a pair of pipes: too much waits for receivers that don't read")
		p.kill()
	}
}

// burdens returns the pairs that stand still with bytes in them.
func (s *Server) burdens() (burdens []burden) {
	for _, p := range s.running() {
		bytes := 0
		for _, f := range p.flows {
			if f.blocked.Load() && f.quiet() >= holding {
				bytes += bufferSize + kernelMemory(f.dst.socket()) + kernelMemory(f.src.socket())
			}
		}
		if bytes > 0 {
			burdens = append(burdens, burden{p, bytes})
		}
	}
	return burdens
}

// excess returns the pairs to cut so that the rest holds at most limit bytes.
func excess(burdens []burden, limit int) (cut []*pair) {
	total := 0
	for _, l := range burdens {
		total += l.bytes
	}
	if total <= limit {
		return nil
	}
	slices.SortFunc(burdens, func(x, y burden) int { return cmp.Compare(y.bytes, x.bytes) })
	for _, l := range burdens {
		if total <= limit {
			break
		}
		cut = append(cut, l.pair)
		total -= l.bytes
	}
	return cut
}
