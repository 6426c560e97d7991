//go:build linux

package benchnet

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A point says that so many bytes were there at that time.
type point struct {
	at    time.Time
	bytes int64
}

// A curve is how something grew: its points, each with more than the one before.
type curve []point

// rate is what came from the first byte to the last.
func (c curve) rate() rate {
	if len(c) < 2 {
		return 0
	}
	first, last := c[0], c[len(c)-1]
	return of(last.bytes-first.bytes, last.at.Sub(first.at))
}

// at is how much was there at a time.
func (c curve) at(when time.Time) (bytes int64) {
	for _, p := range c {
		if p.at.After(when) {
			break
		}
		bytes = p.bytes
	}
	return bytes
}

// between is the rate from one time to another.
func (c curve) between(from, to time.Time) rate { return of(c.at(to)-c.at(from), to.Sub(from)) }

// reached is when so many bytes were there.
func (c curve) reached(bytes int64) (when time.Time, yes bool) {
	for _, p := range c {
		if p.bytes >= bytes {
			return p.at, true
		}
	}
	return time.Time{}, false
}

// stall is the longest time without a byte more, between the first and the last.
func (c curve) stall() (longest time.Duration) {
	for n := 1; n < len(c); n++ {
		longest = max(longest, c[n].at.Sub(c[n-1].at))
	}
	return longest
}

// ahead is by how much the points of c came sooner than c's bytes were on the curve of
// the disk, at most.
func (c curve) ahead(disk curve) (longest time.Duration) {
	for _, p := range c {
		if when, yes := disk.reached(p.bytes); yes {
			longest = max(longest, when.Sub(p.at))
		}
	}
	return longest
}

// String lists c by tenths of a second: the time since it began, and what was there.
func (c curve) String() string {
	var text strings.Builder
	for n, p := range c {
		if since := p.at.Sub(c[0].at); n == len(c)-1 || since/(100*time.Millisecond) != c[n+1].at.Sub(c[0].at)/(100*time.Millisecond) {
			fmt.Fprintf(&text, "%.2f %d\n", since.Seconds(), p.bytes)
		}
	}
	return text.String()
}

// A gauge notes how the largest file below a directory grows: what of it takes room
// on the disk, which is what has been written, wherever in the file. A page alone is no
// content yet.
type gauge struct {
	dir  string
	stop chan struct{}
	done sync.WaitGroup

	mu    sync.Mutex
	grown curve
}

const (
	gaugeEach  = 10 * time.Millisecond
	gaugeLeast = 4 << 10
)

func newGauge(dir string) *gauge {
	g := &gauge{dir: dir, stop: make(chan struct{})}
	g.done.Go(g.watch)
	return g
}

func (g *gauge) watch() {
	tick := time.NewTicker(gaugeEach)
	defer tick.Stop()
	for {
		g.look()
		select {
		case <-tick.C:
		case <-g.stop:
			g.look()
			return
		}
	}
}

func (g *gauge) look() {
	var most int64
	filepath.WalkDir(g.dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil
		}
		if info, err := d.Info(); err == nil {
			most = max(most, min(info.Size(), info.Sys().(*syscall.Stat_t).Blocks*512))
		}
		return nil
	})
	g.mu.Lock()
	defer g.mu.Unlock()
	if most > gaugeLeast && (len(g.grown) == 0 || most > g.grown[len(g.grown)-1].bytes) {
		g.grown = append(g.grown, point{time.Now(), most})
	}
}

// so returns what it has noted so far.
func (g *gauge) so() curve {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.grown[:len(g.grown):len(g.grown)]
}

// end looks once more and returns all of it.
func (g *gauge) end() curve {
	close(g.stop)
	g.done.Wait()
	return g.grown
}
