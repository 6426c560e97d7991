package transit

import (
	"errors"
	"log/slog"
	"os"
	"testing"
	"time"

	"sesame/internal/segments"
	"sesame/transit/way"
)

// Fails if segments don't get smaller when lanes break that may have done so
// because large packets vanish, or do when that can't be the reason.
func TestSegmentsShrink(t *testing.T) {
	ls := newSearch(newLadder(1, time.Unix(1, 0)), &reach{log: slog.New(slog.DiscardHandler)})
	lane := func(carried bool) *Lane {
		l := &Lane{size: ls.size}
		if carried {
			l.Carried()
		}
		return l
	}
	want := func(size segments.Size, after string) {
		t.Helper()
		if ls.size != size {
			t.Errorf("after %s: segments of %d bytes, want %d", after, ls.size, size)
		}
	}
	one, two := lane(true), lane(false)
	ls.shrink(one)
	want(segments.Small, "the first lane that broke")
	ls.shrink(two)
	want(segments.Small, "another one of the same size")
	ls.shrink(lane(true))
	want(segments.Small, "a lane that has carried something")
	ls.shrink(lane(false))
	want(segments.Tiny, "a lane that has carried nothing")
	ls.shrink(lane(false))
	want(segments.Tiny, "one more")
}

// Fails if a relay that is reached over TLS is given up because its certificate
// doesn't get through; or if any address where nobody answers makes segments
// small.
func TestSegmentsOfFailedDials(t *testing.T) {
	ls := newSearch(newLadder(1, time.Unix(1, 0)), nil)
	ls.routes[0] = planned{Route: way.Route{Path: Path{Kind: RelayWebSocket}}}
	ls.routes[1] = planned{Route: way.Route{Path: Path{Kind: Direct}}}
	for _, c := range []struct {
		id   int
		err  error
		want bool
	}{
		{0, os.ErrDeadlineExceeded, true},
		{0, errors.New("refused"), false},
		{1, os.ErrDeadlineExceeded, false},
	} {
		if got := ls.vanished(report{event: event{connFailed, c.id}, err: c.err}); got != c.want {
			t.Errorf("%v, %v: %v", ls.routes[c.id].Path.Kind, c.err, got)
		}
	}
	ls.lanes[way.Straight] = 1
	if ls.vanished(report{event: event{connFailed, 0}, err: os.ErrDeadlineExceeded}) {
		t.Error("although there is a lane")
	}
}
