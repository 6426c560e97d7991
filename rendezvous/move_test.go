package rendezvous

import (
	"testing"
	"testing/synctest"
	"time"

	"sesame/internal/wire"
)

// moves has the server say that it moves, to all who are there, and go away.
func (s *fakeServer) moves(after int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		s.send(c, wire.Message{Type: wire.Moving, After: after})
	}
	s.down = true
}

// Fails if a client that is told when the server is there again comes back sooner or much later, or if
// anybody hears meanwhile that the server is lost, or nobody when it isn't there again.
func TestServerThatMoves(t *testing.T) {
	for said, want := range map[int]time.Duration{0: 0, 3: 3 * time.Second, 8: 8 * time.Second, 1 << 40: longestMove, -5: 0} {
		synctest.Test(t, func(t *testing.T) {
			s := newFakeServer()
			c := s.client(t, &Config{URL: "ws://mailbox.test:4000/v1", Returned: func(d time.Duration) { t.Errorf("it was away for %v", d) }})
			met := make(chan error, 1)
			go func() {
				_, err := c.Meet(t.Context(), code(t, rigCode))
				met <- err
			}()
			synctest.Wait()
			seen := follow(t, c)
			s.moves(said)
			time.Sleep(want)
			s.mu.Lock()
			dials := s.dials
			s.down = false
			s.mu.Unlock()
			if dials != 1 {
				t.Errorf("after %d: it comes back too early", said)
			}
			if now := seen.last(); now.Lost || !now.Silent.IsZero() {
				t.Errorf("after %d: it is missed: %+v", said, now)
			}
			time.Sleep(moveSpread)
			synctest.Wait()
			s.mu.Lock()
			dials = s.dials
			s.mu.Unlock()
			if dials != 2 || !seen.last().Alone {
				t.Errorf("after %d: %d connections made, want 2; it knows %+v", said, dials, seen.last())
			}
			s.moves(0)
			time.Sleep(moveSpread + muteAfter)
			if now := seen.last(); !now.Lost || now.Silent.IsZero() {
				t.Errorf("it isn't back, and not missed: %+v", now)
			}
			s.mu.Lock()
			s.down = false
			s.mu.Unlock()
			time.Sleep(10 * time.Second)
			if now := seen.last(); now.Lost || !now.Silent.IsZero() || !now.Alone {
				t.Errorf("it is back, and missed: %+v", now)
			}
			c.Close()
			<-met
		})
	}
}

// Fails if what was under way when the server moved is lost.
func TestMessageWhileServerMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeServer()
		ca, cb := meet(t, s.client(t, nil), s.client(t, nil))
		s.moves(8)
		synctest.Wait()
		if err := ca.Send(t.Context(), []byte("meanwhile")); err != nil {
			t.Fatal(err)
		}
		s.mu.Lock()
		s.down = false
		s.mu.Unlock()
		began := time.Now()
		if err := ca.Close(t.Context(), Happy); err != nil || time.Since(began) > 2*time.Second {
			t.Errorf("after %v: %v", time.Since(began), err) // who leaves doesn't wait until then
		}
		if got, err := cb.Receive(t.Context()); err != nil || string(got) != "meanwhile" {
			t.Errorf("%q, %v", got, err)
		}
		cb.c.Close()
	})
}

// A server that says again and again that it moves, and never serves, isn't asked more often than
// one that breaks the connection each time.
func TestServerThatMovesForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeServer()
		c := s.client(t, nil)
		s.mu.Lock()
		s.fault = func(s *fakeServer, c *fakeConn, frame []byte) fault {
			if m, err := wire.ParseMessage(frame); err == nil && m.Type == wire.WelcomeType {
				c.frames = append(c.frames, frame, wire.Message{Type: wire.Moving}.Encode(time.Now()))
				c.ready <- struct{}{}
				return swallow
			}
			return deliver
		}
		s.dropAll()
		s.mu.Unlock()
		time.Sleep(time.Hour)
		s.mu.Lock()
		dials := s.dials
		s.mu.Unlock()
		if dials < 60 || dials > 80 {
			t.Errorf("%d connections made in an hour", dials)
		}
		c.Close()
	})
}
