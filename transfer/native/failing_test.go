package native

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"sesame/transfer"
	"sesame/tree/manifest"
)

// A watcher is a log that is told of entries.
type watcher struct {
	slog.Handler
	entry func()
}

func (w watcher) Enabled(context.Context, slog.Level) bool { return true }

func (w watcher) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "entry" {
			w.entry()
		}
		return true
	})
	return nil
}

// Fails if all that is to be sent seems to be, while it isn't noted yet that the other side has to be told
// that something can't be: it would hear SENT first, and call that a breach of the protocol.
func TestFailureIsToldBeforeTheEnd(t *testing.T) {
	var s *sender
	looks := 0
	log := slog.New(watcher{slog.DiscardHandler, func() {
		looks++
		if _, complete := s.ready(); !complete || !s.ending.failing() {
			t.Errorf("complete: %v, something to be told: %v", complete, s.ending.failing())
		}
	}})
	a, b := newWorld(t).talk(t, config{Config: transfer.Config{Logger: log}}, config{})
	m := &manifest.Manifest{Entries: []manifest.Entry{{Path: "a", Kind: manifest.File, Size: 1}}}
	var err error
	if s, err = newSender(a, m, nil, a.cfg); err != nil {
		t.Fatal(err)
	}
	s.fail(0, errors.New("gone"))
	if looks != 1 {
		t.Errorf("%d looks", looks)
	}
	bye(t, a, b)
}
