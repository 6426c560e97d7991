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
// of it the sender still has, and the rest is sent (package staging).
//
// Only a sender decides what is sent when, and only by what was acknowledged
// does either side count progress. Each lane has one goroutine that reads files,
// seals and sends, and at the other end one that receives, opens and writes, so
// that two lanes use two cores without handing data from one to the other.
//
// The peer knows the code but is not trusted: whatever it sends is checked
// against the manifest and against what was sent to it, and the first rule that
// it breaks ends the session with a *ProtocolError.
//
// Source: doc/native.md §5 and §8.
package native

import (
	"context"
	"io"
	"log/slog"
	"time"

	"sesame/transit"
	"sesame/transit/record"
	"sesame/tree/staging"
)

// A Channel carries small messages to the peer, encrypted and in order; a
// native rendezvous.Channel does. Methods may be called by several goroutines.
type Channel interface {
	Send(ctx context.Context, msg []byte) error
	Receive(ctx context.Context) ([]byte, error)
	// Key returns a key that depends on purpose and on what both sides agreed
	// on. It may be called once the first Receive has returned.
	Key(purpose string, size int) []byte
}

// Config says how a transfer goes. The zero value is ready to use, and nil
// stands for it. Functions are called one at a time and must return soon.
type Config struct {
	// Transit says which paths may be used. Default as there.
	Transit *transit.Config
	// Suite seals the records; both sides must use the same. Default
	// record.ChaCha20Poly1305, which everybody has.
	Suite record.Suite
	// Features are the optional parts of the protocol that both sides have, of
	// those that Features names. Default none.
	Features []string
	// ID is that of what a sender offers: the same whenever that is, and different
	// otherwise. Default none: the receiver begins anew each time.
	ID staging.ID
	// Progress is called several times a second while something changes, and
	// at the end. Default none.
	Progress func(Progress)
	// Connected is called before anything else is: when the first lane is there
	// and its round-trip time is known, or half a second later. It is called
	// again when data takes another sort of path than before, when there is a
	// path after Lost, and when the round-trip time has changed much. Default
	// none.
	Connected func(transit.Path)
	// Lost is called when the last lane is gone, while others are looked
	// for. Default none.
	Lost func()
	// Moved is called when this computer has other addresses than before. The
	// connection that the Channel uses may not work any more, and not show it.
	// Default none.
	Moved func()
	// Stream has the contents of the one entry whose size isn't known. It is
	// read in a goroutine that may outlive Send when Send fails while Read
	// waits; closing what it reads from ends that. Default none.
	Stream io.Reader
	// NoCompress sends contents as they are. By default those that get smaller
	// are packed, unless the path is too fast for that.
	NoCompress bool
	// Limit is how many bytes of content may cross in a second. If both sides
	// have one, the lower counts. Default 0: no limit.
	Limit int64
	// Patience is how long lost lanes are waited for; for the first one it is two
	// minutes at most, and if the peer's program seems to be gone half a minute.
	// Default 15 min.
	Patience time.Duration
	// Logger gets what happens to lanes, without addresses. Default silent.
	Logger *slog.Logger
}

func (c *Config) withDefaults() Config {
	var out Config
	if c != nil {
		out = *c
	}
	if out.Suite == 0 {
		out.Suite = record.ChaCha20Poly1305
	}
	if out.Patience == 0 {
		out.Patience = 15 * time.Minute
	}
	if out.Logger == nil {
		out.Logger = slog.New(slog.DiscardHandler)
	}
	return out
}

// Progress is how far a transfer is. Done is what is written at the receiver,
// or was there already.
type Progress struct {
	Done  int64 // bytes
	Total int64 // bytes; -1 while a stream hasn't ended
}

// A Report says what became of a transfer that both sides agree has ended.
type Report struct {
	Placed  []staging.Placed // at the receiver: what has its final name now
	Failed  []Failure        // what could not be sent, or not be written there; the rest is there
	Unkept  string           // at the receiver: what of all files its disk doesn't keep, in words; "" for nothing
	Resumed int64            // bytes that were there from an earlier run, and did not cross
	// Declined is how many files, of DeclinedBytes together, a sender didn't send
	// because the receiver leaves what has their names.
	Declined      int
	DeclinedBytes int64
	Bytes         int64        // bytes of content that are there now
	Path          transit.Path // that carried data last
}

// A Failure is an entry that could not be sent, or not be written.
type Failure struct {
	Path   string // as in the manifest
	Reason string // may come from the peer, but is safe to print
}
