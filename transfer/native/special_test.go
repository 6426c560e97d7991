package native

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sesame/internal/ranges"
	"sesame/internal/test/duo"
	"sesame/transfer"
	"sesame/transit"
	"sesame/tree"
	"sesame/tree/manifest"
)

func streamManifest() *manifest.Manifest {
	return &manifest.Manifest{Entries: []manifest.Entry{{Path: "stream.bin", Kind: manifest.File, Size: manifest.StreamSize}}}
}

// Fails if a stream of unknown length doesn't become a file, with lanes that are
// cut meanwhile; or one that is empty or stops with an error.
func TestStream(t *testing.T) {
	leaks(t)
	for _, n := range []int{0, 1, maxChunk, 10<<20 + 7} {
		content := noise(3, n)
		w := newWorld(t)
		w.Want = 2
		w.Bend = breakFirst(4, 2<<20)
		dir := newLanding(t)
		o := w.run(t.Context(), streamManifest(), nil, dir, config{stream: iotestReader(content)}, config{})
		o.ok(t)
		got, err := contentOf(dir, "stream.bin")
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes: got %d (%v)", n, len(got), err)
		}
	}
	w := newWorld(t)
	r := io.MultiReader(bytes.NewReader(noise(1, 1000)), errReader{errors.New("cable pulled")})
	o := w.run(t.Context(), streamManifest(), nil, newLanding(t), config{stream: r}, config{})
	if len(o.sent.Failed) != 1 || len(o.got.Failed) != 1 || !strings.Contains(o.sent.Failed[0].Why.Says, "cable") {
		t.Errorf("failed stream: %+v, %+v; %v, %v", o.sent, o.got, o.sendErr, o.getErr)
	}
}

// breakFirst cuts the first lanes after some bytes.
func breakFirst(lanes, bytes int) func(int, net.Conn) net.Conn {
	return func(n int, c net.Conn) net.Conn {
		if n > lanes {
			return c
		}
		return duo.Breaks(c, duo.Cut, -1, bytes)
	}
}

// iotestReader returns p in pieces of odd sizes.
func iotestReader(p []byte) io.Reader { return &oddReader{p: p} }

type oddReader struct {
	p []byte
	n int
}

func (r *oddReader) Read(p []byte) (int, error) {
	if len(r.p) == 0 {
		return 0, io.EOF
	}
	r.n = (r.n*31 + 17) % 60_000
	n := copy(p[:min(len(p), r.n+1)], r.p)
	r.p = r.p[n:]
	return n, nil
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

// Fails if a line of a stream waits for more to come.
func TestStreamLine(t *testing.T) {
	leaks(t)
	w := newWorld(t)
	pr, pw := io.Pipe()
	gr, gw := io.Pipe()
	done := make(chan outcome)
	go func() {
		done <- w.runWith(t.Context(), streamManifest(), nil, config{stream: pr}, config{}, func(o *treeOffer) (*transfer.Report, error) {
			defer gw.Close()
			return o.Pass(t.Context(), gw)
		})
	}()
	for _, line := range []string{"one\n", "two\n", "three\n"} {
		io.WriteString(pw, line)
		got := make([]byte, len(line))
		if _, err := io.ReadFull(gr, got); err != nil || string(got) != line {
			t.Fatalf("%q, %v", got, err)
		}
	}
	pw.Close()
	if rest, _ := io.ReadAll(gr); len(rest) > 0 {
		t.Errorf("%q after the end", rest)
	}
	(<-done).ok(t)
}

// Fails if contents that are passed on come in another order, twice or not whole,
// with two lanes that are cut; or if a receiver that takes little gets all of it in memory.
func TestAcceptStream(t *testing.T) {
	leaks(t)
	content := noise(5, 12<<20)
	m := &manifest.Manifest{Entries: []manifest.Entry{{Path: "f", Kind: manifest.File, Size: int64(len(content))}}}
	src := tree.Bytes{content}
	for _, cfg := range []config{{stream: iotestReader(content)}, {}} {
		w := newWorld(t)
		w.Want = 2
		w.Bend = breakFirst(3, 2<<20)
		list, from := streamManifest(), tree.Source(nil)
		if cfg.stream == nil {
			list, from = m, src
		}
		var got bytes.Buffer
		o := w.runWith(t.Context(), list, from, cfg, config{}, func(o *treeOffer) (*transfer.Report, error) {
			return o.Pass(t.Context(), &got)
		})
		o.ok(t)
		if !bytes.Equal(got.Bytes(), content) {
			t.Errorf("got %d bytes, or others", got.Len())
		}
	}
	w := newWorld(t)
	o := w.runWith(t.Context(), m, src, config{}, config{}, func(o *treeOffer) (*transfer.Report, error) {
		return o.Pass(t.Context(), failingWriter{})
	})
	if !errors.Is(o.getErr, syscall.EPIPE) || o.sendErr == nil {
		t.Errorf("broken pipe: send: %v; receive: %v", o.sendErr, o.getErr)
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, syscall.EPIPE }

// Fails if contents that get smaller are sent as they are on a slow path, others
// packed, or a packed file arrives otherwise.
func TestPacked(t *testing.T) {
	leaks(t)
	text := bytes.Repeat([]byte("all work and no play makes jack a dull boy\n"), 50_000)
	top, m, src := makeTree(t, map[string][]byte{"text": text, "small text": text[:3000], "tiny": text[:100], "noise": noise(1, 1<<20)})
	for _, off := range []bool{false, true} {
		w := newWorld(t)
		w.Kind = func(int) transit.Kind { return transit.Direct }
		dir := newLanding(t)
		w.run(t.Context(), m, src, dir, config{NoCompress: off}, config{}).ok(t)
		sameTree(t, dir, top)
		if wire := w.Wire.Load(); off != (wire > m.Total()) || wire < 1<<20 {
			t.Errorf("NoCompress %v: %d bytes for %d", off, wire, m.Total())
		}
	}
}

// sickTree fails to write after some bytes.
type sickTree struct {
	tree.Writer
	left atomic.Int64

	mu   sync.Mutex
	came ranges.Set // of its only file
}

func (s *sickTree) WriteAt(i int, off int64, p []byte) error {
	if s.left.Add(int64(-len(p))) < 0 {
		return &tree.DiskError{Op: tree.OpWriting, Path: "x", Err: syscall.ENOSPC}
	}
	err := s.Writer.WriteAt(i, off, p)
	if err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.came.Add(off, off+int64(len(p)))
	}
	return err
}

// whole is how many bytes are in groups that came whole: those that can be compared.
func (s *sickTree) whole(size int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum, group := int64(0), tree.GroupSize(size)
	for off := int64(0); off < size; off += group {
		if end := min(off+group, size); s.came.Covers(off, end) {
			sum += end - off
		}
	}
	return sum
}

// Fails if a full disk isn't said by both sides, or what had arrived is lost for
// the next run.
func TestDiskFull(t *testing.T) {
	leaks(t)
	top, m, src := makeTree(t, map[string][]byte{"large": noise(1, 12<<20)})
	dir := newLanding(t)
	into, done := storeOf(t, dir)
	defer done()
	w := newWorld(t)
	w.Want = 2
	sick := new(sickTree)
	o := w.runWith(t.Context(), m, src, today, today, func(o *treeOffer) (*transfer.Report, error) {
		st, err := into.Begin(t.Context(), o.Manifest, &tree.Options{ID: o.ID})
		if err != nil {
			return nil, err
		}
		sick.Writer = st
		sick.left.Store(6 << 20)
		return o.takeInto(t.Context(), sick, nil)
	})
	var theirs *transfer.PeerError
	if !errors.Is(o.getErr, syscall.ENOSPC) || !errors.As(o.sendErr, &theirs) || theirs.Class != transfer.Disk || theirs.Code != transfer.ReasonFull {
		t.Errorf("send: %v; receive: %v", o.sendErr, o.getErr)
	}
	w = newWorld(t)
	o = w.run(t.Context(), m, src, dir, today, today)
	o.ok(t)
	sameTree(t, dir, top)
	if whole := sick.whole(12 << 20); whole == 0 || o.got.Resumed < whole {
		t.Errorf("resumed only %d of %d", o.got.Resumed, whole)
	}
}

// Fails if no isn't heard, or yes is.
func TestReject(t *testing.T) {
	leaks(t)
	_, m, src := makeTree(t, files())
	w := newWorld(t)
	o := w.runWith(t.Context(), m, src, config{}, config{}, func(o *treeOffer) (*transfer.Report, error) {
		return nil, o.Reject(t.Context(), said("no \x1b[31mthanks"))
	})
	if !errors.Is(o.sendErr, transfer.ErrRejected) || o.getErr != nil || !strings.Contains(o.sendErr.Error(), `no \u{1b}[31mthanks`) {
		t.Errorf("send: %v; receive: %v", o.sendErr, o.getErr)
	}
}

// Fails if somebody who presses ^C leaves the other side waiting, at any moment.
func TestCancel(t *testing.T) {
	leaks(t)
	_, m, src := makeTree(t, map[string][]byte{"large": noise(1, 50<<20)})
	for _, who := range []string{"sender", "receiver"} {
		for _, when := range []int64{0, 1, 20 << 20} {
			ctx, cancel := context.WithCancel(t.Context())
			stop := func(p transfer.Progress) {
				if p.Done >= when {
					cancel()
				}
			}
			w := newWorld(t)
			var o outcome
			dir := newLanding(t)
			into, done := storeOf(t, dir)
			rctx, sctx := t.Context(), t.Context()
			cfgS, cfgR := config{Config: transfer.Config{Limit: 30 << 20}}, config{}
			if who == "sender" {
				sctx, cfgS.Progress = ctx, stop
			} else {
				rctx, cfgR.Progress = ctx, stop
			}
			var wg sync.WaitGroup
			wg.Go(func() { o.sent, o.sendErr = send(sctx, w.BoxS, m, src, w.s, cfgS.withDefaults()) })
			wg.Go(func() {
				offer, err := receive(rctx, w.BoxR, w.r, cfgR.withDefaults())
				if o.getErr = err; err == nil {
					if when == 0 {
						cancel()
						time.Sleep(100 * time.Millisecond) // a person thinks
					}
					o.got, o.getErr = offer.accept(rctx, into, nil)
				}
			})
			wg.Wait()
			done()
			cancel()
			mine, other := o.sendErr, o.getErr
			if who == "receiver" {
				mine, other = other, mine
			}
			var theirs *transfer.PeerError
			if !errors.Is(mine, context.Canceled) || !errors.As(other, &theirs) || theirs.Class != transfer.Cancelled {
				t.Errorf("%s at %d: send: %v; receive: %v", who, when, o.sendErr, o.getErr)
			}
		}
	}
}
