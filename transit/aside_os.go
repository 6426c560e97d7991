//go:build !js

package transit

import (
	"context"
	"time"

	"sesame/transit/record"
	"sesame/transit/way"
)

// maxAsides is how many of them wait to be written; what is more is lost.
const maxAsides = 16

// An aside is what the ways of both sides say to each other. Its methods may be called
// from several goroutines.
type aside struct {
	talker way.Talker // nil if no way says anything
	queue  chan []byte
	ended  chan struct{} // closed when nothing is written any more
}

// newAside returns one that ends with ctx, or when a lane that holds up a write is closed
// then. Pick returns a lane that leads through a relay; nil if there is none.
func newAside(ctx context.Context, at *station, pick func() *Lane) *aside {
	a := &aside{queue: make(chan []byte, maxAsides), ended: make(chan struct{})}
	for _, f := range at.finders {
		if t, ok := f.Finder.(way.Talker); ok {
			a.talker = t
			break
		}
	}
	go a.run(ctx, pick)
	return a
}

func (a *aside) run(ctx context.Context, pick func() *Lane) {
	defer close(a.ended)
	for {
		select {
		case <-ctx.Done():
			return
		case b := <-a.queue:
			if l := pick(); l != nil {
				l.put(recordAside, append(make([]byte, record.HeaderSize, len(b)+record.Overhead), b...), len(b))
			}
		}
	}
}

// say queues a message.
func (a *aside) say(b []byte) {
	select {
	case a.queue <- b:
	default:
	}
}

// up notes a lane that has come up, before it is read; first if there was none through a
// relay.
func (a *aside) up(l *Lane, first bool) {
	if !l.path.Kind.Relayed() {
		return
	}
	l.hear = a.hear
	if t := a.talker; t != nil && first {
		t.Talk(a.say)
	}
}

// wait returns when it has ended.
func (a *aside) wait() { <-a.ended }

// hear takes what the peer has said.
func (a *aside) hear(b []byte, at time.Time) {
	if t := a.talker; t != nil && len(b) <= way.MaxSaid {
		t.Hear(b, at)
	}
}
