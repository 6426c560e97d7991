package rendezvous

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"sesame/internal/wire"
)

const (
	writeWait    = 30 * time.Second
	calmAfter    = 10 * time.Second // a connection that lived so long, and was served, was a good one
	slowestRetry = 60 * time.Second
)

// retryDelay returns how long to wait before the n-th attempt in a row to
// connect again, without jitter.
func retryDelay(n int) time.Duration {
	return min(slowestRetry, time.Duration(math.Pow(1.5, float64(min(n, 30)))*float64(time.Second)))
}

// run keeps the client connected until its machine is done.
func (c *Client) run(ctx context.Context, sock socket) {
	failures := 0
	for {
		var moved move
		if sock != nil {
			began := time.Now()
			wanted, served := c.serve(ctx, sock)
			if served && time.Since(began) >= calmAfter {
				failures = 0
			}
			if wanted {
				sock, failures = c.again(ctx), 0
				continue
			}
			finished, _, _, wishes := c.look()
			if finished {
				return
			}
			moved = wishes.move
		}
		delay := retryDelay(failures) + rand.N(time.Second)
		what := "mailbox server lost"
		if moved.under {
			what, delay = "the mailbox server is started again", moved.pause(failures)
		}
		failures++
		c.cfg.Logger.Debug(what, "retry in", delay)
		if !c.pause(ctx, delay) {
			return
		}
		sock = c.again(ctx)
	}
}

// again dials once more. It returns nil on failure.
func (c *Client) again(ctx context.Context) socket {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() { // a machine that is done ends the dial
		if !c.idle(ctx, stop) {
			cancel()
		}
	})
	sock, err := dialWithin(ctx, c.cfg.DialTimeout, c.dial)
	close(stop)
	watch.Wait()
	if err != nil {
		c.cfg.Logger.Debug("mailbox server not reached", "err", err)
		return nil
	}
	return sock
}

// pause waits, and reports whether the client still wants a connection then.
func (c *Client) pause(ctx context.Context, d time.Duration) bool {
	stop, done := make(chan struct{}), make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-time.After(d):
		case <-c.doubts: // the reason may be gone
		case <-done:
			return
		}
		close(stop)
	})
	wanted := c.idle(ctx, stop)
	close(done)
	watch.Wait()
	return wanted
}

// idle lets the machine's time pass without a connection until stop is closed.
// It returns false when the machine is done.
func (c *Client) idle(ctx context.Context, stop <-chan struct{}) bool {
	for {
		finished, wake, changed, _ := c.look()
		if finished {
			return false
		}
		select {
		case <-stop:
			finished, _, _, _ := c.look()
			return !finished
		case <-ctx.Done():
			return false
		case <-changed:
		case <-timer(wake):
			c.step((*machine).tick)
		}
	}
}

// serve runs one connection until it breaks, and reports whether the machine
// wants another at once, and whether the server served it. When the machine is done it waits
// for the last commands to go out.
func (c *Client) serve(ctx context.Context, sock socket) (again, served bool) {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	var broken error
	var once sync.Once
	breaks := func(err error) {
		once.Do(func() { broken = err })
		cancel()
	}
	c.step((*machine).connected)
	all.Go(func() { breaks(c.readAll(ctx, sock)) })
	all.Go(func() { breaks(c.writeAll(ctx, sock)) })
	all.Go(func() { breaks((&pinger{c, sock}).run(ctx)) })
	var started *work
	var flushed <-chan time.Time
	for ctx.Err() == nil {
		finished, wake, changed, m := c.look()
		if finished && flushed == nil {
			flushed, wake = time.After(goodbye), time.Time{}
		}
		if m.reconnect || m.move.under {
			again = m.reconnect
			break
		}
		if m.work != nil && m.work != started {
			started = m.work
			w := started
			all.Go(func() {
				if err := c.earn(ctx, w); err != nil {
					breaks(err)
				}
			})
		}
		select {
		case <-ctx.Done():
		case <-changed:
		case <-flushed:
			cancel()
		case <-timer(wake):
			c.step((*machine).tick)
		}
	}
	cancel()
	sock.close()
	all.Wait()
	again = again || broken == errMoved
	c.step(func(m *machine, now time.Time) {
		if broken == nil || errors.Is(broken, context.Canceled) {
			broken = io.EOF
		}
		served = m.online
		m.disconnected(now, &ConnectError{c.url.Host, broken})
	})
	return again, served
}

// look returns what the shell must know of the machine: whether it is done,
// when to wake it, a channel that closes at its next change, and its wishes.
func (c *Client) look() (finished bool, wake time.Time, changed <-chan struct{}, wishes machineWishes) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.m.stage == done, c.m.wake(), c.changed, machineWishes{c.m.work, c.m.reconnect, c.m.move}
}

type machineWishes struct {
	work      *work
	reconnect bool
	move      move
}

// timer returns a channel that delivers at a time; nil, which never does, for
// the zero time.
func timer(at time.Time) <-chan time.Time {
	if at.IsZero() {
		return nil
	}
	return time.After(time.Until(at))
}

func (c *Client) readAll(ctx context.Context, sock socket) error {
	for {
		frame, err := sock.read(ctx)
		if err == errTooLarge {
			c.step(func(m *machine, now time.Time) {
				m.fail(now, fmt.Errorf("%w: more than %d bytes", ErrMalformed, wire.MaxFrame), Errory)
			})
		}
		if err != nil {
			return err
		}
		c.step(func(m *machine, now time.Time) { m.received(now, frame) })
	}
}

// writeAll sends the machine's commands until it is done and all are sent.
func (c *Client) writeAll(ctx context.Context, sock socket) error {
	for {
		var commands []wire.Command
		var finished bool
		err := c.await(ctx, func(m *machine) (bool, error) {
			commands, m.out = m.out, nil
			finished = m.stage == done
			return len(commands) > 0 || finished, nil
		})
		if err != nil {
			return err
		}
		for _, command := range commands {
			within, cancel := context.WithTimeout(ctx, writeWait)
			err := sock.write(within, command.Encode())
			cancel()
			if err != nil {
				return err
			}
		}
		if finished {
			return io.EOF
		}
	}
}

// earn does the work that the server demands. It returns an error if that was too much, and
// this connection is to be given up for another one, later.
func (c *Client) earn(ctx context.Context, w *work) error {
	t := toil{bits: w.bits, began: time.Now()}
	stamp, err := mint(w, t.began, func(tried uint64) error {
		about, over := t.look(time.Now(), tried)
		if about > 0 {
			c.step(func(m *machine, _ time.Time) {
				if m.work == w && m.stage < closing {
					m.tell(func(c *Config) { c.Working(about) })
				}
			})
		}
		if over {
			return &WorkError{Within: maxWork}
		}
		return ctx.Err()
	})
	if ctx.Err() != nil {
		return nil // nobody needs it any more
	}
	c.step(func(m *machine, now time.Time) { err = m.worked(now, w, stamp, err) })
	return err
}
