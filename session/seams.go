package session

import (
	"context"
	"time"

	"sesame/transit"
	"sesame/transit/record"
)

// A Lane is what a session needs of a transit.Lane: records that are encrypted,
// authenticated and in order, over one connection.
type Lane interface {
	// Write seals the n bytes of buf that stand after record.HeaderSize and
	// sends them. It may be called by several goroutines.
	Write(typ byte, buf []byte, n int) error
	// Read returns the next record. p is valid until the next Read.
	Read() (typ byte, p []byte, err error)
	// Idle returns how long nothing has arrived.
	Idle() time.Duration
	Path() transit.Path
	// SlowStart reports whether what carries the lane still sends more with each round
	// trip, if that is known.
	SlowStart() (is, known bool)
	// Carried notes that long records have arrived, in either direction.
	Carried()
	// Acked notes how many bytes of records that were written the peer has acknowledged,
	// in all.
	Acked(total int64)
	// Close ends the lane, within seconds, and with it calls that wait.
	Close() error
	// Drop ends a lane that doesn't work any more, at once.
	Drop()
}

// Lanes is what it needs of a transit.Lanes.
type Lanes interface {
	Hints() []transit.Hint
	Start(key func(purpose string, size int) []byte, peer []transit.Hint)
	AddHints(peer []transit.Hint, seen int)
	Refresh() (hints []transit.Hint, seen int)
	// Relay says whether a lane through a relay is wanted beside direct ones.
	Relay(wanted bool)
	Changed() <-chan struct{}
	Moved() <-chan struct{}
	Refused() bool
	// NoPath says what was tried, for the person here.
	NoPath() *transit.NoPathError
	Next(ctx context.Context) (Lane, error)
	Close() error
}

// A Channel carries small messages between the two sides, encrypted and in order. Its
// methods are called from several goroutines. It serves one session and is never closed
// here.
type Channel interface {
	// Send queues msg and returns when the channel has taken charge of it.
	Send(ctx context.Context, msg []byte) error
	// Receive returns the peer's next message.
	Receive(ctx context.Context) ([]byte, error)
	// Key derives a key of size bytes for one purpose from the shared key. It is
	// called when the first Receive has returned.
	Key(purpose string, size int) []byte
	// Suite names the AEAD that seals the records (package transit/record).
	Suite() string
	// First reports whether this side is the first of the two, as exactly one is
	// (doc/native.md §2.1).
	First() bool
	// Check is called when this computer has other addresses than before: the
	// connection that the channel uses may not work any more, and not show it. It
	// returns at once.
	Check()
}

// Suites returns the names of the AEADs that this machine is to announce, best first.
// Which one a Channel has is agreed on with the channel.
func Suites() (names []string) {
	for _, suite := range record.Fast() {
		names = append(names, suite.String())
	}
	return names
}

// transitLanes makes a transit.Lanes fit the seam.
type transitLanes struct{ *transit.Lanes }

// openLanes opens the lanes of a session over ch.
func openLanes(ctx context.Context, ch Channel, cfg *Config) (Lanes, error) {
	suite, err := record.Named(ch.Suite())
	if err != nil {
		return nil, err
	}
	role := transit.Follower
	if ch.First() {
		role = transit.Leader
	}
	lc := &transit.LanesConfig{Suite: suite}
	if cfg.Transit != nil {
		lc.Config = *cfg.Transit
	}
	if lc.Logger == nil {
		lc.Logger = cfg.Logger
	}
	ls, err := transit.OpenLanes(ctx, role, lc)
	if err != nil {
		return nil, err
	}
	return transitLanes{ls}, nil
}

func (t transitLanes) Next(ctx context.Context) (Lane, error) {
	l, err := t.Lanes.Next(ctx)
	if err != nil {
		return nil, err // not a nil *transit.Lane in a Lane
	}
	return l, nil
}
