package classic

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"sesame/internal/test/crossing"
	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
)

func TestHostileTargetNames(t *testing.T) {
	dir := crossing.Dir(t)
	for _, name := range []string{"../x", "a/b", "..", "/x", "a\x00", "x\x1b", "gpj.\u202eexe"} {
		_, err, said, _ := play(t, script{offer: string((&offer{kind: transfer.File, name: "x"}).message())}, transfer.Target{Into: disk(dir), Plan: tree.Plan{"x": {Name: name}}})
		if err == nil || len(said) != 0 {
			t.Errorf("%q: %v, said %q", name, err, said)
		}
	}
	if left := crossing.Names(t, dir); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestConfirmations(t *testing.T) {
	src := crossing.File(t, 5)
	sum := "3" // filled in below
	for name, c := range map[string]struct {
		ack  string
		want error
	}{
		"wrong hash": {`{"ack":"ok","sha256":"` + strings.Repeat("0", 64) + `"}`, transfer.ErrIntegrity},
		"hash cut":   {`{"ack":"ok","sha256":"` + sum + `"}`, transfer.ErrIntegrity},
		"hash null":  {`{"ack":"ok","sha256":null}`, transfer.ErrIntegrity},
		"not ok":     {`{"ack":"no"}`, transfer.ErrIntegrity},
		"no ack":     {`{}`, transfer.ErrIntegrity},
		"not JSON":   {`ok`, transfer.ErrIntegrity},
		"huge":       {`{"ack":"ok"}` + strings.Repeat(" ", recordSize), transfer.ErrIntegrity},
		"no hash":    {`{"ack":"ok"}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			sc, rc := crossing.Channels("")
			a, b := connPair()
			rc.Say(`{"transit":{}}`)
			rc.Say(`{"transit":{}}`)
			rc.Say(`{"answer":{"file_ack":"ok"}}`)
			go func() {
				b.ReadRecord()
				b.WriteRecord([]byte(c.ack))
				b.ReadRecord()
			}()
			var last transfer.Progress
			cfg := over(a)
			cfg.Progress = func(p transfer.Progress) { last = p }
			if _, err := sendSource(t.Context(), sc, transfer.Sending{Source: src}, cfg); !errors.Is(err, c.want) {
				t.Errorf("got %v", err)
			}
			if (last.Done == last.Total) != (c.want == nil) {
				t.Errorf("progress ends with %+v", last)
			}
		})
	}
}

func TestAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		messages []string
		check    func(error) bool
	}{
		"answer, then transit": {[]string{`{"answer":{"file_ack":"ok"}}`, `{"transit":{}}`}, nil},
		"unknown in between":   {[]string{`{"future":1}`, `{"transit":{}}`, `{"answer":{"file_ack":"ok"}}`}, nil},
		"rejected":             {[]string{`{"transit":{}}`, `{"error":"transfer rejected"}`}, func(err error) bool { return errors.Is(err, transfer.ErrRejected) }},
		"rejected, with why":   {[]string{`{"error":"transfer rejected: no room"}`}, func(err error) bool { return errors.Is(err, transfer.ErrRejected) }},
		"other error": {[]string{`{"error":"kaboom"}`}, func(err error) bool {
			var pe *transfer.PeerError
			return errors.As(err, &pe) && !errors.Is(err, transfer.ErrRejected)
		}},
		"not ok":  {[]string{`{"transit":{}}`, `{"answer":{"file_ack":"maybe"}}`}, func(err error) bool { return err != nil }},
		"babble":  {repeat(`{"future":1}`, 80), func(err error) bool { return err != nil }},
		"repeats": {repeat(`{"transit":{}}`, 80), func(err error) bool { return err != nil }},
		"garbage": {[]string{`nonsense`}, func(err error) bool { return err != nil }},
	} {
		t.Run(name, func(t *testing.T) {
			sc, rc := crossing.Channels("")
			a, b := connPair()
			for _, m := range c.messages {
				rc.Say(m)
			}
			go func() {
				b.ReadRecord()
				b.WriteRecord([]byte(`{"ack":"ok"}`))
			}()
			_, err := sendSource(t.Context(), sc, transfer.Sending{Source: crossing.File(t, 5)}, over(a))
			a.Close()
			if c.check == nil && err != nil || c.check != nil && !c.check(err) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func repeat(s string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = s
	}
	return out
}

func TestText(t *testing.T) {
	sc, rc := crossing.Channels("")
	rc.Say(`{"transit":{"abilities-v1":[],"hints-v1":[]}}`) // as some receivers do
	sent := make(chan error)
	go func() { sent <- SendText(t.Context(), sc, "hello <\u202e>\n") }()
	o, err := Receive(t.Context(), rc, nil)
	if err != nil || o.Kind != transfer.Text || o.Text != "hello <\u202e>\n" {
		t.Fatal(o, err)
	}
	if _, err := o.Accept(t.Context(), transfer.Target{}); err != nil {
		t.Fatal(err)
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	if _, err := o.Accept(t.Context(), transfer.Target{}); err == nil {
		t.Error("accepted twice")
	}
	if err := SendText(t.Context(), sc, strings.Repeat("x", MaxText)); err == nil || !strings.Contains(err.Error(), "as a file") {
		t.Errorf("too long: %v", err)
	}
	if err := SendText(t.Context(), sc, "\xff"); err == nil {
		t.Error("not UTF-8 is sent")
	}
}

func TestReject(t *testing.T) {
	sc, rc := crossing.Channels("")
	sent := make(chan error)
	go func() {
		_, err := sendSource(t.Context(), sc, transfer.Sending{Source: crossing.File(t, 5)}, over(nil))
		sent <- err
	}()
	o, err := Receive(t.Context(), rc, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Reject(t.Context(), transfer.Reason{}); err != nil {
		t.Fatal(err)
	}
	if err := <-sent; !errors.Is(err, transfer.ErrRejected) {
		t.Errorf("the sender says %v", err)
	}
}

func TestWrongNumberOfBytes(t *testing.T) {
	archive := forge(honest("a", "x"))
	file := func(n int64) string { return string((&offer{kind: transfer.File, name: "x", wire: n}).message()) }
	for name, s := range map[string]script{
		"one byte more":         {offer: file(5), records: [][]byte{[]byte("123456")}},
		"more in a second":      {offer: file(5), records: [][]byte{[]byte("123"), []byte("456")}},
		"one byte less":         {offer: file(5), records: [][]byte{[]byte("1234")}, early: true},
		"nothing":               {offer: file(5), early: true},
		"only empty records":    {offer: file(5), records: make([][]byte, 2000)},
		"archive and more":      {offer: directoryOffer("d", archive, 1, 1), records: [][]byte{append(archive, 'x')}},
		"archive cut":           {offer: directoryOffer("d", archive, 1, 1), records: [][]byte{archive[:len(archive)-1]}, early: true},
		"2^63-1 bytes promised": {offer: file(1<<63 - 1), records: [][]byte{[]byte("1")}, early: true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := crossing.Dir(t)
			var written string
			var err error
			var ack []byte
			synctest.Test(t, func(t *testing.T) { // the receiver waits for an explanation
				written, err, _, ack = play(t, s, transfer.Target{Into: disk(dir)})
			})
			if err == nil || written != "" || ack != nil {
				t.Errorf("got %q, %v, confirmed %q", written, err, ack)
			}
			if left := crossing.Names(t, dir); len(left) != 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

func TestCutAtEveryByte(t *testing.T) {
	archive := forge(honest("a", string(crossing.Bytes(100))), honest("b", "y"))
	for cut := range len(archive) {
		dir := crossing.Dir(t)
		s := script{offer: directoryOffer("d", archive, 101, 2), records: [][]byte{archive[:cut]}, early: true}
		synctest.Test(t, func(t *testing.T) { // the receiver waits for an explanation
			if _, err, _, _ := play(t, s, transfer.Target{Into: disk(dir)}); err == nil || len(crossing.Names(t, dir)) != 0 {
				t.Fatalf("cut at %d: %v, %q", cut, err, crossing.Names(t, dir))
			}
		})
	}
}

// A failingTree lets n bytes through.
type failingTree struct {
	tree.Writer
	n   int
	err error
}

func (f *failingTree) WriteAt(i int, off int64, p []byte) error {
	if f.n -= len(p); f.n < 0 {
		return &transfer.DiskError{Op: tree.OpWriting, Path: "x", Err: f.err, Discarded: true}
	}
	return f.Writer.WriteAt(i, off, p)
}

// A failingStore has failingTrees.
type failingStore struct {
	tree.Store
	err error
}

func (f failingStore) Begin(ctx context.Context, m *manifest.Manifest, o *tree.Options) (tree.Writer, error) {
	w, err := f.Store.Begin(ctx, m, o)
	return &failingTree{w, 2 * blockSize, f.err}, err
}

func TestDiskThatFails(t *testing.T) {
	dirSource := crossing.Folder(t, 10*blockSize)
	for name, c := range map[string]struct {
		src  *transfer.Source
		err  error
		told string
	}{
		"file, ENOSPC":      {crossing.File(t, 10*blockSize), syscall.ENOSPC, "the receiver's disk is full"},
		"file, EIO":         {crossing.File(t, 10*blockSize), syscall.EIO, "could not write"},
		"directory, ENOSPC": {dirSource, syscall.ENOSPC, "the receiver's disk is full"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := crossing.Dir(t)
			res := run(t, c.src, transfer.Target{Into: failingStore{disk(dir), c.err}})
			var de *transfer.DiskError
			if !errors.As(res.Received, &de) || de.Full() != (c.err == syscall.ENOSPC) || !errors.Is(res.Received, c.err) {
				t.Errorf("the receiver says %v", res.Received)
			}
			if de != nil && de.Full() && (!strings.Contains(de.Error(), "disk full") || strings.Contains(de.Error(), "is kept")) {
				t.Errorf("text %q", de)
			}
			var pe *transfer.PeerError
			if !errors.As(res.Sent, &pe) || !strings.Contains(pe.Words, c.told) {
				t.Errorf("the sender says %v", res.Sent)
			}
			if left := crossing.Names(t, dir); len(left) != 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

func TestRatio(t *testing.T) {
	archive := deflated("zeros", make([]byte, 1<<20))
	s := script{offer: directoryOffer("d", archive, 1<<30, 1), records: split(archive)}
	dir := crossing.Dir(t)
	if _, err, said, _ := play(t, s, transfer.Target{Into: disk(dir)}); !errors.Is(err, transfer.ErrRatio) || len(said) != 0 {
		t.Errorf("%v, said %q", err, said)
	}
	if _, err, _, _ := play(t, s, transfer.Target{Into: disk(dir), AnyRatio: true}); err != nil {
		t.Errorf("%v", err)
	}
}

func TestSilentPeers(t *testing.T) {
	t.Run("receiver never reads", func(t *testing.T) {
		src := crossing.File(t, 100)
		synctest.Test(t, func(t *testing.T) {
			sc, rc := crossing.Channels("")
			a, _ := connPair()
			rc.Say(`{"transit":{}}`)
			rc.Say(`{"answer":{"file_ack":"ok"}}`)
			start := time.Now()
			_, err := sendSource(t.Context(), sc, transfer.Sending{Source: src}, over(a))
			if !errors.Is(err, os.ErrDeadlineExceeded) || !strings.Contains(err.Error(), "sending: nothing has moved for 1m0s") || time.Since(start) != time.Minute {
				t.Errorf("%v after %v", err, time.Since(start))
			}
		})
	})
	t.Run("receiver never confirms", func(t *testing.T) {
		src := crossing.File(t, 100)
		synctest.Test(t, func(t *testing.T) {
			sc, rc := crossing.Channels("")
			a, b := connPair()
			rc.Say(`{"transit":{}}`)
			rc.Say(`{"answer":{"file_ack":"ok"}}`)
			go b.ReadRecord()
			_, err := sendSource(t.Context(), sc, transfer.Sending{Source: src}, over(a))
			if !errors.Is(err, os.ErrDeadlineExceeded) || !strings.Contains(err.Error(), "sending: nothing has moved") {
				t.Error(err)
			}
		})
	})
	t.Run("sender never sends", func(t *testing.T) {
		dir := crossing.Dir(t)
		synctest.Test(t, func(t *testing.T) {
			sc, rc := crossing.Channels("")
			_, b := connPair()
			sc.Say(`{"transit":{}}`)
			sc.Say(`{"offer":{"file":{"filename":"x","filesize":5}}}`)
			o, err := receiveOffer(t.Context(), rc, over(b))
			if err != nil {
				t.Fatal(err)
			}
			if _, err = o.Accept(t.Context(), transfer.Target{Into: disk(dir)}); !errors.Is(err, os.ErrDeadlineExceeded) || !strings.Contains(err.Error(), "receiving: nothing has moved") {
				t.Error(err)
			}
		})
		if left := crossing.Names(t, dir); len(left) != 0 {
			t.Errorf("left behind: %q", left)
		}
	})
	t.Run("no transit message", func(t *testing.T) {
		src := crossing.File(t, 5)
		synctest.Test(t, func(t *testing.T) {
			sc, rc := crossing.Channels("")
			a, b := connPair()
			rc.Say(`{"answer":{"file_ack":"ok"}}`)
			go func() { b.ReadRecord(); b.WriteRecord([]byte(`{"ack":"ok"}`)) }()
			if _, err := sendSource(t.Context(), sc, transfer.Sending{Source: src}, over(a)); err != nil {
				t.Error(err)
			}
		})
	})
	t.Run("no offer, no confirmation of a text", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			sc, rc := crossing.Channels("")
			if _, err := Receive(t.Context(), rc, nil); !errors.Is(err, os.ErrDeadlineExceeded) || !strings.Contains(err.Error(), "an offer") {
				t.Error(err)
			}
			<-sc.In
			if err := SendText(t.Context(), sc, "x"); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error(err)
			}
		})
	})
}

func TestCancel(t *testing.T) {
	for _, who := range []string{"sender", "receiver"} {
		t.Run(who, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			sctx, rctx := t.Context(), t.Context()
			sc, rc := crossing.Channels("")
			a, b := connPair()
			scfg, rcfg := over(a), over(b)
			stop := func(p transfer.Progress) {
				if p.Done > 2*blockSize {
					cancel()
				}
			}
			if who == "sender" {
				sctx, scfg.Progress = ctx, stop
			} else {
				rctx, rcfg.Progress = ctx, stop
			}
			dir := crossing.Dir(t)
			sent := make(chan error)
			go func() {
				_, err := sendSource(sctx, sc, transfer.Sending{Source: crossing.File(t, 20*blockSize)}, scfg)
				sent <- err
			}()
			o, err := receiveOffer(rctx, rc, rcfg)
			if err != nil {
				t.Fatal(err)
			}
			_, received := o.Accept(rctx, transfer.Target{Into: disk(dir)})
			mine, theirs := <-sent, received
			if who == "receiver" {
				mine, theirs = theirs, mine
			}
			var pe *transfer.PeerError
			if !errors.Is(mine, context.Canceled) || !errors.As(theirs, &pe) || !strings.Contains(pe.Words, "the "+who+" cancelled") {
				t.Errorf("%v; %v", mine, theirs)
			}
			if left := crossing.Names(t, dir); len(left) != 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

func TestProgress(t *testing.T) {
	var sent, received []transfer.Progress
	res := run(t, crossing.File(t, 3*blockSize+1), transfer.Target{Into: disk(crossing.Dir(t))}, func(s, r *settings) {
		s.Progress = func(p transfer.Progress) { sent = append(sent, p) }
		r.Progress = func(p transfer.Progress) { received = append(received, p) }
	})
	if res.Sent != nil || res.Received != nil {
		t.Fatal(res)
	}
	for _, all := range [][]transfer.Progress{sent, received} {
		for i, p := range all {
			if last := i == len(all)-1; p.Total != 3*blockSize+1 || (p.Done == p.Total) != last || i > 0 && p.Done <= all[i-1].Done {
				t.Fatalf("%d of %d: %+v", i, len(all), p)
			}
		}
	}
}
