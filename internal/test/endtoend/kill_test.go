//go:build linux

package endtoend

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"sesame/internal/test/lab"
)

// Fails if a killed sender or receiver loses what had arrived, leaves anything
// under the final name, or makes more cross again than what was on its way.
func TestKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	const (
		size  = 120 << 20
		kills = 12
		// What may be on its way, and be lost, when a side is killed: doc/native.md
		// §5.2.
		flying = 16 << 20
	)
	w := newWorld(t)
	source, result := filepath.Join(w.out, "big"), filepath.Join(w.in, "big")
	write(t, source, size)
	random := rand.New(rand.NewPCG(7, 11))
	start, kept := w.sender.Sent(t), int64(0)
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
		before := kept
		if kept = staged(w.in); kept < before {
			t.Errorf("%d bytes were there before kill %d, and %d after it", before, round, kept)
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
	last, all := w.sender.Sent(t)-before, w.sender.Sent(t)-start
	t.Logf("%d MiB crossed for %d MiB with %d kills; after the last one %d, when %d were there", all>>20, size>>20, kills, last>>20, kept>>20)
	if kept < size/8 {
		t.Errorf("only %d bytes were kept", kept)
	}
	// Groups that are there in part are sent again, and headers count.
	if most := (size-kept)*21/20 + 4<<20; last > most {
		t.Errorf("%d bytes crossed in the last run, at most %d should", last, most)
	}
	if most := int64(size*21/20 + kills*flying); all > most {
		t.Errorf("%d bytes crossed, at most %d should", all, most)
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
