// Package transfer has the nouns of moving text, files and directories to one
// peer, once the two have met and share a key: what is named to be sent (a
// [Source], handed over in a [Sending]), what the peer offers (an [Offer]), where that
// goes (a [Target]), over what (a [Channel]), how (a [Config]), how far it is
// ([Progress]), and what became of it (a [Report], or one of the errors here).
//
// It knows no protocol. Those that move things stand below it, each with Send and
// Receive: package native between two sesames (any number of paths, resumption,
// streams), package classic with every other program of the Magic Wormhole family.
//
// Sending takes two calls, [Open] (or [FromReader], [FromTree]) and a protocol's Send, receiving
// two, its Receive and [Offer.Accept]. They block until they are done or their
// context ends, and leave no goroutine or connection behind. Files appear under
// their names when all of them are whole. What a native transfer had written when
// it failed stays hidden beside them, for the next try to go on with.
//
// Nothing the peer says is believed: names can't leave the directory that the
// caller gave, nothing that exists is replaced unless the caller says so, and
// no more is written than was offered.
//
// Source: doc/transfer.md and doc/native.md.
package transfer

import (
	"context"
	"log/slog"

	"sesame/transit"
	"sesame/tree"
	"sesame/tree/manifest"
)

// A Channel carries small messages between two peers, encrypted and in order.
// *rendezvous.Channel is one. Its methods are called from several goroutines. It
// serves one transfer and is never closed here.
type Channel interface {
	// Send queues msg and returns when the channel has taken charge of it.
	Send(ctx context.Context, msg []byte) error
	// Receive returns the peer's next message.
	Receive(ctx context.Context) ([]byte, error)
	// Key derives a key of size bytes for one purpose from the shared key. If
	// Suite isn't "", it is called only when the first Receive has returned.
	Key(purpose string, size int) []byte
	// Suite names the AEAD that seals the data if the peer speaks the native
	// protocol ("aes-256-gcm", "chacha20-poly1305"), else it is "".
	Suite() string
	// First reports whether this side is the first of the two, as exactly one is,
	// whoever sends (doc/native.md §2.1).
	First() bool
	// Check is called when this computer has other addresses than before: the
	// connection that the channel uses may not work any more, and not show it. It
	// returns at once.
	Check()
}

// Config says how to transfer: what both sides need in every protocol. What a sender
// alone needs is in [Sending], a receiver in [Target], and what one protocol alone
// understands is that protocol's.
//
// A nil Config is the zero Config, which is ready to use. It isn't changed by a
// transfer and may be shared. Its functions are called one at a time, with those of a
// Sending and of a protocol; the transfer waits for them.
type Config struct {
	// Transit says how to reach the peer; default nil, transit's own defaults.
	Transit *transit.Config
	// Connected is called when a path to the peer is found, and by a protocol that has
	// several again when data takes another one, or any after all were lost, or when
	// the round-trip time of the same one has changed much. Default nil: nothing is.
	Connected func(transit.Path)
	// Progress is called when bytes have moved. Default nil.
	Progress func(Progress)
	// Names says, at a receiver, what is known of the names that its disk can have
	// (tree.Store.Names). What is offered gets others by it, which the Offer says. It
	// isn't called where every disk can have what is offered. Default nil: every name
	// can be had.
	Names func() manifest.Rules
	// Limit is how many bytes of content may cross in a second; default 0, any
	// number. If both sides have one, the lower counts.
	Limit int64
	// Logger gets what is worth knowing when something went wrong, never
	// names, texts or keys; default nil, silent.
	Logger *slog.Logger
}

// Progress tells how far a transfer is, in bytes; Total is -1 while a stream has
// not ended. Done never falls in a classic transfer, counts the bytes that cross
// (of a directory those of the archive), and reaches Total only when the receiver
// has confirmed that everything is in place. In a native one it counts what is
// written at the receiver, or was there already, and falls when a file has changed
// and won't come.
type Progress struct {
	Done, Total int64
}

// A Report says what became of a transfer.
type Report struct {
	// Placed is what has its final name now, at a receiver.
	Placed []tree.Placed
	// Failed is what was offered and could not be sent, or not be written by the
	// receiver, whose disk can't have such a name or a link. Everything else is
	// there. A classic transfer in which something can't be sent fails as a whole
	// instead, and only a sesame tells a classic sender what it could not write.
	Failed []Failure
	// Renamed is, at a receiver, what got another name and could not be told of with
	// the offer, because a classic peer lists nothing.
	Renamed []manifest.Renaming
	// Unkept says, at a receiver, what of all files the disk doesn't keep.
	Unkept tree.Unkept
	// Skipped is what the sender left out from the beginning: what can't be
	// read, or is no file, or, with a classic peer, is a link. A receiver knows
	// of it from a native peer only.
	Skipped []manifest.Skipped
	// Grown is, at a sender, the paths of files that have grown since they were
	// listed. What was offered of them is there.
	Grown []string
	// Resumed is how many bytes were there from an earlier try and did not cross.
	Resumed int64
	// Declined is how many files, of DeclinedBytes together, a sender didn't send
	// because the receiver leaves what has their names as it is.
	Declined      int
	DeclinedBytes int64
	// Bytes is how many bytes of content are there now, Resumed included.
	Bytes int64
	// Path carried data last.
	Path transit.Path
}

// A Failure is something that was offered and did not arrive.
type Failure struct {
	Path string // as it was offered
	Why  manifest.Reason
	// There says that the other side failed, and that Why is what it says.
	There bool
}
