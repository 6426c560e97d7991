package native

import (
	"encoding/binary"
	"math"
	"unicode/utf8"

	"sesame/transfer"
)

// A form is how reasons are written (doc/native.md §8.2).
type form bool

const (
	inWords form = false // as every peer has it
	coded   form = true  // as those that have featureReason
)

const (
	maxReason  = 400 // bytes of a reason's words
	maxNumbers = 4   // of a reason
	// maxCoded is how many bytes a reason has at most, in either form.
	maxCoded = maxReason + 1 + 3 + 1 + maxNumbers*binary.MaxVarintLen64
)

// cutWords returns s in at most maxReason bytes of UTF-8.
func cutWords(s string) string {
	for len(s) > maxReason {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}

// append writes a reason at the end of a body.
func (f form) append(b []byte, r transfer.Reason) []byte {
	if f == inWords {
		return append(b, cutWords(r.Text())...)
	}
	b = binary.AppendUvarint(append(b, byte(r.Class)), uint64(r.Code))
	numbers := r.Numbers[:min(len(r.Numbers), maxNumbers)]
	b = binary.AppendUvarint(b, uint64(len(numbers)))
	for _, n := range numbers {
		b = binary.AppendUvarint(b, n)
	}
	return append(b, cutWords(r.Words)...)
}

// reason reads it again.
func (r *reader) reason(f form) (out transfer.Reason) {
	if f == coded {
		out.Class, out.Code = transfer.Class(r.byte()), transfer.ReasonCode(r.uint(math.MaxUint16))
		for range r.uint(maxNumbers) {
			out.Numbers = append(out.Numbers, r.uint(math.MaxUint64))
		}
	}
	if len(r.rest) > maxReason || !utf8.Valid(r.rest) {
		r.fail()
	}
	out.Words = string(r.all())
	return out
}

// form is how both sides write reasons.
func (c *config) form() form { return form(c.has(featureReason)) }
