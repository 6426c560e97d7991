package rendezvous

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// meet lets two clients find each other.
func meet(t testing.TB, a, b *Client) (*Channel, *Channel) {
	t.Helper()
	code, err := a.Allocate(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	typed, err := ParseCode(code.String())
	if err != nil {
		t.Fatal(err)
	}
	var ca *Channel
	var errA error
	var wg sync.WaitGroup
	wg.Go(func() { ca, errA = a.Meet(t.Context(), code) })
	cb, errB := b.Meet(t.Context(), typed)
	wg.Wait()
	if err := errors.Join(errA, errB); err != nil {
		t.Fatal(err)
	}
	return ca, cb
}

func TestMeet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeServer()
		s.welcome.MOTD = "hello"
		a := s.client(t, &Config{URL: "ws://mailbox.test:4000/v1", Version: []byte(`{"app_versions":{"a":1}}`)})
		b := s.client(t, nil)
		if a.MOTD() != "hello" {
			t.Errorf("message of the day: %q", a.MOTD())
		}
		ca, cb := meet(t, a, b)
		for i := range 30 {
			if err := ca.Send(t.Context(), fmt.Append(nil, "from a ", i)); err != nil {
				t.Fatal(err)
			}
			if err := cb.Send(t.Context(), fmt.Append(nil, "from b ", i)); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 30 {
			for _, r := range []struct {
				ch   *Channel
				want string
			}{{ca, "from b "}, {cb, "from a "}} {
				got, err := r.ch.Receive(t.Context())
				if err != nil || string(got) != fmt.Sprint(r.want, i) {
					t.Fatalf("message %d: %q, %v", i, got, err)
				}
			}
		}
		for name, same := range map[string]bool{
			"key":        bytes.Equal(ca.Key("p", 32), cb.Key("p", 32)),
			"verifier":   bytes.Equal(ca.Verifier(), cb.Verifier()),
			"transcript": bytes.Equal(ca.Transcript(), cb.Transcript()),
		} {
			if !same {
				t.Errorf("the two have not the same %s", name)
			}
		}
		if got := string(cb.PeerVersion()); got != `{"app_versions":{"a":1}}` {
			t.Errorf("b got a's version %s", got)
		}
		if err := errors.Join(ca.Close(t.Context(), Happy), cb.Close(t.Context(), Happy)); err != nil {
			t.Error(err)
		}
		if len(s.plates) != 0 || len(s.boxes) != 0 || len(s.conns) != 0 {
			t.Errorf("left at the server: %v %v %v", s.plates, s.boxes, s.conns)
		}
		if moods := s.grep("> ", `"mood":"happy"`); len(moods) != 2 {
			t.Errorf("moods %q", moods)
		}
		if pings := s.grep("> ", `"type":"ping"`); len(pings) != 0 {
			t.Errorf("pings on a first connection: %q", pings)
		}
	})
}

// Commands leave in bursts: from claim on, the client waits for the peer only.
func TestRoundTrips(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeServer()
		a, b := s.client(t, nil), s.client(t, nil)
		ca, cb := meet(t, a, b)
		synctest.Wait() // for the answer to release, which is repeated without it
		ca.Close(t.Context(), Happy)
		cb.Close(t.Context(), Happy)
		var order []string
		for _, line := range s.log {
			if strings.HasPrefix(line, b.m.side) || strings.HasPrefix(line, "> ") {
				for _, kind := range []string{"bind", "claim", "claimed", "open", "add", "release", "close"} {
					if strings.Contains(line, `"type":"`+kind+`"`) {
						order = append(order, kind)
					}
				}
			}
		}
		// The first bind is a's.
		want := "bind bind claim claimed open add release add close"
		if got := strings.Join(order, " "); got != want {
			t.Errorf("b's commands: %s\nwant %s", got, want)
		}
	})
}

func TestWrongCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeServer()
		a, b := s.client(t, nil), s.client(t, nil)
		code, err := a.Allocate(t.Context(), 3)
		if err != nil {
			t.Fatal(err)
		}
		wrong, err := ParseCode(code.Nameplate + "-galveston-goldfish")
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for _, x := range []struct {
			c    *Client
			code Code
		}{{a, code}, {b, wrong}} {
			wg.Go(func() {
				if ch, err := x.c.Meet(t.Context(), x.code); !errors.Is(err, ErrWrongCode) || ch != nil {
					t.Errorf("error %v", err)
				}
				if _, err := x.c.Meet(t.Context(), x.code); !errors.Is(err, ErrCodeUsed) {
					t.Errorf("second try: %v", err)
				}
			})
		}
		wg.Wait()
		a.Close()
		b.Close()
		if moods := s.grep("> ", `"mood":"scary"`); len(moods) != 2 {
			t.Errorf("moods %q", moods)
		}
		if n := s.grep("> ", `"phase":"0"`); len(n) != 0 {
			t.Errorf("something was sent: %q", n)
		}
		if len(s.plates) != 0 || len(s.boxes) != 0 {
			t.Errorf("left at the server: %v %v", s.plates, s.boxes)
		}
	})
}

func TestThirdClientIsCrowdedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeServer()
		a, b, c := s.client(t, nil), s.client(t, nil), s.client(t, nil)
		code, err := ParseCode("7-crossover-clockwork")
		if err != nil {
			t.Fatal(err)
		}
		s.mu.Lock()
		s.claim("7", "one")
		s.claim("7", "two")
		s.mu.Unlock()
		for _, x := range []*Client{a, b, c} {
			if _, err := x.Meet(t.Context(), code); !errors.Is(err, ErrCrowded) {
				t.Errorf("error %v", err)
			}
		}
	})
}

func TestCloseWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeServer()
		a := s.client(t, nil)
		code, err := a.Allocate(t.Context(), 2)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Hour)
		defer cancel()
		if _, err := a.Meet(ctx, code); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		if moods := s.grep("> ", `"mood":"lonely"`); len(moods) != 1 {
			t.Errorf("moods %q", moods)
		}
		if len(s.plates) != 0 || len(s.boxes) != 0 {
			t.Errorf("left at the server: %v %v", s.plates, s.boxes)
		}
	})
}

func TestNameplates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeServer()
		s.claim("12", "x")
		s.claim("0", "x")
		c := s.client(t, nil)
		for range 2 {
			if list, err := c.Nameplates(t.Context()); err != nil || fmt.Sprint(list) != "[12]" {
				t.Errorf("%q, %v", list, err)
			}
		}
		c.Close()
		if _, err := c.Nameplates(t.Context()); err == nil {
			t.Error("a closed client listed nameplates")
		}
		if _, err := c.Allocate(t.Context(), 2); err == nil {
			t.Error("a closed client allocated")
		}
	})
}

// Whatever frame it is at which the server breaks, keeping its memory or not,
// the two meet and get all messages.
func TestReconnectAtEveryStep(t *testing.T) {
	for _, native := range []*Native{nil, {}} {
		for _, mode := range []string{"one", "all", "all and forget"} {
			for _, late := range []bool{false, true} {
				breakEverywhere(t, native, mode, late)
			}
		}
	}
}

func breakEverywhere(t *testing.T, native *Native, mode string, late bool) {
	steps, stride := 0, 1
	if raceEnabled {
		stride = 7
	}
	for k := 0; ; k += stride {
		broke := false
		name := fmt.Sprintf("native %v, %s, late %v, frame %d", native != nil, mode, late, k)
		synctest.Test(t, func(t *testing.T) { broke = breakAt(t, name, native, mode, late, k) })
		if t.Failed() || !broke {
			break
		}
		steps += stride
	}
	if steps < 40 {
		t.Errorf("%s, late %v: only %d frames", mode, late, steps)
	}
}

// breakAt runs a session whose server breaks at frame k, and reports whether it
// came to that.
func breakAt(t *testing.T, name string, native *Native, mode string, late bool, k int) bool {
	s := newFakeServer()
	frames, broke, over := 0, false, false
	s.fault = func(s *fakeServer, c *fakeConn, frame []byte) fault {
		frames++
		if frames-1 == k && !broke && !over {
			broke = true
			doIt := func() {
				if mode == "all and forget" {
					s.forget()
				}
				if mode == "one" {
					s.drop(c)
				} else {
					s.dropAll()
				}
			}
			if !late {
				doIt()
				return swallow
			}
			go func() { // once the frame is handled and delivered
				synctest.Wait()
				s.mu.Lock()
				defer s.mu.Unlock()
				doIt()
			}()
		}
		return deliver
	}
	connect := func() *Client {
		cfg := &Config{URL: "ws://mailbox.test:4000/v1", Native: native}
		c, err := s.connect(t.Context(), cfg)
		if err != nil { // a first connection that breaks is an error
			c, err = s.connect(t.Context(), cfg)
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return c
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	a, b := connect(), connect()
	code, err := a.Allocate(ctx, 0)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	var wg sync.WaitGroup
	received := make(chan struct{}, 2)
	for _, c := range []*Client{a, b} {
		wg.Go(func() {
			defer c.Close()
			ch, err := c.Meet(ctx, code)
			if err != nil {
				t.Errorf("%s: Meet: %v", name, err)
				received <- struct{}{}
				return
			}
			for i := range 3 {
				if err := ch.Send(ctx, fmt.Append(nil, i)); err != nil {
					t.Errorf("%s: Send %d: %v", name, i, err)
				}
			}
			for i := range 3 {
				if got, err := ch.Receive(ctx); err != nil || string(got) != fmt.Sprint(i) {
					t.Errorf("%s: Receive %d: %q, %v", name, i, got, err)
				}
			}
			if _, ok := ch.Native(); ok != (native != nil) || (ch.Suite() == "") == ok {
				t.Errorf("%s: native %v", name, ok)
			}
			received <- struct{}{}
			for len(received) < 2 && ctx.Err() == nil { // who leaves early can't help any more
				time.Sleep(time.Second)
			}
			s.mu.Lock()
			over = true
			s.mu.Unlock()
			ch.Close(ctx, Happy)
		})
	}
	wg.Wait()
	if t.Failed() {
		for _, line := range s.log {
			t.Log(line)
		}
	}
	return broke
}
