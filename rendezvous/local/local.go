// Package local announces on the local network that a sender of a local code
// waits at this computer, and finds such senders. No server is needed.
//
//	sender                         link                        receiver
//	Announce: who is there?  ───►
//	                         ◄───  others
//	  7-3f9a02b46c is here,  ───►
//	  at port 41234                        ◄───  who has 7?    Find
//	  7-3f9a02b46c is here,  ───►                (the address is the one
//	  at port 41234                               from which that comes)
//	Close: it is gone        ───►
//
// It speaks multicast DNS (RFC 6762) and DNS-SD (RFC 6763), so other programs on
// the same computer that do so are no obstacle, and tools that list services
// show the senders. What is announced is a nameplate, a port, a random name and
// the addresses of this computer on that link: no name of a person, a computer
// or a file, and nothing of the secret words.
//
// Anybody on the link can claim to be the sender. Who does gains what a mailbox
// server has: one guess at the words. Find reports it when several claim the
// same nameplate, so that nobody is chosen by chance.
//
// Nothing leaves the link, and nothing from outside of it is answered or
// believed. Source: doc/local.md §3.
package local

import (
	"errors"
	"fmt"
	"net/netip"
)

// ErrTaken says that somebody else on this network announces the nameplate.
var ErrTaken = errors.New("somebody else on this network announces the same number")

// An AmbiguousError says that several programs claim to be the sender.
type AmbiguousError struct {
	Addrs []netip.AddrPort // one of each
}

func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("%d programs on this network say that they have this code", len(e.Addrs))
}
