package client

import (
	"errors"
	"net"

	"sesame/internal/neterr"
	"sesame/internal/reason"
	"sesame/internal/safetext"
	"sesame/transit"
)

// mostTried is how many ways are told of that were tried in vain.
const mostTried = 6

// tried says which ways were tried in vain, and why each of them isn't one.
func tried(e *transit.NoPathError) (all []*Failure) {
	for i, p := range e.Tried {
		if i == mostTried {
			return append(all, Fail(PathMore))
		}
		all = append(all, account(p, e.Errs[i]))
	}
	if len(all) == 0 {
		return []*Failure{Fail(PathNone)}
	}
	return all
}

// account names a way and says why it isn't one. What stands between this computer and
// a relay tells of itself.
func account(p transit.Path, err error) *Failure {
	var via *transit.ViaError
	if errors.As(err, &via) {
		p.Via = ""
		return Fail(PathVia, label(p), Connection(via.Err))
	}
	return Fail(PathTried, label(p), noWay(err))
}

// label names a way, with its address.
func label(p transit.Path) *Failure {
	code := PathDirect
	switch {
	case p.Embedded:
		code = PathPort
	case p.Kind.Relayed():
		code = PathRelay
	}
	var through *Failure
	if p.Via != "" {
		through = Fail(PathThrough, p.Via)
	}
	return Fail(code, p.Remote, through)
}

// noWay says why something isn't a way to the other computer.
func noWay(err error) *Failure {
	var dns *net.DNSError
	var own transit.NoWay
	var odd transit.NoRelayError
	switch {
	case errors.As(err, &own) && find(whyNoWay, string(own)) != "":
		return Fail(find(whyNoWay, string(own)))
	case errors.As(err, &odd) && odd.Status != 0:
		return Fail(NoRelayStatus, odd.Status)
	case errors.As(err, &odd):
		return Fail(NoRelaySays, odd.Said)
	case errors.As(err, &dns):
		return Fail(WayNoName)
	case neterr.Is(err, neterr.Refused):
		return Fail(WayRefused)
	case neterr.Is(err, neterr.TimedOut):
		return Fail(WaySilent)
	case neterr.Is(err, neterr.Unreachable):
		return Fail(WayFar)
	case reason.Find(err).Kind != reason.Other:
		return Fail(WayFailed, Connection(err))
	}
	return Fail(WayFailed, Fail(ConnSystem, said(safetext.Line(err.Error(), 120))))
}

var whyNoWay = []word{
	{string(transit.ErrNeverDialled), WayNeverDialled},
	{string(transit.ErrLoopback), WayLoopback},
	{string(transit.ErrPrivate), WayPrivate},
	{string(transit.ErrPort), WayPort},
	{string(transit.ErrName), WayBadName},
	{string(transit.ErrLocalName), WayLocalName},
	{string(transit.ErrOnion), WayOnion},
	{string(transit.ErrTheirs), WayTheirs},
	{string(transit.ErrAlone), WayAlone},
	{string(transit.ErrSpent), WaySpent},
	{string(transit.ErrNoTicket), WayNoTicket},
	{string(transit.ErrNoTCP), WayNoTCP},
	{string(transit.ErrURL), WayBadURL},
}
