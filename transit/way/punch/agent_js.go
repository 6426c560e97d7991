package punch

import (
	"context"
	"errors"
	"net"
	"net/netip"
)

// An Agent can't be had in a browser, which gives nobody a UDP port.
type Agent struct{}

// A Conn can't be had either.
type Conn struct{ net.Conn }

// Listen fails.
func Listen(Config) (*Agent, error) { return nil, errors.ErrUnsupported }

func (*Agent) Start(func(string, int) []byte)                      {}
func (*Agent) SetPeer([]netip.AddrPort)                            {}
func (*Agent) Candidates() []netip.AddrPort                        { return nil }
func (*Agent) Add(netip.AddrPort)                                  {}
func (*Agent) Ports() (v4, v6 uint16)                              { return 0, 0 }
func (*Agent) Changed() <-chan struct{}                            { return nil }
func (*Agent) Open() []netip.AddrPort                              { return nil }
func (*Agent) Seek(bool)                                           {}
func (*Agent) Restart()                                            {}
func (*Agent) Move([]netip.Addr, bool)                             {}
func (*Agent) StopAccepting()                                      {}
func (*Agent) Close() error                                        { return nil }
func (*Agent) Accept() (*Conn, error)                              { return nil, net.ErrClosed }
func (*Agent) Dial(context.Context, netip.AddrPort) (*Conn, error) { return nil, net.ErrClosed }

// Binding returns nothing.
func (*Conn) Binding() []byte { return nil }

// Finish closes the connection.
func (c *Conn) Finish() { c.Close() }
