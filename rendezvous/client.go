package rendezvous

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"
	"time"

	"sesame/internal/awake"
	"sesame/internal/neterr"
)

// A Client is one visit to a mailbox server, for one code. Its methods may be
// called at the same time. It must be closed.
type Client struct {
	cfg    Config
	url    *url.URL
	dial   func(context.Context) (socket, error)
	cancel context.CancelFunc
	ended  chan struct{} // closed when no goroutine is left
	doubts chan struct{} // of capacity 1: see Channel.Check

	tells sync.Mutex // one call of the program's functions at a time

	mu      sync.Mutex
	m       *machine
	beat    awake.Meter
	changed chan struct{} // closed and replaced at each change of m
	met     bool
}

// Dial connects to the mailbox server, and waits for at most 15 seconds until
// it says welcome. If it can't be reached the error is a *ConnectError, if it
// turns us away a *WelcomeError. A nil Config means the defaults.
//
// A server that resets the connection is asked again once a second, for 10 seconds; one
// that closes it without a word, for 3: it may be about to be started again. A
// connection that breaks later is made again for as long as the client isn't closed.
func Dial(ctx context.Context, cfg *Config) (*Client, error) {
	full, u, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	began, most := time.Now(), time.Duration(0)
	for {
		dial, done := dialer(u, full.HTTPClient)
		c, err := connect(ctx, full, u, dial, done)
		most = max(most, worthwhile(err)) // a server that is started again refuses for a while
		if err == nil || time.Since(began)+resetPause > most {
			return c, err
		}
		full.Logger.Debug("the mailbox server cut the connection", "again in", resetPause)
		select {
		case <-time.After(resetPause):
		case <-ctx.Done():
			return nil, &ConnectError{u.Host, ctx.Err()}
		}
	}
}

// For how long, and how often, a server is asked that resets the first connection, or
// closes it, or that goes away.
const (
	resetTime  = 10 * time.Second
	closedTime = 3 * time.Second
	resetPause = time.Second
)

// worthwhile returns for how long a server is asked again whose first connection failed.
func worthwhile(err error) time.Duration {
	switch {
	case neterr.Is(err, neterr.Reset), goesAway(err):
		return resetTime
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return closedTime
	}
	return 0
}

// connect is Dial with given means.
func connect(ctx context.Context, cfg Config, u *url.URL, dial func(context.Context) (socket, error), end func()) (*Client, error) {
	begun := time.Now()
	cfg.Logger.Debug("connecting to the mailbox server", "server", u.Host)
	sock, err := dialWithin(ctx, cfg.DialTimeout, dial)
	if err != nil {
		end()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, &ConnectError{u.Host, err}
	}
	cfg.Logger.Debug("connected to the mailbox server", "within", time.Since(begun).Round(time.Millisecond/10))
	background, cancel := context.WithCancel(context.Background())
	c := &Client{
		cfg: cfg, url: u, dial: dial, cancel: cancel,
		ended:   make(chan struct{}),
		doubts:  make(chan struct{}, 1),
		m:       newMachine(cfg.AppID, cfg.Version, cfg.Native),
		changed: make(chan struct{}),
		beat:    awake.Meter{Least: longGap},
	}
	c.m.token = cfg.Token
	go func() {
		defer close(c.ended)
		defer c.forget()
		defer end()
		var beats sync.WaitGroup
		defer beats.Wait()
		running, stop := context.WithCancel(background)
		defer stop()
		beats.Go(func() { c.beatAll(running) })
		c.run(background, sock)
	}()
	err = c.await(ctx, func(m *machine) (bool, error) { return m.welcomed, m.ended() })
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// forget erases what was for a peer that never came. Nothing is received any more.
func (c *Client) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m.agreement != nil {
		c.m.agreement.Erase()
	}
}

// dialWithin bounds a dial: a black hole must not look like patience.
func dialWithin(ctx context.Context, limit time.Duration, dial func(context.Context) (socket, error)) (socket, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return dial(ctx)
}

// MOTD returns the operator's message to the user, which the server sent: at
// most 3 lines of 200 characters, made safe to print, or "".
func (c *Client) MOTD() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.m.motd, "\n")
}

// Nameplates returns the nameplates in use, as the server tells them: most tell
// none. Complete takes them.
func (c *Client) Nameplates(ctx context.Context) ([]string, error) {
	var list []string
	c.step(func(m *machine, now time.Time) {
		if m.ended() == nil {
			m.list(now)
		}
	})
	err := c.await(ctx, func(m *machine) (bool, error) {
		list = m.nameplates
		return !m.listing, m.ended()
	})
	return list, err
}

// Allocate gets a free nameplate from the server and returns a new code for it
// with so many random words of 8 bits each; 0 means 2, or 3 where many codes are
// being guessed (see Pressure). It may be called once, before Meet.
func (c *Client) Allocate(ctx context.Context, words int) (Code, error) {
	if words == 0 {
		words = defaultWords
		if c.Pressure() > 0 {
			words++
		}
	}
	if words < 1 || words > maxWords {
		return Code{}, fmt.Errorf("rendezvous: a code of %d words: 1 to %d are possible", words, maxWords)
	}
	var err error
	c.step(func(m *machine, now time.Time) {
		switch {
		case m.ended() != nil:
		case m.stage != idle:
			err = errors.New("rendezvous: Allocate comes once, and first")
		default:
			m.allocate(now)
		}
	})
	if err != nil {
		return Code{}, err
	}
	var nameplate string
	if err := c.await(ctx, func(m *machine) (bool, error) {
		nameplate = m.nameplate
		return nameplate != "", m.ended()
	}); err != nil {
		return Code{}, err
	}
	return generate(nameplate, words), nil
}

// Meet waits for the peer who uses the same code, for as long as the context
// lives, and returns when it has proven that it knows the code. A client meets
// once; later calls fail with ErrCodeUsed.
//
// ErrWrongCode means that the peer, or somebody in between, doesn't know the
// code; ErrCrowded and ErrCodeUsed that the code is no good any more. After any
// error the client can only be closed.
func (c *Client) Meet(ctx context.Context, code Code) (*Channel, error) {
	if code.text == "" {
		return nil, errors.New("rendezvous: no code")
	}
	var err error
	c.step(func(m *machine, now time.Time) {
		switch {
		case c.met:
			err = ErrCodeUsed
		case m.ended() != nil:
			err = m.ended()
		case m.stage == allocating || (m.nameplate != "" && m.nameplate != code.Nameplate):
			err = errors.New("rendezvous: the code has another nameplate than the allocated one")
		default:
			c.met = true
			m.meet(now, code)
		}
	})
	if err != nil {
		return nil, err
	}
	if err := c.await(ctx, func(m *machine) (bool, error) { return m.stage == confirmed, m.ended() }); err != nil {
		return nil, err
	}
	return &Channel{c}, nil
}

// Follow calls tell with the client's standing, and again whenever that has changed,
// until ctx ends or the client can't wait any more. What tell holds up is told late,
// and nothing else waits for it. A server that falls silent shows within 8 seconds.
func (c *Client) Follow(ctx context.Context, tell func(Standing)) {
	for last := (Standing{}); ; {
		var now Standing
		err := c.await(ctx, func(m *machine) (bool, error) {
			now = standingOf(m)
			return now != last, m.ended()
		})
		if err != nil {
			return
		}
		last = now
		tell(now)
	}
}

// Close gives back what the client holds at the server, waits at most 5 seconds
// for the answer, and returns when the client's goroutines have ended. It closes
// the Channel too, and returns nil always.
func (c *Client) Close() error {
	part(c, func(m *machine) Mood {
		if m.stage == confirmed {
			return Happy
		}
		return Lonely
	})
	<-c.ended
	c.cancel()
	return nil
}

// step lets f change the machine and tells everybody who waits for a change. If
// this process didn't run for a while, the machine learns of that first.
func (c *Client) step(f func(m *machine, now time.Time)) {
	c.mu.Lock()
	now := time.Now()
	if run, real := c.beat.Pass(now); real > 0 {
		c.cfg.Logger.Debug("this process didn't run", "for", real.Round(time.Second))
		c.m.slept(now, run, real)
		c.doubt()
	}
	f(c.m, now)
	news := c.m.news
	c.m.news = nil
	close(c.changed)
	c.changed = make(chan struct{})
	c.mu.Unlock()
	for _, tell := range news {
		c.tells.Lock()
		tell(&c.cfg)
		c.tells.Unlock()
	}
}

// doubt has the connection checked.
func (c *Client) doubt() {
	select {
	case c.doubts <- struct{}{}:
	default:
	}
}

// beatAll notes that this process runs, until ctx ends.
func (c *Client) beatAll(ctx context.Context) {
	ticker := time.NewTicker(beatEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		c.mu.Lock()
		now := time.Now()
		slept := c.beat.Gap(now)
		if !slept {
			c.beat.Pass(now)
		}
		c.mu.Unlock()
		if slept {
			c.step(func(*machine, time.Time) {})
		}
	}
}

// await waits until ready returns true or an error. It calls it with the lock
// held, after each change.
func (c *Client) await(ctx context.Context, ready func(m *machine) (bool, error)) error {
	for {
		c.mu.Lock()
		ok, err := ready(c.m)
		changed := c.changed
		c.mu.Unlock()
		if ok || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
