package rendezvous

import (
	"context"
	"crypto/sha1"
	"encoding/json"
	"errors"
	"io"
	"math"
	"testing"
	"time"
)

func TestMint(t *testing.T) {
	// The specification's example has 7 zero bits.
	if n := zeros(sha1.Sum([]byte("1:6:210723:resource-string::NmZNF4eIbk87mqYz:000003n"))); n != 7 {
		t.Errorf("%d zero bits", n)
	}
	on := func(uint64) error { return nil }
	for _, bits := range []int{0, 1, 8, 14} {
		stamp, err := mint(&work{bits, "r"}, time.Unix(0, 0), on)
		if err != nil || zeros(sha1.Sum([]byte(stamp))) < bits {
			t.Errorf("%d bits: %q, %v", bits, stamp, err)
		}
	}
	if _, err := mint(&work{60, "r"}, time.Unix(0, 0), func(uint64) error { return io.EOF }); err != io.EOF {
		t.Error("60 bits in no time")
	}
}

// Fails when a slow computer isn't given the time that a server gives it, when one is told
// another time than what it will take, or when a computer works on without hope.
func TestToil(t *testing.T) {
	const slow = 3_000_000 // hashes a second
	for _, row := range []struct {
		bits  int
		rate  uint64
		about time.Duration
		over  bool
	}{
		{20, slow, time.Second, false},
		{24, slow, 5 * time.Second, false},
		{26, slow, 22 * time.Second, false},
		{24, slow / 10, 55 * time.Second, false},
		{26, slow / 20, 0, true},
		{160, slow, 0, true},
		{26, 0, 0, true},
	} {
		began := time.Unix(1000, 0)
		work := toil{bits: row.bits, began: began}
		if about, over := work.look(began.Add(longWork-1), row.rate); about != 0 || over {
			t.Errorf("%d bits: told after less than %v", row.bits, longWork)
		}
		if about, over := work.look(began.Add(longWork), row.rate); about != row.about || over != row.over {
			t.Errorf("%d bits at %d/s: %v, %v", row.bits, row.rate, about, over)
		}
		if about, over := work.look(began.Add(maxWork-1), 59*row.rate); about != 0 || over {
			t.Errorf("%d bits: told twice, or ended before its time", row.bits)
		}
		if _, over := work.look(began.Add(maxWork), 60*row.rate); !over {
			t.Errorf("%d bits: works for ever", row.bits)
		}
	}
	// What the server asks for at most, and how long it waits: relay.effort, relay.longestWork.
	if failing := math.Exp(-slow * maxWork.Seconds() / (1 << 24)); failing > 1e-4 || maxWork > time.Minute {
		t.Errorf("in %v one slow computer of %.0f isn't done", maxWork, 1/failing)
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
	cfg.Working = func(time.Duration) {
		told++
		cancel() // that is enough of it
	}
	c := &Client{cfg: cfg, m: newMachine(cfg.AppID, cfg.Version, cfg.Native), changed: make(chan struct{})}
	earn := func(ctx context.Context, bits int) error {
		c.m.work = &work{bits, "r"}
		return c.earn(ctx, c.m.work)
	}
	hard := 24
	for began := time.Now(); time.Since(began) < longWork/10; hard++ { // so hard that it takes a second here, and not five minutes
		mint(&work{hard - 5, "r"}, began, func(uint64) error { return nil })
	}
	for range 10 { // it may be lucky
		if err := earn(ctx, hard); err != nil {
			t.Fatal(err)
		}
		if told > 0 {
			break
		}
	}
	earn(t.Context(), 1) // nor is it told of what is done at once
	if told != 1 || c.m.ended() != nil {
		t.Errorf("told %d times, and it ended with %v", told, c.m.ended())
	}
	if earn(t.Context(), 160); told != 1 { // nobody finds that, and it isn't a surprise
		t.Error("told of work without hope")
	}
}

// Fails when a server that asks for too much is the end of a client that it served before,
// or isn't that of one that it never did.
func TestTooMuchWork(t *testing.T) {
	now := time.Unix(1000, 0)
	demand := json.RawMessage(`{"bits":26,"resource":"r"}`)
	m := newMachine("app", nil, nil)
	m.connected(now)
	m.permission(now, demand)
	var late *WorkError
	if err := m.worked(now, m.work, "", &WorkError{Within: maxWork}); err != nil || !errors.As(m.ended(), &late) {
		t.Errorf("first connection: %v, ended with %v", err, m.ended())
	}

	m = newMachine("app", nil, nil)
	m.connected(now)
	m.begin(now)
	m.stage = agreed // needs a connection
	m.disconnected(now, io.EOF)
	m.connected(now)
	m.permission(now, demand)
	m.tick(now.Add(maxWork - time.Second))
	if err := m.worked(now.Add(maxWork), m.work, "", &WorkError{Within: maxWork}); !errors.As(err, &late) || m.ended() != nil {
		t.Errorf("later connection: %v, ended with %v", err, m.ended())
	}
}
