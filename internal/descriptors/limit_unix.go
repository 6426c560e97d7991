//go:build unix

package descriptors

import (
	"math"
	"syscall"
)

// limit returns how many descriptors this process may have.
func limit() int {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil || uint64(l.Cur) > math.MaxInt32 {
		return math.MaxInt32
	}
	return int(l.Cur)
}
