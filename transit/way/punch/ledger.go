package punch

import (
	"net/netip"
	"slices"
)

// A ledger is what the two sides know of each other's messages with addresses, which
// both number from 1 on. The zero value is ready to use.
//
//	our message n names where we are        ──►  near checks leave
//	                                        ◄──  "seen": n
//	its NATs let us in: checks go all the way
type ledger struct {
	told  []netip.AddrPort // our addresses, as the peer knows them
	named int              // our first message with these
	heard int              // the peer's latest message
	acted int              // the peer's latest whose addresses have had near checks
	seen  int              // the latest of ours of which the peer has said that
}

// tell notes that message n of ours has these addresses, and reports whether that is
// news.
func (l *ledger) tell(n int, addrs []netip.AddrPort) bool {
	if l.named != 0 && slices.Equal(l.told, addrs) {
		return false
	}
	l.told, l.named = addrs, n
	return true
}

// hear notes the peer's message n, and what it says of ours.
func (l *ledger) hear(n, seen int) { l.heard, l.seen = n, seen }

// act notes that the addresses of all messages so far have had near checks, and reports
// whether that is news for the peer.
func (l *ledger) act() bool {
	news := l.acted != l.heard
	l.acted = l.heard
	return news
}

// open reports whether the peer has opened its NATs for our addresses, if these are all.
func (l *ledger) open(addrs []netip.AddrPort) bool {
	return l.named != 0 && l.seen >= l.named && slices.Equal(l.told, addrs)
}

// forget notes that NATs may have closed again; with moved, that our addresses are
// others, too.
func (l *ledger) forget(moved bool) {
	l.acted, l.seen = 0, 0
	if moved {
		l.told, l.named = nil, 0
	}
}
