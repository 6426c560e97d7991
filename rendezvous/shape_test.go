package rendezvous

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sesame/internal/wire"
)

// A wrong code answers after as many messages, of the same sizes, at the same
// time as the right one; how much of it is right makes no difference. That the
// comparison itself takes the same time is the secretbox's: it compares tags in
// constant time.
func TestWrongCodeLooksTheSame(t *testing.T) {
	for name, native := range map[string]*Native{"classic": nil, "native": plainNative()} {
		t.Run(name, func(t *testing.T) {
			shape := func(typed string) (seen []string) {
				synctest.Test(t, func(t *testing.T) {
					s := newFakeServer()
					cfg := &Config{URL: "ws://mailbox.test:4000/v1", Native: native}
					a, b := s.client(t, cfg), s.client(t, cfg)
					side, began := a.m.side, time.Now()
					errs, theirs := make(chan error, 1), code(t, typed)
					go func() { _, err := b.Meet(t.Context(), theirs); errs <- err }()
					_, err := a.Meet(t.Context(), code(t, rigCode))
					if wrong := typed != rigCode; errors.Is(err, ErrWrongCode) != wrong || errors.Is(<-errs, ErrWrongCode) != wrong {
						t.Errorf("%s: error %v", typed, err)
					}
					synctest.Wait()
					s.mu.Lock()
					defer s.mu.Unlock()
					for _, line := range s.log {
						body, ok := strings.CutPrefix(line, side+"> ")
						if !ok || strings.Contains(body, `"type":"close"`) || strings.Contains(body, `"type":"release"`) {
							continue // it may be repeated on leaving
						}
						c, err := wire.ParseCommand([]byte(body))
						if err != nil {
							t.Fatal(err)
						}
						what := c.Type
						if c.Body != nil {
							what += fmt.Sprint(" ", *c.Phase, " ", len(*c.Body))
						}
						seen = append(seen, what)
					}
					seen = append(seen, time.Since(began).String())
				})
				return seen
			}
			right := shape(rigCode)
			if len(right) != 5 {
				t.Errorf("messages %q", right)
			}
			for _, typed := range []string{"7-crossover-zulu", "7-aardvark-clockwork"} {
				if got := shape(typed); fmt.Sprint(got) != fmt.Sprint(right) {
					t.Errorf("%s: %q\nwant %q", typed, got, right)
				}
			}
		})
	}
}

// However a program closes, the server hears of the error that came first.
func TestMoodAfterFailure(t *testing.T) {
	for name, c := range map[string]struct {
		frame string
		want  Mood
	}{
		"server error": {`{"type":"error","error":"boo","orig":{}}`, Errory},
		"wrong code":   {`{"type":"message","side":"x","phase":"pake","body":"7b7d"}`, Scary},
		"nonsense":     {`[`, Errory},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newFakeServer()
				a := s.client(t, nil)
				go func() {
					synctest.Wait()
					s.mu.Lock()
					defer s.mu.Unlock()
					for conn := range s.conns {
						s.sendRaw(conn, []byte(c.frame))
					}
				}()
				if _, err := a.Meet(t.Context(), code(t, rigCode)); err == nil {
					t.Error("no error")
				}
				if err := a.Close(); err != nil {
					t.Error(err)
				}
				if moods := s.grep("> ", `"mood":"`+string(c.want)+`"`); len(moods) != 1 {
					t.Errorf("moods %q", s.grep(`"mood"`))
				}
			})
		})
	}
}
