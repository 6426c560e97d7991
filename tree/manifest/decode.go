package manifest

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
)

// A Decoder reads a manifest that a peer sends, and refuses it as soon as one
// byte of it breaks a rule. It believes no count: its memory grows with what
// was received, to at most 16 MiB and 300 bytes an entry. The zero value is
// ready; it is for one goroutine.
type Decoder struct {
	// Portable also refuses what PortableError reports.
	// Default false.
	Portable bool

	check   checker
	entries []Entry
	skipped []Skipped
	bytes   int // received
	time    int64
	names   arena
	err     error // the first, for ever
}

// Add takes the next piece, which may be reused after. An error is final, and
// an *Error if the piece breaks a rule.
func (d *Decoder) Add(piece []byte) error {
	if d.err != nil {
		return d.err
	}
	d.bytes += len(piece)
	switch {
	case len(piece) == 0:
		d.err = &Error{Entry: -1, Rule: "has an empty piece"}
	case len(piece) > MaxPiece || d.bytes > MaxBytes:
		d.err = &Error{Entry: -1, Rule: "is too large"}
	}
	r := reader{rest: piece}
	for d.err == nil && len(r.rest) > 0 {
		if tag := r.byte(); tag&^(tagMissing|tagWhy) == 0 {
			d.err = d.addSkipped(&r, tag)
		} else {
			d.err = d.addEntry(&r, tag)
		}
	}
	return d.err
}

// Entries returns how many have come so far.
func (d *Decoder) Entries() int { return len(d.entries) }

// Finish returns the manifest once all pieces were added, if it has count
// entries and total bytes in them, as the sender announced. The decoder can't
// be used again.
func (d *Decoder) Finish(count int, total int64) (*Manifest, error) {
	if d.err != nil {
		return nil, d.err
	}
	switch {
	case len(d.entries) == 0:
		d.err = &Error{Entry: -1, Rule: "is empty"}
	case len(d.entries) != count:
		d.err = &Error{Entry: -1, Rule: fmt.Sprintf("has %d entries, but %d were announced", len(d.entries), count)}
	case d.check.total != total:
		d.err = &Error{Entry: -1, Rule: fmt.Sprintf("has %d bytes, but %d were announced", d.check.total, total)}
	}
	if d.err != nil {
		return nil, d.err
	}
	d.err = &Error{Entry: -1, Rule: "was already finished"}
	m := &Manifest{Entries: slices.Clip(d.entries), Skipped: d.skipped}
	d.entries, d.skipped = nil, nil
	return m, nil
}

// addEntry reads the rest of an entry whose first byte was tag.
func (d *Decoder) addEntry(r *reader, tag byte) error {
	e := Entry{Kind: Kind(tag & tagKind), Exec: tag&tagExec != 0}
	if rule := d.tagRule(tag, e.Kind); rule != "" {
		return entryError(len(d.entries), "", rule)
	}
	same, suffix := r.uint(MaxPath), r.text(MaxPath)
	var size, delta int64
	if e.Kind == File && tag&tagStream == 0 {
		size = int64(r.uint(math.MaxInt64))
	}
	if tag&tagTime != 0 {
		delta = r.int()
	}
	var target []byte
	if e.Kind == Link {
		target = r.text(MaxPath)
	}
	if r.broken != "" {
		return entryError(len(d.entries), "", r.broken)
	}

	prev := d.check.prev
	if rule := frontRule(prev, int(same), suffix); rule != "" {
		return entryError(len(d.entries), string(suffix), rule)
	}
	e.Path = d.names.join(prev[:same], string(suffix))
	e.Target = string(target)
	if e.Size = size; tag&tagStream != 0 {
		e.Size = StreamSize
	}
	if tag&tagTime != 0 {
		if delta > 0 && d.time > math.MaxInt64-delta || delta < 0 && d.time < math.MinInt64-delta {
			return entryError(len(d.entries), e.Path, "has a time out of range")
		}
		d.time += delta
		e.ModTime = clampTime(d.time)
	}
	if err := d.check.add(&e); err != nil {
		return err
	}
	if d.Portable {
		if rule := entryPortableRule(&e); rule != "" {
			return entryError(len(d.entries), e.Path, rule)
		}
	}
	d.entries = grown(d.entries, e)
	return nil
}

func (d *Decoder) tagRule(tag byte, kind Kind) string {
	switch {
	case len(d.skipped) > 0:
		return "stands after what was left out"
	case tag&^byte(tagKnown) != 0, kind == 0:
		return "is of an unknown kind"
	case kind != File && tag&(tagExec|tagStream) != 0:
		return "has a size or an x-bit, but is no file"
	case kind == Link && tag&tagTime != 0:
		return "is a link with a time"
	}
	return ""
}

// frontRule checks that a path is said in the one way the encoder says it.
func frontRule(prev string, same int, suffix []byte) string {
	switch {
	case same > len(prev):
		return "shares more with the path before than there is"
	case len(suffix) == 0 && same == 0:
		return "has an empty path"
	case len(suffix) == 0 && same == len(prev):
		return "is listed twice"
	case len(suffix) == 0:
		return "is out of order"
	case same < len(prev) && prev[same] == suffix[0]:
		return "shares less with the path before than there is"
	case same+len(suffix) > MaxPath:
		return "has too long a path"
	}
	return ""
}

// entryPortableRule applies PortableError's rules to a path and to the names in
// a link's target.
func entryPortableRule(e *Entry) string {
	if rule := portableRule(e.Path); rule != "" {
		return rule
	}
	if e.Kind == Link {
		for name := range strings.SplitSeq(e.Target, "/") {
			if name != "" && name != "." && name != ".." && portableRule(name) != "" {
				return "is a link with a target that Windows doesn't allow"
			}
		}
	}
	return ""
}

// addSkipped reads one thing that was left out.
func (d *Decoder) addSkipped(r *reader, tag byte) error {
	s := Skipped{Path: string(r.text(maxSkippedPath)), Missing: tag&tagMissing != 0}
	if tag&tagWhy != 0 {
		s.Why.Cause = Cause(r.uint(math.MaxUint16))
		for i := range s.Why.Numbers {
			s.Why.Numbers[i] = int64(r.uint(math.MaxInt64))
		}
		if s.Why.Cause == CauseUnsaid {
			r.fail("leaves something out for a cause that is none")
		}
	}
	s.Why.Says = string(r.text(maxSkippedSays))
	rule := r.broken
	if rule == "" {
		rule = skippedRule(s)
	}
	if rule == "" && len(d.skipped) == MaxSkipped {
		rule = "names too many things that were left out"
	}
	if rule != "" {
		return &Error{Entry: -1, Rule: rule}
	}
	d.skipped = append(d.skipped, s)
	return nil
}

// A reader takes numbers and texts from a piece. Once broken says what is
// wrong, everything it returns is zero.
type reader struct {
	rest   []byte
	broken string
}

const (
	ruleCut    = "is cut short"
	ruleVarint = "has a number that is not written in the shortest way"
	ruleLarge  = "has too large a number"
)

func (r *reader) fail(rule string) {
	r.rest, r.broken = nil, rule
}

func (r *reader) byte() byte {
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

// uint returns a number of at most limit.
func (r *reader) uint(limit uint64) uint64 {
	if r.broken != "" {
		return 0
	}
	v, n := binary.Uvarint(r.rest)
	switch {
	case n == 0:
		r.fail(ruleCut)
	case n < 0 || v > limit:
		r.fail(ruleLarge)
	case n > 1 && r.rest[n-1] == 0:
		r.fail(ruleVarint)
	default:
		r.rest = r.rest[n:]
		return v
	}
	return 0
}

// int returns a number that was written as binary.AppendVarint does.
func (r *reader) int() int64 {
	v := r.uint(math.MaxUint64)
	return int64(v>>1) ^ -int64(v&1)
}

// text returns a text of at most limit bytes, which is part of the piece.
func (r *reader) text(limit int) []byte {
	n := int(r.uint(uint64(limit)))
	if n > len(r.rest) {
		r.fail(ruleCut)
		return nil
	}
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}
