package main

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"
)

// A digest makes one line of many refusals: the log says that something was refused, how
// often and why, and doesn't grow with a flood. It is for one goroutine.
type digest struct{ before map[string]int64 }

// since returns what has come to the sums since the last call, as a log has it: reasons in
// order, with counts; nil for nothing.
func (d *digest) since(sums map[string]int64) (line []any) {
	for _, why := range slices.Sorted(maps.Keys(sums)) {
		if n := sums[why] - d.before[why]; n > 0 {
			line = append(line, why, n)
		}
	}
	d.before = sums
	return line
}

// digestEvery is how often that is said, at most.
const digestEvery = time.Minute

// tellRefusals logs what was refused, until ctx ends.
func tellRefusals(ctx context.Context, sums func() map[string]int64, log *slog.Logger) {
	var d digest
	tick := time.NewTicker(digestEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if line := d.since(sums()); line != nil {
				log.Info("refused in the last minute", line...)
			}
		case <-ctx.Done():
			return
		}
	}
}
