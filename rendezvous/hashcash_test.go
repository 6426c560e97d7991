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

// Fails when a client that works for long doesn't tell, or when it goes on for ever.
func TestLongWorkIsTold(t *testing.T) {
	cfg, _, err := (&Config{}).withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	told := 0
	cfg.Working = func() {
		told++
		cancel() // that is enough of it
	}
	c := &Client{cfg: cfg, m: newMachine(cfg.AppID, cfg.Version, cfg.Native), changed: make(chan struct{})}
	w := &work{160, "r"} // nobody finds that
	c.m.work = w
	c.earn(ctx, w)
	c.m.work = nil
	c.earn(t.Context(), &work{1, "r"}) // nor is it told of what is done at once
	if told != 1 || c.m.ended() == nil {
		t.Errorf("told %d times, and it ended with %v", told, c.m.ended())
	}
}
