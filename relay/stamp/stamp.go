// Package stamp demands work of a client before it is served, and verifies that it was
// done: hashcash, version 1, a text whose SHA-1 begins with a number of zero bits.
//
// Whoever finds a stamp takes 2^bits tries; to verify one takes one. A demand is for one
// connection: the random part of its resource is new each time, so a stamp can't be made
// in advance, nor be used again, and nothing has to be remembered of those that were.
//
// Source: http://www.hashcash.org/docs/hashcash.html; doc/mailbox.md §2.1.
package stamp

import (
	"crypto/rand"
	"crypto/sha1"
	"errors"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// maxStamp is how many bytes a stamp may have beside its resource.
const maxStamp = 256

// maxHost is how many bytes of a host's name are in a resource.
const maxHost = 100

// A Demand is what one client is asked for. It doesn't change.
type Demand struct {
	Bits     int    `json:"bits"`
	Resource string `json:"resource"`
}

// New demands so many bits of a client that came to a host, which is what it has called
// the server.
func New(bits int, host string, now time.Time) *Demand {
	return &Demand{bits, plain(host) + "/" + strings.ToLower(rand.Text()) + "/" + now.UTC().Format("2006010215")}
}

// plain returns host if it is a plain name, and otherwise a word: a colon would end the
// resource.
func plain(host string) string {
	strange := func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '.' || r == '-')
	}
	if host == "" || len(host) > maxHost || strings.ContainsFunc(host, strange) {
		return "relay"
	}
	return host
}

// Errors of Check.
var (
	ErrForm  = errors.New("stamp: not a hashcash stamp of version 1")
	ErrOther = errors.New("stamp: for another server, another connection, or of fewer bits")
	ErrWork  = errors.New("stamp: not the work that was demanded")
)

// Check returns nil if a stamp shows that the work was done. It takes a bounded time, and
// hashes nothing that isn't for this demand. The date in it means nothing: clocks of
// clients are wrong, and the resource is fresh.
func (d *Demand) Check(stamp string) error {
	if len(stamp) > len(d.Resource)+maxStamp {
		return ErrForm
	}
	parts := strings.Split(stamp, ":")
	if len(parts) != 7 || parts[0] != "1" {
		return ErrForm
	}
	if n, err := strconv.Atoi(parts[1]); err != nil || n < d.Bits || parts[3] != d.Resource {
		return ErrOther
	}
	if zeros(sha1.Sum([]byte(stamp))) < d.Bits {
		return ErrWork
	}
	return nil
}

// zeros returns how many bits are zero before the first that isn't.
func zeros(sum [sha1.Size]byte) (n int) {
	for _, b := range sum {
		n += bits.LeadingZeros8(b)
		if b != 0 {
			break
		}
	}
	return n
}
