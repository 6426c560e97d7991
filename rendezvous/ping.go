package rendezvous

import (
	"context"
	"errors"
	"time"
)

const (
	pingEvery = 4 * time.Second // so that a dead connection shows while people wait
	muteAfter = 4 * time.Second // without an answer until that shows: see Standing
	pingWait  = 20 * time.Second
	checkWait = time.Second // when the network has changed
)

// errMoved ends a connection that didn't survive a change of the network.
var errMoved = errors.New("no answer since the network has changed")

// A pinger finds out whether a connection works, and lets the machine know when an
// answer takes long, before it takes too long.
type pinger struct {
	c    *Client
	sock socket
}

// run asks again and again, until there is no answer or ctx ends.
func (p *pinger) run(ctx context.Context) error {
	for {
		wait := pingWait
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pingEvery):
		case <-p.c.doubts:
			wait = checkWait
		}
		err := p.ask(ctx, wait)
		if err != nil && wait == checkWait && ctx.Err() == nil {
			return errMoved
		}
		if err != nil {
			return err
		}
	}
}

func (p *pinger) ask(ctx context.Context, wait time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	left, told := time.Now(), make(chan struct{})
	mute := time.AfterFunc(muteAfter, func() {
		defer close(told)
		p.c.step(func(m *machine, _ time.Time) { m.mute(left) })
	})
	err := p.sock.ping(ctx)
	if mute.Stop() {
		return err
	}
	<-told
	if err == nil {
		p.c.step(func(m *machine, _ time.Time) { m.unmute() })
	}
	return err
}
