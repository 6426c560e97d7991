package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sesame/client/deliver"
	"sesame/rendezvous"
	"sesame/transfer"
)

// A transcript is what a program has said, while it goes on.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{}
}

func newTranscript() *transcript { return &transcript{more: make(chan struct{}, 1)} }

func (s *transcript) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default:
	}
	return s.text.Write(p)
}

func (s *transcript) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// shows waits until it has a text, as long as ctx lives.
func (s *transcript) shows(ctx context.Context, text string) bool {
	for !strings.Contains(s.String(), text) {
		select {
		case <-s.more:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// Fails if a peer that has proven the code, and then says nothing, looks like one
// that nobody has heard of yet.
func TestProvenButSilent(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"send", "receive"} {
		for _, protocol := range []string{"native", "classic"} {
			t.Run(command+" "+protocol, func(t *testing.T) {
				t.Parallel()
				url := "ws://" + testRelay(t) + "/v1"
				args := []string{command, "--server", url, "--allow-loopback"}
				if protocol == "classic" {
					args = append(args, "--classic")
				}
				if command == "send" {
					args = append(args, "--code", "7-galveston-goldfish", file)
				} else {
					args = append(args, "7-galveston-goldfish")
				}
				ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
				defer cancel()
				out := newTranscript()
				code := make(chan int, 1)
				go func() { code <- run(ctx, args, quiet(out), noEnvironment) }()

				peer, err := rendezvous.Dial(ctx, &rendezvous.Config{URL: url, Native: &rendezvous.Native{}})
				if err != nil {
					t.Fatal(err)
				}
				defer peer.Close()
				typed, err := rendezvous.ParseCode("7-galveston-goldfish")
				if err != nil {
					t.Fatal(err)
				}
				ch, err := peer.Meet(ctx, typed)
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				says := "The other computer is there, but hasn't answered yet."
				if command == "receive" && protocol == "classic" { // perhaps that one receives, too
					says = "The other computer is there, but offers nothing yet."
				}
				if !out.shows(ctx, says) {
					t.Errorf("it says nothing of that:\n%s", out)
				}
				if after := time.Since(began); after < 9*time.Second {
					t.Errorf("it says so after %v", after)
				}
				if err := deliver.Abort(ctx, ch, transfer.Reason{Words: "never mind"}); err != nil {
					t.Error(err)
				}
				if got := <-code; got != exitOther || !strings.Contains(out.String(), "never mind") {
					t.Errorf("exit code %d:\n%s", got, out)
				}
			})
		}
	}
}

// Fails if who comes with a code whose other side sleeps hears of it only when all
// is over, or doesn't hear that a new code is needed at a server that keeps seats.
func TestOtherSideSleeps(t *testing.T) {
	for _, command := range []string{"send", "receive"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			server := rogueServer(t, func(r *rogue) {
				r.say(`{"type":"welcome","welcome":{}}`)
				r.until("pake")
				r.tell("sleeper", "pake", peerPake())
			})
			args := []string{command, "--server", server, "--allow-loopback"}
			if command == "send" {
				args = append(args, "--code", "7-galveston-goldfish", "--text", "hello")
			} else {
				args = append(args, "7-galveston-goldfish")
			}
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			out := newTranscript()
			code := make(chan int, 1)
			go func() { code <- run(ctx, args, quiet(out), noEnvironment) }()
			if !out.shows(ctx, "has been here with this code, and doesn't answer: perhaps it is asleep") {
				t.Errorf("it says nothing of that:\n%s", out)
			}
			cancel()
			<-code
		})
	}
	for again, want := range map[bool]string{true: "run this again with the same code", false: "a new code is needed"} {
		if f := explain(&rendezvous.UnansweredError{Again: again}); f.Exit != exitNetwork || !strings.Contains(f.Hint, want) {
			t.Errorf("code %d, %s", f.Exit, f.Hint)
		}
	}
}
