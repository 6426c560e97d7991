package native

import (
	"encoding/binary"
	"fmt"
	"math"

	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
)

// A message is the type of a control message (doc/native.md §5.4). Control
// messages arrive once and in order, whatever becomes of lanes.
type message byte

const (
	// From the sender.
	msgPiece    message = 1 // a piece of the manifest
	msgListed   message = 2 // entries, bytes, bytes that are holes: the manifest is complete
	msgFailed   message = 3 // entry, reason: it won't come
	msgEnd      message = 4 // entry, size: a stream ended there
	msgKeep     message = 5 // items: the answer to one msgHave
	msgIdentity message = 7 // 16 bytes that tell this transfer from others
	msgSent     message = 6 // everything has been acknowledged, has failed or was kept

	// From the receiver.
	msgHeld   message = 16 // ranges of entries of which something is here: hashes follow
	msgAccept message = 17 // flags, limit in bytes a second (0: none): send what isn't held
	msgReject message = 18 // reason
	msgHave   message = 19 // items: hashes of what is here
	msgDone   message = 20 // failures: everything is in place
	msgSkip   message = 21 // ranges of entries that aren't wanted, though the rest is
	msgWhole  message = 22 // items: a hash of all of a file that has its final name

	// From either.
	msgAbort message = 32 // class, reason: the transfer has failed
)

func (m message) String() string {
	names := map[message]string{
		msgPiece: "PIECE", msgListed: "LISTED", msgFailed: "FAILED", msgEnd: "END", msgKeep: "KEEP", msgSent: "SENT", msgIdentity: "IDENTITY",
		msgHeld: "HELD", msgAccept: "ACCEPT", msgReject: "REJECT", msgHave: "HAVE", msgDone: "DONE", msgSkip: "SKIP", msgWhole: "WHOLE",
		msgAbort: "ABORT",
	}
	if s, ok := names[m]; ok {
		return s
	}
	return fmt.Sprintf("message %d", byte(m))
}

const (
	hashSize    = tree.SumSize
	maxGroups   = 1 << 16 // of one file
	flagOrdered = 1       // of msgAccept: the receiver passes the bytes on in order
)

// nonsense is the error about a body that can't be read.
func nonsense(m message) error { return brokenf("%v makes no sense", m) }

// listed is the body of msgListed.
type listed struct {
	entries int
	bytes   int64
	holes   int64 // of bytes
}

func (l listed) append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(l.entries))
	b = binary.AppendUvarint(b, uint64(l.bytes))
	return binary.AppendUvarint(b, uint64(l.holes))
}

func parseListed(body []byte) (listed, error) {
	r := reader{rest: body}
	l := listed{int(r.uint(manifest.MaxEntries)), int64(r.uint(math.MaxInt64)), int64(r.uint(math.MaxInt64))}
	if l.holes > l.bytes || r.failed || len(r.rest) > 0 {
		return l, nonsense(msgListed)
	}
	return l, nil
}

// failure is the body of msgFailed.
type failure struct {
	index  int
	reason transfer.Reason
}

func (f failure) append(b []byte) []byte {
	return appendReason(binary.AppendUvarint(b, uint64(f.index)), f.reason)
}

func parseFailure(body []byte) (failure, error) {
	r := reader{rest: body}
	f := failure{int(r.uint(manifest.MaxEntries - 1)), r.reason()}
	if r.failed {
		return f, nonsense(msgFailed)
	}
	return f, nil
}

// ending is the body of msgEnd.
type ending struct {
	index int
	size  int64
}

func (e ending) append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(e.index))
	return binary.AppendUvarint(b, uint64(e.size))
}

func parseEnding(body []byte) (ending, error) {
	r := reader{rest: body}
	e := ending{int(r.uint(manifest.MaxEntries - 1)), int64(r.uint(math.MaxInt64))}
	if r.failed || len(r.rest) > 0 {
		return e, nonsense(msgEnd)
	}
	return e, nil
}

// acceptance is the body of msgAccept.
type acceptance struct {
	ordered bool
	limit   int64 // bytes a second; 0 for none
}

func (a acceptance) append(b []byte) []byte {
	flags := byte(0)
	if a.ordered {
		flags |= flagOrdered
	}
	return binary.AppendUvarint(append(b, flags), uint64(a.limit))
}

func parseAcceptance(body []byte) (acceptance, error) {
	r := reader{rest: body}
	flags := r.byte()
	a := acceptance{flags&flagOrdered != 0, int64(r.uint(math.MaxInt64))}
	if r.failed || len(r.rest) > 0 || flags&^flagOrdered != 0 {
		return a, nonsense(msgAccept)
	}
	return a, nil
}

// parseAbort reads the body of msgAbort.
func parseAbort(body []byte) (transfer.Reason, error) {
	r := reader{rest: body}
	why := r.reason()
	if r.failed {
		return why, nonsense(msgAbort)
	}
	return why, nil
}

// appendHeld appends the range of n entries from first on to the body of a
// msgHeld or msgSkip, whose ranges so far end before prev.
func appendHeld(b []byte, prev, first, n int) []byte {
	b = binary.AppendUvarint(b, uint64(first-prev))
	return binary.AppendUvarint(b, uint64(n))
}

// parseRanges calls mark with each range of entries in a msgHeld or msgSkip. The first begins at prev at
// the earliest, where the message before ended; it returns where the last ends.
func parseRanges(m message, body []byte, prev, entries int, mark func(first, n int) error) (int, error) {
	r := reader{rest: body}
	for len(r.rest) > 0 {
		first := prev + int(r.uint(manifest.MaxEntries))
		n := int(r.uint(manifest.MaxEntries))
		if r.failed || n == 0 || first+n > entries {
			return prev, nonsense(m)
		}
		if err := mark(first, n); err != nil {
			return prev, err
		}
		prev = first + n
	}
	return prev, nil
}

// A have is an item of msgHave: hashes of groups of a file, in their order and
// from its first group on. Those of one file may be spread over several items
// that follow each other; last marks the end.
type have struct {
	index  int
	last   bool
	hashes []byte
}

func (h have) append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(h.index))
	b = binary.AppendUvarint(b, uint64(len(h.hashes)/hashSize)<<1|bit(h.last))
	return append(b, h.hashes...)
}

// have reads the next item.
func (r *reader) have() have {
	h := have{index: int(r.uint(manifest.MaxEntries - 1))}
	n := r.uint(1 << 20)
	h.last = n&1 != 0
	h.hashes = r.bytes(n >> 1 * hashSize)
	return h
}

// A whole is an item of msgWhole: the hash of a file that stands at its final
// place. The answer is a keep of one group.
type whole struct {
	index int
	hash  []byte
}

func (w whole) append(b []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(w.index)), w.hash...)
}

// whole reads the next item.
func (r *reader) whole() whole {
	return whole{int(r.uint(manifest.MaxEntries - 1)), r.bytes(hashSize)}
}

// A keep is an item of msgKeep, the answer to all haves of a file: bit i of
// equal, from the lowest of the first byte on, says that the sender has the same
// in group i. It is as long as the hashes need.
type keep struct {
	index int
	n     int // groups
	equal []byte
}

func (k keep) append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(k.index))
	b = binary.AppendUvarint(b, uint64(k.n))
	return append(b, k.equal...)
}

// keep reads the next item.
func (r *reader) keep() keep {
	k := keep{index: int(r.uint(manifest.MaxEntries - 1)), n: int(r.uint(maxGroups))}
	k.equal = r.bytes(uint64(k.n+7) / 8)
	return k
}

func (k keep) has(i int) bool { return k.equal[i/8]>>(i%8)&1 != 0 }

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// more is f's entry, which stands for so many more.
func (f failure) more(n int) failure {
	return failure{f.index, transfer.ReasonOf(manifest.Because(manifest.CauseOthers, int64(n)))}
}

// appendDone appends the failures that fit, one after another, each with the
// length of its reason. The last one that does says how many more there are.
func appendDone(b []byte, failures []failure) []byte {
	for i, f := range failures {
		reason := appendReason(nil, f.reason)
		if more := len(failures) - i - 1; more > 0 && len(b)+2*(maxCoded+8) > maxBody {
			return appendDone(b, []failure{f.more(more)})
		}
		b = binary.AppendUvarint(b, uint64(f.index))
		b = binary.AppendUvarint(b, uint64(len(reason)))
		b = append(b, reason...)
	}
	return b
}

func parseDone(body []byte, entries int) ([]failure, error) {
	r := reader{rest: body}
	var out []failure
	for len(r.rest) > 0 {
		f := failure{index: int(r.uint(manifest.MaxEntries - 1))}
		text := reader{rest: r.bytes(r.uint(maxCoded))}
		f.reason = text.reason()
		if r.failed || text.failed || f.index >= entries || len(out) == entries {
			return nil, nonsense(msgDone)
		}
		out = append(out, f)
	}
	return out, nil
}
