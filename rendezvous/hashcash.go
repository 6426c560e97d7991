package rendezvous

import (
	"crypto/rand"
	"crypto/sha1"
	"fmt"
	"math"
	"math/bits"
	"runtime"
	"strconv"
	"time"
)

// longWork is after what time it is said that a server's permission takes work.
const longWork = time.Second

// maxWork is how long a client works for a server's permission. sesame-relay waits for 75
// seconds, and asks for 24 bits at most: of 45,000 computers with three million hashes a
// second one isn't done by then.
const maxWork = time.Minute

// hopeless is from what time on, as it is to be expected, work isn't even tried.
const hopeless = 5 * maxWork

// A toil is work that goes on.
type toil struct {
	bits  int
	began time.Time
	told  bool
}

// look says how it goes after so many tries: how long it will take about, if that is to be
// told now, and whether it is to be given up.
func (t *toil) look(now time.Time, tried uint64) (about time.Duration, over bool) {
	spent := now.Sub(t.began)
	if spent >= maxWork {
		return 0, true
	}
	if t.told || spent < longWork {
		return 0, false
	}
	t.told = true
	seconds := spent.Seconds() * math.Ldexp(1, t.bits) / float64(max(1, tried))
	if seconds > hopeless.Seconds() {
		return 0, true
	}
	return max(time.Second, time.Duration(seconds)*time.Second), false
}

// mint finds a hashcash stamp: a text whose SHA-1 begins with w.bits zero bits. Every now and
// then it asks whether it is to go on, and says how often it has tried.
func mint(w *work, date time.Time, goOn func(tried uint64) error) (string, error) {
	prefix := fmt.Sprintf("1:%d:%s:%s::%s:", w.bits, date.UTC().Format("060102"), w.resource, rand.Text())
	stamp := []byte(prefix)
	for n := uint64(0); ; n++ {
		if n%(1<<14) == 0 {
			runtime.Gosched() // in a page nobody else runs, and no time passes, before that
			if err := goOn(n); err != nil {
				return "", err
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
