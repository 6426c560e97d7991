package rendezvous

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// mute makes the server swallow everything from now on.
func mute(s *fakeServer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = func(*fakeServer, *fakeConn, []byte) fault { return swallow }
}

func TestSilentServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeServer()
		mute(s)
		began := time.Now()
		_, err := s.connect(t.Context(), nil)
		var timeout *TimeoutError
		if !errors.As(err, &timeout) || time.Since(began) != waitWelcome {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

func TestCloseIsBounded(t *testing.T) {
	for name, dead := range map[string]func(s *fakeServer){
		"silent": mute,
		"gone": func(s *fakeServer) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.down = true
			s.dropAll()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newFakeServer()
				ca, cb := meet(t, s.client(t, nil), s.client(t, nil))
				dead(s)
				if err := ca.Send(t.Context(), []byte("lost")); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				began := time.Now()
				if err := ca.Close(t.Context(), Happy); err == nil || !strings.Contains(err.Error(), "the last message") {
					t.Errorf("error %v", err)
				}
				cb.c.Close()
				if d := time.Since(began); d > 10*time.Second {
					t.Errorf("two closes took %v", d)
				}
				if err := ca.Send(t.Context(), nil); err == nil {
					t.Error("Send after Close")
				}
				if _, err := ca.Receive(t.Context()); err == nil {
					t.Error("Receive after Close")
				}
			})
		})
	}
}

// Fails if a connection that has died without a word, because the computer has
// another address now, is held on to when the channel is told of the change; or
// if one that works is given up.
func TestCheckAfterNetworkChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeServer()
		ca, cb := meet(t, s.client(t, nil), s.client(t, nil))
		ca.Check()
		time.Sleep(2 * checkWait)
		s.mu.Lock()
		if s.dials != 2 {
			t.Errorf("%d connections made, want 2", s.dials)
		}
		old := maps.Clone(s.conns)
		s.fault = func(s *fakeServer, c *fakeConn, _ []byte) fault {
			if old[c] {
				return swallow
			}
			return deliver
		}
		s.mu.Unlock()
		if err := ca.Send(t.Context(), []byte("I have moved")); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		ca.Check()
		cb.Check()
		got, err := cb.Receive(t.Context())
		if took := time.Since(began); err != nil || string(got) != "I have moved" || took > 2*checkWait {
			t.Errorf("after %v: %q, %v", took, got, err)
		}
		ca.c.Close()
		cb.c.Close()
	})
}

func TestRetryDelays(t *testing.T) {
	for n, want := range map[int]time.Duration{0: time.Second, 1: 1500 * time.Millisecond, 2: 2250 * time.Millisecond, 11: time.Minute, 1e6: time.Minute} {
		if got := retryDelay(n); got != want {
			t.Errorf("%d: %v, want %v", n, got, want)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		s := newFakeServer()
		c := s.client(t, nil)
		s.mu.Lock()
		s.down = true
		s.dropAll()
		s.mu.Unlock()
		time.Sleep(time.Hour)
		s.mu.Lock()
		dials := s.dials
		s.down = false
		s.mu.Unlock()
		if dials < 60 || dials > 80 {
			t.Errorf("%d connections tried in an hour", dials)
		}
		if _, err := c.Nameplates(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestFirstConnectionFails(t *testing.T) {
	s := newFakeServer()
	s.down = true
	var connect *ConnectError
	if _, err := s.connect(t.Context(), nil); !errors.As(err, &connect) || connect.Host != "mailbox.test:4000" || s.dials != 1 {
		t.Errorf("after %d dials: %v", s.dials, err)
	}
}

func TestMisuse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeServer()
		c := s.client(t, nil)
		if _, err := c.Meet(t.Context(), Code{}); err == nil {
			t.Error("met without a code")
		}
		for _, words := range []int{-1, 13} {
			if _, err := c.Allocate(t.Context(), words); err == nil {
				t.Errorf("a code of %d words", words)
			}
		}
		got, err := c.Allocate(t.Context(), 3)
		if err != nil || strings.Count(got.String(), "-") != 3 {
			t.Errorf("code %s, %v", got, err)
		}
		if _, err := ParseCode(got.String()); err != nil {
			t.Error(err)
		}
		if _, err := c.Allocate(t.Context(), 3); err == nil {
			t.Error("allocated twice")
		}
		if _, err := c.Meet(t.Context(), code(t, "99-x")); err == nil {
			t.Error("met under another nameplate")
		}
		_, cb := meet(t, s.client(t, nil), s.client(t, nil))
		if err := cb.Send(t.Context(), make([]byte, maxMessage+1)); err == nil {
			t.Error("sent too much")
		}
		if err := cb.Send(t.Context(), make([]byte, maxMessage)); err != nil {
			t.Error(err)
		}
		for _, v := range []string{"[]", "{", "", `{"x":"` + strings.Repeat("x", maxVersion) + `"}`} {
			if _, err := s.connect(t.Context(), &Config{URL: "ws://x/", Version: []byte(v)}); err == nil {
				t.Errorf("version %.20q", v)
			}
		}
	})
}
