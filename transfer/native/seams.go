package native

import (
	"context"
	"time"

	"sesame/transit"
)

// A lane is what a session needs of a transit.Lane: records that are encrypted,
// authenticated and in order, over one connection.
type lane interface {
	// Write seals the n bytes of buf that stand after record.HeaderSize and
	// sends them. It may be called by several goroutines.
	Write(typ byte, buf []byte, n int) error
	// Read returns the next record. p is valid until the next Read.
	Read() (typ byte, p []byte, err error)
	// Idle returns how long nothing has arrived.
	Idle() time.Duration
	Path() transit.Path
	// Carried notes that records with content have arrived, in either direction.
	Carried()
	// Close ends the lane, within seconds, and with it calls that wait.
	Close() error
	// Drop ends a lane that doesn't work any more, at once.
	Drop()
}

// lanes is what it needs of transit.Lanes.
type lanes interface {
	Hints() []transit.Hint
	Start(key func(purpose string, size int) []byte, peer []transit.Hint)
	AddHints(peer []transit.Hint)
	Refresh() []transit.Hint
	Changed() <-chan struct{}
	Moved() <-chan struct{}
	Refused() bool
	// NoPath says what was tried, for the person here.
	NoPath() *transit.NoPathError
	Next(ctx context.Context) (lane, error)
	Close() error
}
