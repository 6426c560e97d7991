package native

import "sync"

const (
	// maxGrowth is how many times more than what crosses a stream may take on the
	// receiver's disk, once it is larger than growthFloor bytes. They are those of
	// a classic archive.
	maxGrowth   = 200
	growthFloor = 64 << 20
)

// A growth compares what of streams crossed with what became of it. The zero value
// is ready. It may be used by several goroutines.
type growth struct {
	mu                sync.Mutex
	crossed, unpacked int64
}

// take is the receiver's: it notes content of n bytes that crossed in fewer, and
// reports whether that is still in proportion.
func (g *growth) take(crossed, n int64) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.crossed += crossed
	g.unpacked += n
	return g.unpacked <= growthFloor || g.unpacked/maxGrowth <= g.crossed
}

// mayPack is the sender's: it reports whether n bytes may cross as packed ones,
// and notes which of both they do. It keeps well within what a receiver takes, as
// what is sent again counts there twice.
func (g *growth) mayPack(packed, n int64) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.unpacked += n
	small := g.unpacked <= growthFloor/4 || g.unpacked/(maxGrowth/4) <= g.crossed+packed
	if small {
		g.crossed += packed
	} else {
		g.crossed += n
	}
	return small
}
