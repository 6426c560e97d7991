//go:build linux

package endtoend

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"sesame/internal/lab"
)

// Fails if a killed sender or receiver loses what had arrived, leaves anything
// under the final name, or makes more cross again than what was on its way.
func TestKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	const (
		size  = 120 << 20
		kills = 12
		// At most 16 MiB may be on its way, doc/native.md §5.2. At this rate it
		// is much less; nothing kept would be 5 MiB for each kill.
		again = 2 << 20
	)
	w := newWorld(t)
	source, result := filepath.Join(w.out, "big"), filepath.Join(w.in, "big")
	write(t, source, size)
	random := rand.New(rand.NewPCG(7, 11))
	start := w.sender.Sent(t)
	for round := range kills {
		sender, receiver := w.pair([]string{"--limit", "60M", "big"}, nil)
		victim, survivor := sender, receiver
		if random.IntN(2) == 0 {
			victim, survivor = receiver, sender
		}
		moment := w.sender.Sent(t) + random.Int64N(size/kills)
		until(t, patience, "more has crossed", func() bool { return w.sender.Sent(t) >= moment || over(victim) })
		victim.Kill()
		if _, err := os.Lstat(result); err == nil {
			t.Fatalf("after kill %d the file has its final name", round)
		}
		survivor.Signal(syscall.SIGINT)
		if code := survivor.Exit(t, 20*time.Second); code != 130 {
			t.Errorf("after kill %d, what survived and was interrupted exits with %d", round, code)
		}
	}
	before := w.sender.Sent(t)
	sender, receiver := w.pair([]string{"big"}, nil)
	w.finish(sender, receiver, 0, 0)
	said(t, receiver, "were there from an earlier try")
	same(t, result, source)
	if names := list(t, w.in); len(names) != 1 {
		t.Errorf("beside the result there is something else: %q", names)
	}
	crossed := w.sender.Sent(t) - start
	t.Logf("%d MB crossed for %d MB with %d kills, %d MB of them after the last", crossed>>20, size>>20, kills, (w.sender.Sent(t)-before)>>20)
	if most := int64(size + size/20 + kills*again); crossed > most {
		t.Errorf("%d bytes crossed, at most %d should", crossed, most)
	}
}

func over(p *lab.Process) bool {
	select {
	case <-p.Ended():
		return true
	default:
		return false
	}
}
