package rendezvous

import (
	"context"
	"crypto/rand"
	"crypto/sha1"
	"errors"
	"fmt"
	"math/bits"
	"runtime"
	"strconv"
	"time"
)

// longWork is after what time it is said that a server's permission takes work.
const longWork = time.Second

// maxWork is how long a client works for a server's permission.
const maxWork = 10 * time.Second

// mint finds a hashcash stamp: a text whose SHA-1 begins with w.bits zero bits.
func mint(ctx context.Context, w *work, date time.Time) (string, error) {
	prefix := fmt.Sprintf("1:%d:%s:%s::%s:", w.bits, date.UTC().Format("060102"), w.resource, rand.Text())
	stamp := []byte(prefix)
	for n := uint64(0); ; n++ {
		if n%(1<<14) == 0 {
			runtime.Gosched() // in a page nobody else runs, and no time passes, before that
			if ctx.Err() != nil {
				return "", errors.New("that is more than this computer can do in time")
			}
		}
		stamp = strconv.AppendUint(stamp[:len(prefix)], n, 36)
		if zeros(sha1.Sum(stamp)) >= w.bits {
			return string(stamp), nil
		}
	}
}

// zeros returns how many bits are zero before the first that isn't.
func zeros(sum [sha1.Size]byte) int {
	n := 0
	for _, b := range sum {
		n += bits.LeadingZeros8(b)
		if b != 0 {
			break
		}
	}
	return n
}
