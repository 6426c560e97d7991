package rendezvous

import (
	"errors"
	"slices"
	"time"
)

// How long the machine waits. There is no limit on waiting for a person.
const (
	waitWelcome = 15 * time.Second       // for the greeting of a new connection
	waitReply   = 30 * time.Second       // for the server's answer to a command
	waitVersion = 60 * time.Second       // for the peer's version, once its pake is here
	waitQuiet   = 10 * time.Second       // for the same, until the program hears that it is missing
	waitGap     = 60 * time.Second       // for a message that others have overtaken
	waitClose   = 4 * time.Second        // for answers after closing began
	waitParting = 400 * time.Millisecond // the same, if nobody needs them
	waitHop     = 5 * time.Second        // in one of two mailboxes, doc/mailbox.md §7.3
	waitOnline  = 50 * time.Second       // for a new connection, if we can't do without
	waitAgreed  = 10 * time.Minute       // for a handshake, however often the server is lost
)

// The kinds of expiry that aren't errors.
var (
	errClosing = errors.New("closing took too long")
	errBusy    = errors.New("time to ask a server again that could keep nothing")
	errAway    = errors.New("time to say that a server that has moved isn't back")
	errQuiet   = errors.New("time to say that the other side doesn't answer")
	errHop     = errors.New("time to look in the other mailbox")
)

// deadlines are the times at which a machine loses its patience. The zero time
// is none.
type deadlines struct {
	replies map[Awaited]time.Time // what the server owes on this connection

	versionBy time.Time // the peer's version; counts only while connected
	versionIn time.Duration
	onlineBy  time.Time // the server's next greeting
	agreedBy  time.Time // the peer's version, without pauses
	quietBy   time.Time // until the program hears that the version is missing
	gapBy     time.Time
	gapIn     time.Duration
	hopBy     time.Time
	busyBy    time.Time // ask the server again, which can't keep anything just now
	backBy    time.Time // a server that has moved; until then it isn't missed
	closeBy   time.Time
}

func (d *deadlines) expect(what Awaited, now time.Time) {
	after := waitReply
	if what == AwaitGreeting {
		after = waitWelcome
	}
	d.replies[what] = now.Add(after)
}

func (d *deadlines) expects(what Awaited) bool {
	_, ok := d.replies[what]
	return ok
}

// offline stops the clocks of what can't come without a connection.
func (d *deadlines) offline(now time.Time) {
	clear(d.replies)
	d.hopBy, d.quietBy = time.Time{}, time.Time{}
	pause(&d.versionBy, &d.versionIn, now)
	pause(&d.gapBy, &d.gapIn, now)
}

// need starts the clock for a new connection, if it isn't running.
func (d *deadlines) need(now time.Time) {
	if d.onlineBy.IsZero() {
		d.onlineBy = now.Add(waitOnline)
	}
}

// resume lets the clocks go on.
func (d *deadlines) resume(now time.Time) {
	d.onlineBy = time.Time{}
	if d.versionIn > 0 {
		d.versionBy, d.versionIn = now.Add(d.versionIn), 0
	}
	if d.gapIn > 0 {
		d.gapBy, d.gapIn = now.Add(d.gapIn), 0
	}
}

// shift puts all of them off by a time in which nothing could be heard.
func (d *deadlines) shift(by time.Duration) {
	for what, at := range d.replies {
		d.replies[what] = at.Add(by)
	}
	for _, at := range []*time.Time{&d.versionBy, &d.onlineBy, &d.agreedBy, &d.quietBy, &d.gapBy, &d.hopBy, &d.busyBy, &d.backBy, &d.closeBy} {
		if !at.IsZero() {
			*at = at.Add(by)
		}
	}
}

func pause(by *time.Time, in *time.Duration, now time.Time) {
	if !by.IsZero() {
		*in = max(by.Sub(now), time.Nanosecond)
		*by = time.Time{}
	}
}

// expired returns an error for the earliest deadline that has passed, or nil.
func (d *deadlines) expired(now time.Time) error {
	by, err := d.next()
	if by.IsZero() || now.Before(by) {
		return nil
	}
	return err
}

// wake returns when the next deadline passes, or the zero time.
func (d *deadlines) wake() time.Time {
	by, _ := d.next()
	return by
}

func (d *deadlines) next() (time.Time, error) {
	if !d.closeBy.IsZero() {
		return d.closeBy, errClosing
	}
	type deadline struct {
		by  time.Time
		err error
	}
	all := []deadline{
		{d.versionBy, &UnansweredError{late: &TimeoutError{AwaitVersion, waitVersion}}},
		{d.quietBy, errQuiet},
		{d.gapBy, &TimeoutError{AwaitOvertaken, waitGap}},
		{d.agreedBy, &UnansweredError{late: &TimeoutError{AwaitVersion, waitAgreed}}},
		{d.onlineBy, &TimeoutError{AwaitConnection, waitOnline}},
		{d.hopBy, errHop},
		{d.busyBy, errBusy},
		{d.backBy, errAway},
	}
	for _, what := range []Awaited{
		AwaitGreeting, AwaitNameplates, AwaitNameplate, AwaitClaim, AwaitStored, AwaitReceipt,
	} {
		after := waitReply
		if what == AwaitGreeting {
			after = waitWelcome
		}
		all = append(all, deadline{d.replies[what], &TimeoutError{what, after}})
	}
	all = slices.DeleteFunc(all, func(d deadline) bool { return d.by.IsZero() })
	if len(all) == 0 {
		return time.Time{}, nil
	}
	first := slices.MinFunc(all, func(a, b deadline) int { return a.by.Compare(b.by) })
	return first.by, first.err
}

// slowestAnswer is how long a server may have a client wait that it can't serve now.
const slowestAnswer = time.Minute

// putOff handles word of the server that it can't keep anything just now, and is to be asked
// again in so many seconds. It returns the time until that is done.
func (d *deadlines) putOff(now time.Time, seconds int) (wait time.Duration) {
	wait = time.Duration(min(seconds, int(slowestAnswer/time.Second))) * time.Second
	clear(d.replies)
	d.busyBy = now.Add(wait)
	return wait
}
