// Package native moves a tree of files between two sesames, over any number of
// lanes at once, and goes on when lanes are lost.
//
//	sender                                                       receiver
//	          by mailbox
//	hints                               <───>                    hints
//	          over lanes, as soon as there is one
//	PIECE … LISTED                       ──>       Receive returns: a person looks at it
//	                                     <──       HELD … ACCEPT, or REJECT
//	                                     <──       HAVE: hashes of what an earlier run left
//	KEEP: which of it is the same        ──>
//	DATA, PACKED, HOLE                   ══>       written at their place
//	                                     <──       ACK: what a lane brought is written
//	FAILED: a file changed meanwhile     ──>
//	SENT                                 ──>       everything gets its final name
//	                                     <──       DONE
//
// Names in capitals are frames and control messages (doc/native.md §5). Data
// frames say where they belong, so any lane may carry any of them, twice too:
// what a lane had not acknowledged when it was lost is read again and goes over
// another. Control messages are numbered, and arrive once and in order. When all
// lanes are gone, both sides exchange addresses through the mailbox again.
//
// An interrupted receiver leaves what has arrived. The next run finds out which
// of it the sender still has, and the rest is sent (package tree).
//
// Only a sender decides what is sent when, and only by what was acknowledged
// does either side count progress. Each lane has one goroutine that reads files,
// seals and sends, and at the other end one that receives, opens and writes, so
// that two lanes use two cores without handing data from one to the other.
//
// The peer knows the code but is not trusted: whatever it sends is checked
// against the manifest and against what was sent to it, and the first rule that
// it breaks ends the session with a *transfer.ProtocolError.
//
// Source: doc/native.md §5 and §8.
package native

import (
	"io"
	"log/slog"
	"time"

	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
)

// Settings say how a native transfer goes. Nil is the zero Settings, as with a
// transfer.Config, whose rules hold here too.
type Settings struct {
	transfer.Config
	// Lost is called when all paths are lost and new ones are looked for; Connected
	// follows, or the end. Default nil.
	Lost func()
}

// A Load is what a sender hands over, with what a sesame alone understands of it.
type Load struct {
	transfer.Sending
	// ID is that of what is sent: the same at each try, and no other source's. The
	// receiver goes on with what an earlier try left only if that has the same ID.
	// Default none: each try begins anew.
	ID tree.ID
	// NoCompress sends contents as they are. Default false: what gets smaller is
	// packed, unless the path is too fast for that.
	NoCompress bool
}

// config is how a transfer goes at one side, with what the peer has agreed on.
type config struct {
	transfer.Config
	Lost       func()                 // as in Settings
	ID         tree.ID                // as in Load, at a sender
	NoCompress bool                   // the same
	put        func() (wanted func()) // a Sending's, at a sender; nil if nobody is told
	named      func(*manifest.Fitted) // Sending.Named
	// Patience is how long new paths are looked for; for the first one that is two
	// minutes at most, and if the peer's program seems to be gone half a minute.
	// Default 15 min.
	Patience time.Duration
	// stream has the contents of the one entry whose size isn't known, at a sender.
	// It is read in a goroutine that may outlive Send when Send fails while Read
	// waits; closing what it reads from ends that.
	stream io.Reader
}

// configFor completes how.
func configFor(how *Settings) config {
	var c config
	if how != nil {
		c.Config, c.Lost = how.Config, how.Lost
	}
	return c.withDefaults()
}

func (c config) withDefaults() config {
	if c.Patience == 0 {
		c.Patience = 15 * time.Minute
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}
