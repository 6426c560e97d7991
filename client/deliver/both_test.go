package deliver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sesame/internal/test/crossing"
	"sesame/internal/test/leaks"
	"sesame/transfer"
	"sesame/transfer/classic"
	"sesame/transfer/native"
	"sesame/tree"
	"sesame/tree/manifest"
)

// someTree makes a directory with one of everything, and returns it.
func someTree(t testing.TB, name string) string {
	t.Helper()
	top := filepath.Join(t.TempDir(), name)
	crossing.Write(t, filepath.Join(top, "a.txt"), []byte("a"), 0o644)
	crossing.Write(t, filepath.Join(top, "run.sh"), []byte("#!/bin/sh\n"), 0o755)
	crossing.Write(t, filepath.Join(top, "empty file"), nil, 0o644)
	crossing.Write(t, filepath.Join(top, "sub/deep/Größe.bin"), crossing.Bytes(3*blockSize+5), 0o644)
	os.MkdirAll(filepath.Join(top, "sub/nothing"), 0o755)
	os.Symlink("../a.txt", filepath.Join(top, "sub/link"))
	os.Chtimes(filepath.Join(top, "a.txt"), time.Time{}, time.Unix(1500000000, 0))
	return top
}

var someFiles = []string{
	"a.txt -rw-r--r--", "empty file -rw-r--r--", "run.sh -rwxr-xr-x", "sub drwxr-xr-x", "sub/deep drwxr-xr-x",
	"sub/deep/Größe.bin -rw-r--r--", "sub/link Lrwxrwxrwx", "sub/nothing drwxr-xr-x",
}

// arrived returns someFiles without what a protocol can't send.
func (p protocol) arrived() []string {
	return slices.DeleteFunc(slices.Clone(someFiles), func(s string) bool { return p.name == "classic" && strings.Contains(s, " L") })
}

func TestOneFile(t *testing.T) {
	both(t, func(t *testing.T, p protocol) {
		for _, n := range []int{0, 1, 3*blockSize + 1} {
			src := crossing.File(t, n)
			dir := crossing.Dir(t)
			res := p.run(t, src, transfer.Target{Into: disk(dir)})
			res.OK(t)
			if o := res.Offer; o.Kind != transfer.File || o.Name.String() != "data.bin" || o.Size != int64(n) || o.Files != 1 || !slices.Equal(o.Tops(), []transfer.Top{{Name: "data.bin", Dir: false}}) {
				t.Errorf("offer %+v", o)
			}
			if got, err := dir.ReadFile("data.bin"); err != nil || !bytes.Equal(got, crossing.Bytes(n)) {
				t.Errorf("%d bytes of %d, %v", len(got), n, err)
			}
			if !slices.Equal(res.Final(), []string{"data.bin"}) || len(crossing.Names(t, dir)) != 1 || res.Report.Bytes != int64(n) {
				t.Errorf("%+v, in the target %q", res.Report, crossing.Names(t, dir))
			}
			if res.Report.Path.String() == "" || res.Told.Path.Kind != res.Report.Path.Kind {
				t.Errorf("by %v and %v", res.Told.Path, res.Report.Path)
			}
		}
	})
}

func TestOneDirectory(t *testing.T) {
	both(t, func(t *testing.T, p protocol) {
		src := crossing.Open(t, someTree(t, "photos"))
		dir := crossing.Dir(t)
		res := p.run(t, src, transfer.Target{Into: disk(dir)})
		res.OK(t)
		if o := res.Offer; o.Kind != transfer.Directory || o.Name.String() != "photos" || o.Files != 4 || !slices.Equal(o.Tops(), []transfer.Top{{Name: "photos", Dir: true}}) {
			t.Errorf("offer %+v", o)
		}
		if (res.Offer.Manifest != nil) != (p.name == "native") {
			t.Error("manifest", res.Offer.Manifest)
		}
		at := filepath.Join(dir.Name(), "photos")
		if got := crossing.Tree(t, at); !slices.Equal(got, p.arrived()) {
			t.Errorf("tree\n%s", strings.Join(got, "\n"))
		}
		if got, _ := os.ReadFile(filepath.Join(at, "sub/deep/Größe.bin")); !bytes.Equal(got, crossing.Bytes(3*blockSize+5)) {
			t.Error("content differs")
		}
		if info, _ := os.Stat(filepath.Join(at, "a.txt")); info.ModTime().Unix() != 1500000000 {
			t.Errorf("last changed %v", info.ModTime())
		}
		if skipped := res.Told.Skipped; len(skipped) != len(someFiles)-len(p.arrived()) {
			t.Errorf("left out: %v", skipped)
		} else if len(skipped) > 0 && (skipped[0].Path != "photos/sub/link" || !strings.Contains(skipped[0].Why.Words(), "link")) {
			t.Errorf("left out: %v", skipped)
		}
	})
}

func TestSeveralPaths(t *testing.T) {
	both(t, func(t *testing.T, p protocol) {
		dirs := []string{someTree(t, "photos"), someTree(t, "photos"), filepath.Join(t.TempDir(), "nothing")}
		os.Mkdir(dirs[2], 0o755)
		src := crossing.Open(t, append(dirs, crossing.File(t, 10).String())...)
		if src.Size() != -1 || src.IsDir() {
			t.Errorf("size %d before the walk", src.Size())
		}
		dir := crossing.Dir(t)
		res := p.run(t, src, transfer.Target{Into: disk(dir)})
		res.OK(t)
		if r := src.Renamed(); len(r) != 1 || r[0].Name != "photos (2)" {
			t.Errorf("renamed: %v", r)
		}
		at := dir.Name()
		tops := []string{"data.bin", "nothing", "photos", "photos (2)"}
		if p.name == "classic" {
			at = filepath.Join(at, "sesame-files")
			if o := res.Offer; o.Kind != transfer.Directory || o.Name.String() != "sesame-files" || len(o.Tops()) != 1 || len(res.Final()) != 1 {
				t.Errorf("offer %+v", o)
			}
		} else if o := res.Offer; o.Kind != transfer.Several || o.Name.String() != "" || len(o.Tops()) != 4 || !slices.Equal(res.Final(), tops) {
			t.Errorf("offer %+v, placed %v", o, res.Final())
		}
		var got []string
		entries, _ := os.ReadDir(at)
		for _, e := range entries {
			got = append(got, e.Name())
		}
		if !slices.Equal(got, tops) {
			t.Errorf("arrived: %q", got)
		}
		if got := crossing.Tree(t, filepath.Join(at, "photos (2)")); !slices.Equal(got, p.arrived()) {
			t.Errorf("tree\n%s", strings.Join(got, "\n"))
		}
		if res.Offer.Size != src.Size() || res.Offer.Files != 9 {
			t.Errorf("offered %d bytes in %d files, sent %d", res.Offer.Size, res.Offer.Files, src.Size())
		}
	})
}

func TestTextInBoth(t *testing.T) {
	both(t, func(t *testing.T, p protocol) {
		for _, want := range []error{nil, transfer.ErrRejected} {
			sc, rc := crossing.Channels(p.suite)
			sent := make(chan error, 1)
			how, cfg := join()
			go func() { sent <- SendText(t.Context(), sc, "hello <\u202e>\n", how) }()
			o, err := Receive(t.Context(), rc, cfg)
			if err != nil || o.Kind != transfer.Text || o.Text != "hello <\u202e>\n" || len(o.Tops()) != 0 {
				t.Fatal(o, err)
			}
			if _, err := o.AcceptStream(t.Context(), io.Discard); err == nil {
				t.Error("a text as a stream")
			}
			if want == nil {
				_, err = o.Accept(t.Context(), transfer.Target{})
			} else {
				err = o.Reject(t.Context(), transfer.Reason{Words: "not now"})
			}
			if err != nil {
				t.Error(err)
			}
			if err := <-sent; !errors.Is(err, want) || want != nil && err.Error() != `the other side rejected the transfer: "not now"` {
				t.Errorf("the sender says %v", err)
			}
		}
	})
}

func TestRejectInBoth(t *testing.T) {
	both(t, func(t *testing.T, p protocol) {
		for reason, want := range map[string]string{"": transfer.ErrRejected.Error(), "no \x1b[2Jroom": transfer.ErrRejected.Error() + `: "no \u{1b}[2Jroom"`} {
			res := p.runWith(t.Context(), outgoing(crossing.File(t, 5)), func(ctx context.Context, o *transfer.Offer) (*transfer.Report, error) {
				return nil, o.Reject(ctx, transfer.Reason{Words: reason})
			})
			if res.Received != nil || !errors.Is(res.Sent, transfer.ErrRejected) || res.Sent.Error() != want {
				t.Errorf("%v; the sender says %v", res.Received, res.Sent)
			}
			if err := res.Offer.Reject(t.Context(), transfer.Reason{}); err == nil {
				t.Error("rejected twice")
			}
			if _, err := res.Offer.Accept(t.Context(), transfer.Target{}); err == nil {
				t.Error("accepted after Reject")
			}
		}
	})
}

// A slowReader gives its bytes one at a time.
type slowReader struct{ r io.Reader }

func (s slowReader) Read(p []byte) (int, error) { return s.r.Read(p[:min(len(p), 1)]) }

func TestStream(t *testing.T) {
	content := crossing.Bytes(2*blockSize + 3)
	for name, r := range map[string]io.Reader{"quick": bytes.NewReader(content), "a byte at a time": slowReader{bytes.NewReader(content[:1000])}} {
		t.Run(name, func(t *testing.T) {
			src := transfer.FromReader("dump.sql", r)
			defer src.Close()
			var got bytes.Buffer
			res := toSesame.runWith(t.Context(), outgoing(src), func(ctx context.Context, o *transfer.Offer) (*transfer.Report, error) {
				return o.AcceptStream(ctx, &got)
			})
			res.OK(t)
			if o := res.Offer; o.Kind != transfer.File || o.Size != -1 || o.Name.String() != "dump.sql" {
				t.Errorf("offer %+v", o)
			}
			if !bytes.HasPrefix(content, got.Bytes()) || int64(got.Len()) != res.Told.Bytes || got.Len() < 1000 {
				t.Errorf("%d bytes arrived, %d sent", got.Len(), res.Told.Bytes)
			}
		})
	}
	t.Run("to disk", func(t *testing.T) {
		dir := crossing.Dir(t)
		src := transfer.FromReader("dump.sql", bytes.NewReader(content))
		defer src.Close()
		toSesame.run(t, src, transfer.Target{Into: disk(dir)}).OK(t)
		if got, err := dir.ReadFile("dump.sql"); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	})
	t.Run("to a classic peer", func(t *testing.T) {
		src := transfer.FromReader("dump.sql", bytes.NewReader(content))
		defer src.Close()
		res := toOthers.run(t, src, transfer.Target{Into: disk(crossing.Dir(t))})
		var pe *transfer.PeerError
		if !errors.Is(res.Sent, transfer.ErrClassicPeer) || !errors.As(res.Received, &pe) || !strings.Contains(pe.Words, "stream") {
			t.Errorf("sender: %v; receiver: %v", res.Sent, res.Received)
		}
	})
	t.Run("bad name", func(t *testing.T) {
		src := transfer.FromReader("../x", bytes.NewReader(content))
		defer src.Close()
		res := toSesame.run(t, src, transfer.Target{Into: disk(crossing.Dir(t))})
		var me *manifest.Error
		var pe *transfer.PeerError
		if !errors.As(res.Sent, &me) || !errors.As(res.Received, &pe) {
			t.Errorf("sender: %v; receiver: %v", res.Sent, res.Received)
		}
	})
}

func TestAcceptStream(t *testing.T) {
	both(t, func(t *testing.T, p protocol) {
		var got bytes.Buffer
		res := p.runWith(t.Context(), outgoing(crossing.File(t, 5*blockSize+1)), func(ctx context.Context, o *transfer.Offer) (*transfer.Report, error) {
			return o.AcceptStream(ctx, &got)
		})
		res.OK(t)
		if !bytes.Equal(got.Bytes(), crossing.Bytes(5*blockSize+1)) || res.Report.Bytes != 5*blockSize+1 || len(res.Report.Placed) != 0 {
			t.Errorf("%d bytes, %+v", got.Len(), res.Report)
		}
		// What isn't one file can still be put on disk.
		dir := crossing.Dir(t)
		res = p.runWith(t.Context(), outgoing(crossing.Open(t, someTree(t, "photos"))), func(ctx context.Context, o *transfer.Offer) (*transfer.Report, error) {
			if _, err := o.AcceptStream(ctx, io.Discard); err == nil {
				t.Error("a directory as a stream")
			}
			return o.Accept(ctx, transfer.Target{Into: disk(dir)})
		})
		res.OK(t)
		// A writer that fails ends the transfer for both.
		broken := errors.New("the pipe is broken")
		res = p.runWith(t.Context(), outgoing(crossing.File(t, 5*blockSize)), func(ctx context.Context, o *transfer.Offer) (*transfer.Report, error) {
			return o.AcceptStream(ctx, writerFunc(func([]byte) (int, error) { return 0, broken }))
		})
		if !errors.Is(res.Received, broken) || res.Sent == nil || res.Told != nil || res.Report != nil {
			t.Errorf("sender: %v; receiver: %v", res.Sent, res.Received)
		}
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestPlans(t *testing.T) {
	for _, c := range []struct {
		name   string
		plan   tree.Target
		final  string
		files  string // in final, with their contents
		refuse bool
	}{
		{"refuse", tree.Target{}, "", "", true},
		{"refuse under the same name", tree.Target{Name: "photos"}, "", "", true},
		{"another name", tree.Target{Name: "photos (2)"}, "photos (2)", "a=new b=new", false},
		{"replace", tree.Target{Exists: tree.Replace}, "photos", "a=new b=new", false},
		{"merge, skip", tree.Target{Exists: tree.MergeSkip}, "photos", "a=old b=new c=old", false},
		{"merge, replace", tree.Target{Exists: tree.MergeReplace}, "photos", "a=new b=new c=old", false},
		{"merge into a file", tree.Target{Name: "taken", Exists: tree.MergeReplace}, "", "", true},
		{"not a name", tree.Target{Name: "../photos"}, "", "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			both(t, func(t *testing.T, p protocol) {
				top := filepath.Join(t.TempDir(), "photos")
				crossing.Write(t, filepath.Join(top, "a"), []byte("new"), 0o644)
				crossing.Write(t, filepath.Join(top, "b"), []byte("new"), 0o644)
				dir := crossing.Dir(t)
				crossing.Write(t, filepath.Join(dir.Name(), "photos/a"), []byte("old"), 0o644)
				crossing.Write(t, filepath.Join(dir.Name(), "photos/c"), []byte("old"), 0o644)
				crossing.Write(t, filepath.Join(dir.Name(), "taken"), nil, 0o644)
				res := p.runWith(t.Context(), outgoing(crossing.Open(t, top)), func(ctx context.Context, o *transfer.Offer) (*transfer.Report, error) {
					r, err := o.Accept(ctx, transfer.Target{Into: disk(dir), Plan: tree.Plan{"photos": c.plan}})
					if !c.refuse {
						return r, err
					}
					if err == nil || r != nil {
						t.Errorf("got %v, %v", r, err)
					}
					var exists *transfer.ExistsError
					if c.name != "not a name" && !errors.As(err, &exists) {
						t.Errorf("got %v", err)
					}
					// The offer is open still.
					return o.Accept(ctx, transfer.Target{Into: disk(dir), Plan: tree.Plan{"photos": {Name: "elsewhere"}}})
				})
				res.OK(t)
				if c.refuse {
					c.final, c.files = "elsewhere", "a=new b=new"
				}
				if got := contents(t, filepath.Join(dir.Name(), c.final)); !slices.Equal(res.Final(), []string{c.final}) || got != c.files {
					t.Errorf("%v: %s", res.Final(), got)
				}
				if skipped := res.Report.Placed[0].Skipped; (len(skipped) > 0) != (c.name == "merge, skip") {
					t.Errorf("skipped %q", skipped)
				}
			})
		})
	}
}

// contents shows small files.
func contents(t testing.TB, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		b, _ := os.ReadFile(filepath.Join(dir, e.Name()))
		out = append(out, fmt.Sprintf("%s=%s", e.Name(), b))
	}
	return strings.Join(out, " ")
}

func TestResume(t *testing.T) {
	src := crossing.File(t, 6<<20)
	dir := crossing.Dir(t)
	ctx, cancel := context.WithCancel(t.Context())
	res := toSesame.runWith(t.Context(), outgoing(src), func(_ context.Context, o *transfer.Offer) (*transfer.Report, error) {
		return o.Accept(ctx, transfer.Target{Into: disk(dir)})
	}, func(s, r *Settings) {
		s.Limit = 12 << 20 // so that there is time to stop it
		r.Progress = func(p transfer.Progress) {
			if p.Done > p.Total/4 {
				cancel()
			}
		}
	})
	var pe *transfer.PeerError
	if !errors.Is(res.Received, context.Canceled) || !errors.As(res.Sent, &pe) || pe.Class != transfer.Cancelled {
		t.Fatalf("receiver: %v; sender: %v", res.Received, res.Sent)
	}
	if left := crossing.Names(t, dir); len(left) != 1 || !strings.HasPrefix(left[0], ".data.bin.") {
		t.Fatalf("left behind: %q", left)
	}
	res = toSesame.run(t, src, transfer.Target{Into: disk(dir)})
	res.OK(t)
	if res.Report.Resumed < 1<<20 || res.Report.Resumed != res.Told.Resumed || res.Report.Bytes != 6<<20 {
		t.Errorf("resumed %d of %d bytes; the sender says %d", res.Report.Resumed, res.Report.Bytes, res.Told.Resumed)
	}
	if got, err := dir.ReadFile("data.bin"); err != nil || !bytes.Equal(got, crossing.Bytes(6<<20)) || len(crossing.Names(t, dir)) != 1 {
		t.Errorf("%d bytes, %v, %q", len(got), err, crossing.Names(t, dir))
	}
}

// What a native peer can't send any more is missing at the end, and the rest is
// there. A classic transfer fails instead: TestSourceThatChanges.
func TestFailedFile(t *testing.T) {
	top := someTree(t, "photos")
	dir := crossing.Dir(t)
	res := toSesame.runWith(t.Context(), outgoing(crossing.Open(t, top)), func(ctx context.Context, o *transfer.Offer) (*transfer.Report, error) {
		crossing.Write(t, filepath.Join(top, "a.txt"), []byte("longer"), 0o644)
		return o.Accept(ctx, transfer.Target{Into: disk(dir)})
	})
	res.OK(t)
	for _, r := range []*transfer.Report{res.Told, res.Report} {
		if len(r.Failed) != 1 || r.Failed[0].Path != "photos/a.txt" || r.Failed[0].Why == (manifest.Reason{}) {
			t.Errorf("failed: %v", r.Failed)
		}
	}
	if got := crossing.Tree(t, filepath.Join(dir.Name(), "photos")); !slices.Equal(got, someFiles[1:]) {
		t.Errorf("tree\n%s", strings.Join(got, "\n"))
	}
}

// Whoever stops before the session has begun tells the other too.
func TestEndsBeforeItBegins(t *testing.T) {
	both(t, func(t *testing.T, p protocol) {
		t.Run("sender finds nothing", func(t *testing.T) {
			src := crossing.File(t, 5)
			os.Remove(src.String())
			res := p.run(t, src, transfer.Target{Into: disk(crossing.Dir(t))})
			var pe *transfer.PeerError
			if !errors.Is(res.Sent, os.ErrNotExist) || !errors.As(res.Received, &pe) {
				t.Errorf("sender: %v; receiver: %v", res.Sent, res.Received)
			}
		})
		t.Run("sender aborts", func(t *testing.T) {
			sc, rc := crossing.Channels(p.suite)
			_, cfg := join()
			Abort(t.Context(), sc, transfer.Because(transfer.ReasonUnverified).Saying("the verifiers differ"))
			var pe *transfer.PeerError
			if _, err := Receive(t.Context(), rc, cfg); !errors.As(err, &pe) || pe.Words != "the verifiers differ" {
				t.Errorf("got %v", err)
			}
		})
		t.Run("receiver aborts", func(t *testing.T) {
			sc, rc := crossing.Channels(p.suite)
			cfg, _ := join()
			Abort(t.Context(), rc, transfer.Because(transfer.ReasonUnverified).Saying("the verifiers differ"))
			var pe *transfer.PeerError
			if _, err := Send(t.Context(), sc, outgoing(crossing.File(t, 5)), cfg); !errors.As(err, &pe) || pe.Words != "the verifiers differ" {
				t.Errorf("got %v", err)
			}
		})
		t.Run("receiver is cancelled", func(t *testing.T) {
			sc, rc := crossing.Channels(p.suite)
			cfg, _ := join()
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := Receive(ctx, rc, cfg); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			for len(sc.In) > 1 {
				<-sc.In // a native receiver's addresses
			}
			var pe *transfer.PeerError
			msg, _ := sc.Receive(t.Context())
			if err := classic.Interpret(msg); !errors.As(err, &pe) || !strings.Contains(pe.Words, "cancelled") {
				t.Errorf("the sender hears %v", err)
			}
		})
		t.Run("two senders", func(t *testing.T) {
			a, b := crossing.Channels(p.suite)
			acfg, bcfg := join()
			done := make(chan error, 1)
			ctx := t.Context()
			if p.name != "classic" { // where both wait for a receiver
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, 300*time.Millisecond)
				defer cancel()
			}
			go func() {
				_, err := Send(ctx, a, outgoing(crossing.File(t, 5)), acfg)
				done <- err
			}()
			if err := SendText(ctx, b, "x", bcfg); err == nil || p.name == "classic" && !errors.Is(err, transfer.ErrBothSend) {
				t.Errorf("a sender that is offered something says %v", err)
			}
			if err := <-done; err == nil || p.name == "classic" && !errors.Is(err, transfer.ErrBothSend) {
				t.Errorf("a sender that is offered something says %v", err)
			}
		})
	})
}

func TestForeignMessages(t *testing.T) {
	for _, msg := range []string{`{}`, `{"future":1}`, `{"offer":{"file":{"filename":"x","filesize":1}}}`, `{"transit":{}}`, `[]`, `nonsense`, `null`, `{"error":null}`} {
		for _, who := range []string{"sender", "receiver"} {
			sc, rc := crossing.Channels(toSesame.suite)
			scfg, rcfg := join()
			var err error
			if who == "sender" {
				rc.Say(msg)
				_, err = Send(t.Context(), sc, outgoing(crossing.File(t, 5)), scfg)
			} else {
				sc.Say(msg)
				_, err = Receive(t.Context(), rc, rcfg)
			}
			if err == nil {
				t.Errorf("the %s takes %s", who, msg)
			}
			var foreign *native.Foreign
			if errors.As(err, &foreign) && !strings.HasPrefix(lastSaid(sc, rc), `{"error":`) {
				t.Errorf("the %s doesn't say that it refuses %s", who, msg)
			}
		}
	}
}

// lastSaid returns the last message that waits on either side.
func lastSaid(sides ...*crossing.Channel) (msg string) {
	for _, c := range sides {
		for len(c.In) > 0 {
			msg = string(<-c.In)
		}
	}
	return msg
}

func TestUnknownSuite(t *testing.T) {
	sc, rc := crossing.Channels("rot13")
	if _, err := Receive(t.Context(), rc, nil); err == nil {
		t.Error("received with an unknown suite")
	}
	if _, err := Send(t.Context(), sc, outgoing(crossing.File(t, 5)), nil); err == nil {
		t.Error("sent with an unknown suite")
	}
}

func TestNothingIsLeftRunning(t *testing.T) {
	leaks.Check(t)
	both(t, func(t *testing.T, p protocol) {
		p.run(t, crossing.File(t, 100), transfer.Target{Into: disk(crossing.Dir(t))}).OK(t)
	})
}
