package session

import (
	"encoding/binary"
	"math"
	"unicode/utf8"

	"sesame/internal/varint"
)

const (
	maxWords   = 400 // bytes of a reason's words
	maxNumbers = 4   // of a reason
	// MaxReason is how many bytes a reason has at most.
	MaxReason = maxWords + 1 + 3 + 1 + maxNumbers*binary.MaxVarintLen64
)

// CutWords returns s in at most as many bytes of UTF-8 as the words of a reason have.
func CutWords(s string) string {
	for len(s) > maxWords {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}

// AppendReason writes a reason at the end of a body (doc/native.md §8.2).
func AppendReason(b []byte, r Reason) []byte {
	b = varint.Append(append(b, byte(r.Class)), uint64(r.Code))
	numbers := r.Numbers[:min(len(r.Numbers), maxNumbers)]
	b = varint.Append(b, uint64(len(numbers)))
	for _, n := range numbers {
		b = varint.Append(b, n)
	}
	return append(b, CutWords(r.Words)...)
}

// ReadReason reads what is left of a body as a reason. r fails if it is none.
func ReadReason(r *varint.Reader) (out Reason) {
	out.Class, out.Code = Class(r.Byte()), uint16(r.Uint(math.MaxUint16))
	for range r.Uint(maxNumbers) {
		out.Numbers = append(out.Numbers, r.Uint(math.MaxUint64))
	}
	if len(r.Rest) > maxWords || !utf8.Valid(r.Rest) {
		r.Fail()
	}
	out.Words = string(r.All())
	return out
}
