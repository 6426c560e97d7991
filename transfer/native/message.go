package native

import (
	"math"

	"sesame/internal/varint"
	"sesame/session"
	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
)

// The types of the control messages of an exchange that carries a tree (doc/native.md
// §5.4). The number of the exchange is the session's, in front of the bodies here.
const (
	// From the sender, who has opened the exchange.
	msgPiece    session.Message = 1 // a piece of the manifest
	msgListed   session.Message = 2 // entries, bytes, bytes that are holes: the manifest is complete
	msgFailed   session.Message = 3 // entry, reason: it won't come
	msgEnd      session.Message = 4 // entry, size: a stream ended there
	msgKeep     session.Message = 5 // items: the answer to one msgHave
	msgIdentity session.Message = 7 // 16 bytes that tell this transfer from others
	msgSent     session.Message = 6 // everything has been acknowledged, has failed or was kept

	// From the receiver.
	msgHeld   session.Message = 16             // ranges of entries of which something is here: hashes follow
	msgAccept session.Message = 17             // flags, limit in bytes a second (0: none): send what isn't held
	msgReject session.Message = session.Reject // reason
	msgHave   session.Message = 19             // items: hashes of what is here
	msgDone   session.Message = session.Done   // failures: everything is in place
	msgSkip   session.Message = 21             // ranges of entries that aren't wanted, though the rest is
	msgNames  session.Message = 23             // what names the disk can't have: something gets another
	msgWhole  session.Message = 22             // items: a hash of all of a file that has its final name
)

// named returns the name of a control message.
func named(m session.Message) string {
	names := map[session.Message]string{
		msgPiece: "PIECE", msgListed: "LISTED", msgFailed: "FAILED", msgEnd: "END", msgKeep: "KEEP", msgSent: "SENT", msgIdentity: "IDENTITY",
		msgHeld: "HELD", msgAccept: "ACCEPT", msgHave: "HAVE", msgSkip: "SKIP", msgWhole: "WHOLE", msgNames: "NAMES",
	}
	if s, ok := names[m]; ok {
		return s
	}
	return m.String()
}

const (
	hashSize    = tree.SumSize
	maxGroups   = 1 << 16 // of one file
	flagOrdered = 1       // of msgAccept: the receiver passes the bytes on in order
)

// nonsense is the error about a body that can't be read.
func nonsense(m session.Message) error { return brokenf("%v makes no sense", named(m)) }

// maxBody is the largest body of a message.
const maxBody = session.MaxBody

// A reader takes what a body says.
type reader struct{ varint.Reader }

func read(body []byte) reader { return reader{varint.Reader{Rest: body}} }

// reason takes a reason, which goes on to the end.
func (r *reader) reason() transfer.Reason { return ours(session.ReadReason(&r.Reader)) }

// listed is the body of msgListed.
type listed struct {
	entries int
	bytes   int64
	holes   int64 // of bytes
}

func (l listed) append(b []byte) []byte {
	b = varint.Append(b, uint64(l.entries))
	b = varint.Append(b, uint64(l.bytes))
	return varint.Append(b, uint64(l.holes))
}

func parseListed(body []byte) (listed, error) {
	r := read(body)
	l := listed{int(r.Uint(manifest.MaxEntries)), int64(r.Uint(math.MaxInt64)), int64(r.Uint(math.MaxInt64))}
	if l.holes > l.bytes || r.Failed || len(r.Rest) > 0 {
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
	return appendReason(varint.Append(b, uint64(f.index)), f.reason)
}

func parseFailure(body []byte) (failure, error) {
	r := read(body)
	f := failure{int(r.Uint(manifest.MaxEntries - 1)), r.reason()}
	if r.Failed {
		return f, nonsense(msgFailed)
	}
	return f, nil
}

// finish is the body of msgEnd.
type finish struct {
	index int
	size  int64
}

func (e finish) append(b []byte) []byte {
	b = varint.Append(b, uint64(e.index))
	return varint.Append(b, uint64(e.size))
}

func parseEnding(body []byte) (finish, error) {
	r := read(body)
	e := finish{int(r.Uint(manifest.MaxEntries - 1)), int64(r.Uint(math.MaxInt64))}
	if r.Failed || len(r.Rest) > 0 {
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
	return varint.Append(append(b, flags), uint64(a.limit))
}

func parseAcceptance(body []byte) (acceptance, error) {
	r := read(body)
	flags := r.Byte()
	a := acceptance{flags&flagOrdered != 0, int64(r.Uint(math.MaxInt64))}
	if r.Failed || len(r.Rest) > 0 || flags&^flagOrdered != 0 {
		return a, nonsense(msgAccept)
	}
	return a, nil
}

// naming is the body of msgNames.
type naming struct{ manifest.Rules }

func (n naming) append(b []byte) []byte {
	b = varint.Append(b, uint64(n.Lacks))
	return varint.Append(b, uint64(n.Longest))
}

func parseNaming(body []byte) (naming, error) {
	r := read(body)
	n := naming{manifest.Rules{Lacks: manifest.Lacks(r.Uint(math.MaxUint32)), Longest: int(r.Uint(manifest.MaxName))}}
	if r.Failed || len(r.Rest) > 0 || n.Longest < manifest.MinLongest {
		return n, nonsense(msgNames)
	}
	return n, nil
}

// appendHeld appends the range of n entries from first on to the body of a
// msgHeld or msgSkip, whose ranges so far end before prev.
func appendHeld(b []byte, prev, first, n int) []byte {
	b = varint.Append(b, uint64(first-prev))
	return varint.Append(b, uint64(n))
}

// parseRanges calls mark with each range of entries in a msgHeld or msgSkip. The first begins at prev at
// the earliest, where the message before ended; it returns where the last ends.
func parseRanges(m session.Message, body []byte, prev, entries int, mark func(first, n int) error) (int, error) {
	r := read(body)
	for len(r.Rest) > 0 {
		first := prev + int(r.Uint(manifest.MaxEntries))
		n := int(r.Uint(manifest.MaxEntries))
		if r.Failed || n == 0 || first+n > entries {
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
	b = varint.Append(b, uint64(h.index))
	b = varint.Append(b, uint64(len(h.hashes)/hashSize)<<1|bit(h.last))
	return append(b, h.hashes...)
}

// have reads the next item.
func (r *reader) have() have {
	h := have{index: int(r.Uint(manifest.MaxEntries - 1))}
	n := r.Uint(1 << 20)
	h.last = n&1 != 0
	h.hashes = r.Bytes(n >> 1 * hashSize)
	return h
}

// A whole is an item of msgWhole: the hash of a file that stands at its final
// place. The answer is a keep of one group.
type whole struct {
	index int
	hash  []byte
}

func (w whole) append(b []byte) []byte {
	return append(varint.Append(b, uint64(w.index)), w.hash...)
}

// whole reads the next item.
func (r *reader) whole() whole {
	return whole{int(r.Uint(manifest.MaxEntries - 1)), r.Bytes(hashSize)}
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
	b = varint.Append(b, uint64(k.index))
	b = varint.Append(b, uint64(k.n))
	return append(b, k.equal...)
}

// keep reads the next item.
func (r *reader) keep() keep {
	k := keep{index: int(r.Uint(manifest.MaxEntries - 1)), n: int(r.Uint(maxGroups))}
	k.equal = r.Bytes(uint64(k.n+7) / 8)
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

// appendDone appends the failures that fit in so many bytes, one after another, each
// with the length of its reason. The last one that does says how many more there are.
func appendDone(b []byte, failures []failure, most int) []byte {
	for i, f := range failures {
		reason := appendReason(nil, f.reason)
		if more := len(failures) - i - 1; more > 0 && len(b)+2*(session.MaxReason+8) > most {
			return appendDone(b, []failure{f.more(more)}, most)
		}
		b = varint.Append(b, uint64(f.index))
		b = varint.Append(b, uint64(len(reason)))
		b = append(b, reason...)
	}
	return b
}

func parseDone(body []byte, entries int) ([]failure, error) {
	r := read(body)
	var out []failure
	for len(r.Rest) > 0 {
		f := failure{index: int(r.Uint(manifest.MaxEntries - 1))}
		text := read(r.Bytes(r.Uint(session.MaxReason)))
		f.reason = text.reason()
		if r.Failed || text.Failed || f.index >= entries || len(out) == entries {
			return nil, nonsense(msgDone)
		}
		out = append(out, f)
	}
	return out, nil
}
