package mapped

import (
	"log/slog"
	"net/netip"
)

// In a browser there is no router to ask.

type Config struct {
	Gateway func() (netip.Addr, error)
	Logger  *slog.Logger
}

type Mapper struct{}

func New(Config) *Mapper                                       { return nil }
func (*Mapper) Map(Protocol, uint16)                           {}
func (*Mapper) Mapped(Protocol, uint16) (netip.AddrPort, bool) { return netip.AddrPort{}, false }
func (*Mapper) Changed() <-chan struct{}                       { return nil }
func (*Mapper) Move()                                          {}
func (*Mapper) Close() error                                   { return nil }
