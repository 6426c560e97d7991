package open

import (
	"context"
	"errors"
	"net/netip"
)

// In a browser there are no ports.

type Mirror struct{}

func Ask(context.Context, uint16, string) (*Mirror, error) { return nil, errors.ErrUnsupported }
func (*Mirror) Look() (netip.AddrPort, error)              { return netip.AddrPort{}, errors.ErrUnsupported }
func (*Mirror) Close() error                               { return nil }
