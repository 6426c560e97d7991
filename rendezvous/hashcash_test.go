package rendezvous

import (
	"context"
	"crypto/sha1"
	"testing"
	"time"
)

func TestMint(t *testing.T) {
	// The specification's example has 7 zero bits.
	if n := zeros(sha1.Sum([]byte("1:6:210723:resource-string::NmZNF4eIbk87mqYz:000003n"))); n != 7 {
		t.Errorf("%d zero bits", n)
	}
	for _, bits := range []int{0, 1, 8, 14} {
		stamp, err := mint(t.Context(), &work{bits, "r"}, time.Unix(0, 0))
		if err != nil || zeros(sha1.Sum([]byte(stamp))) < bits {
			t.Errorf("%d bits: %q, %v", bits, stamp, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := mint(ctx, &work{60, "r"}, time.Unix(0, 0)); err == nil {
		t.Error("60 bits in no time")
	}
}
