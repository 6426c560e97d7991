// Package addr is about addresses: what sort each is of, which ones this computer
// has, and how they are written together with a port. It is the one place for all
// three, since whoever dials, tells or shows an address has to mean the same.
//
//	addr.KindOf(ip) == addr.Private         where it means something
//	addr.Links(), addr.Own()                this computer's
//	host, port, err := addr.Split(text)     "relay.example.org:4001"
//
// It decides nothing: what may be dialled is transit's matter (doc/transit.md §2).
package addr
