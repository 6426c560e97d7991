package mailbox

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"sesame/relay/store"
)

// A full store takes nothing while it is full.
type fullStore struct {
	store.Store
	full bool
}

var errDiskFull = errors.New("no space left on device")

func (f *fullStore) Commit(ctx context.Context, group ...store.Change) ([]uint64, error) {
	if f.full {
		return nil, errDiskFull
	}
	return f.Store.Commit(ctx, group...)
}

// Fails when a client is told that something was done which the store hasn't taken; when one
// that waits isn't told for how long, or can't ask again; when one that doesn't isn't cut; or
// when sums are wrong afterwards.
func TestStoreThatTakesNothing(t *testing.T) {
	for name, frames := range map[string][]string{
		"allocate": {`{"type":"allocate"}`},
		"claim":    {claimFrame("4")},
		"open":     {openFrame("m")},
		"add":      {openFrame("m"), addFrame("pake", "00")},
		"release":  {claimFrame("4"), releaseFrame},
		"close":    {openFrame("m"), closeFrame},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t, Limits{})
			s := &fullStore{Store: w.store}
			w.store = s
			w.open(Limits{})
			patient, other := w.connect(), w.connect()
			w.do(patient, `{"type":"bind","appid":"app","side":"a","retry":true}`)
			w.do(other, `{"type":"bind","appid":"app","side":"b"}`)
			last := len(frames) - 1
			w.do(patient, frames[:last]...)
			w.do(other, frames[:last]...)
			s.full = true
			w.give(patient, frames[last])
			in := w.inbox[patient]
			if e := in[len(in)-1]; len(in) != 2 || e.Error != string(errBusy) || e.Retry < 2 || e.Retry > 60 || w.hung[patient] {
				t.Errorf("who waits got %+v", in)
			}
			if w.b.Health() == nil {
				t.Error("nobody is told that the store is full")
			}
			if got := w.do(other, frames[last]); got != "ack" || !w.hung[other] {
				t.Errorf("who doesn't got %s, and is cut: %v", got, w.hung[other])
			}
			w.disconnect(other)
			s.full = false
			w.got(patient)
			if got := w.do(patient, frames[last]); strings.Contains(got, "error") {
				t.Errorf("with room again: %s", got)
			}
			if err := w.b.Health(); err != nil {
				t.Error(err)
			}
			w.now = w.now.Add(25 * time.Hour)
			w.sweep()
			w.now = w.now.Add(25 * time.Hour)
			w.sweep()
			w.empty()
		})
	}
}
