package native

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sesame/transfer"
	"sesame/tree/manifest"
)

// offerOne offers one file and waits until it is accepted.
func (r *rogue) offerOne(size int64) {
	m := &manifest.Manifest{Entries: []manifest.Entry{{Path: "one", Kind: manifest.File, Size: size}}}
	r.control(msgPiece, manifest.NewEncoder(m).Next(0))
	r.control(msgListed, listed{1, m.Total(), 0}.append(nil))
	r.until(msgAccept)
}

// passOn receives what a rogue offers as a stream.
func passOn(t *testing.T, ctx context.Context, to io.Writer, do func(r *rogue)) error {
	w := newWorld(t)
	w.Redial = -1
	go func() { do(newRogue(t, w, w.BoxS, w.s)) }()
	defer w.s.Close()
	o, err := receive(t.Context(), w.BoxR, w.r, config{}.ready())
	if err != nil {
		return err
	}
	_, err = o.Pass(ctx, to)
	return err
}

// counter counts what is written to it, and says when it is something.
type counter struct {
	n     atomic.Int64
	begun chan struct{}
}

func (c *counter) Write(p []byte) (int, error) {
	if c.n.Add(int64(len(p))) == int64(len(p)) {
		close(c.begun)
	}
	return len(p), nil
}

// Fails if one frame of a few bytes writes zeros to standard output for as long as
// it says, whatever the person there does.
func TestStandardOutputHoleWithoutEnd(t *testing.T) {
	leaks(t)
	ctx, cancel := context.WithCancel(t.Context())
	to := &counter{begun: make(chan struct{})}
	var stopped time.Time
	go func() {
		<-to.begun
		stopped = time.Now()
		cancel()
	}()
	err := passOn(t, ctx, to, func(r *rogue) {
		r.offerOne(1 << 62)
		r.frames(appendHole(nil, 0, 0, 1<<62))
	})
	if took := time.Since(stopped); !errors.Is(err, context.Canceled) || took > 5*time.Second {
		t.Errorf("%v, after %v", err, took)
	}
}

// Fails if what has no size may be a hole: zeros without end, for 13 bytes.
func TestStandardOutputHoleOfStream(t *testing.T) {
	leaks(t)
	to := &counter{begun: make(chan struct{})}
	err := passOn(t, t.Context(), to, func(r *rogue) {
		r.offerOne(manifest.StreamSize)
		r.frames(appendHole(nil, 0, 0, 1<<62))
	})
	var rule *transfer.ProtocolError
	if !errors.As(err, &rule) || !strings.Contains(err.Error(), "hole in a stream") || to.n.Load() > 0 {
		t.Errorf("%v, %d bytes", err, to.n.Load())
	}
}
