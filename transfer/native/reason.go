package native

import (
	"encoding/binary"
	"math"
	"unicode/utf8"

	"sesame/transfer"
)

const (
	maxReason  = 400 // bytes of a reason's words
	maxNumbers = 4   // of a reason
	// maxCoded is how many bytes a reason has at most.
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

// appendReason writes a reason at the end of a body (doc/native.md §8.2).
func appendReason(b []byte, r transfer.Reason) []byte {
	b = binary.AppendUvarint(append(b, byte(r.Class)), uint64(r.Code))
	numbers := r.Numbers[:min(len(r.Numbers), maxNumbers)]
	b = binary.AppendUvarint(b, uint64(len(numbers)))
	for _, n := range numbers {
		b = binary.AppendUvarint(b, n)
	}
	return append(b, cutWords(r.Words)...)
}

// reason reads it again.
func (r *reader) reason() (out transfer.Reason) {
	out.Class, out.Code = transfer.Class(r.byte()), transfer.ReasonCode(r.uint(math.MaxUint16))
	for range r.uint(maxNumbers) {
		out.Numbers = append(out.Numbers, r.uint(math.MaxUint64))
	}
	if len(r.rest) > maxReason || !utf8.Valid(r.rest) {
		r.fail()
	}
	out.Words = string(r.all())
	return out
}
