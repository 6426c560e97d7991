package relay

import (
	"sync/atomic"

	"sesame/internal/wire"
	"sesame/relay/trust"
)

// A live is what may change while the server runs. It may be used concurrently.
type live struct{ now atomic.Pointer[policy] }

// A policy doesn't change.
type policy struct {
	limits  Limits
	said    wire.Welcome // to everybody
	permit  permits
	blocked *trust.Set
	level   *int // nil: by what is seen
}

func policyOf(cfg *Config) *policy {
	return &policy{
		limits: cfg.Limits.WithDefaults(),
		permit: permitsOf(cfg), blocked: cfg.Blocked, level: cfg.Level,
		said: wire.Welcome{MOTD: cfg.MOTD, Error: cfg.Refusal, CLIVersion: cfg.CLIVersion},
	}
}

// limits returns the limits that hold now.
func (l *live) limits() *Limits { return &l.now.Load().limits }
