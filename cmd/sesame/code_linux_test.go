package main

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"sesame/internal/test/tty"
	"sesame/relay"
)

// A phone connects two people who tell each other codes.
type phone struct {
	t        *testing.T
	server   string
	out, in  string
	protocol []string
}

// overThePhone runs a test in both protocols.
func overThePhone(t *testing.T, test func(t *testing.T, p *phone)) {
	for name, protocol := range map[string][]string{"native": nil, "classic": {"--classic"}} {
		t.Run(name, func(t *testing.T) {
			p := &phone{t, relayURL(t), t.TempDir(), t.TempDir(), protocol}
			if err := os.WriteFile(filepath.Join(p.out, "file"), []byte("content"), 0o644); err != nil {
				t.Fatal(err)
			}
			test(t, p)
		})
	}
}

func relayURL(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, served := relay.New(nil), make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		server.Shutdown(ctx)
		<-served
	})
	return "ws://" + l.Addr().String() + "/v1"
}

func (p *phone) command(dir, verb string, args ...string) *exec.Cmd {
	cmd := exec.Command("sesame", append(append([]string{verb, "--allow-loopback"}, p.protocol...), args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_STATE_HOME="+dir+"/.state", "SESAME_SERVER="+p.server, "LC_ALL=C.UTF-8", "TERM=xterm")
	return cmd
}

func (p *phone) send(args ...string) *tty.Terminal {
	return tty.Start(p.t, 80, 24, p.command(p.out, "send", args...))
}

func (p *phone) receive(args ...string) *tty.Terminal {
	return tty.Start(p.t, 80, 24, p.command(p.in, "receive", args...))
}

// arrived fails the test unless both have ended well, and the file is there.
func (p *phone) arrived(sender, receiver *tty.Terminal) {
	p.t.Helper()
	if s, r := sender.Wait(), receiver.Wait(); s != 0 || r != 0 {
		p.t.Errorf("the sender ends with %d, the receiver with %d", s, r)
	}
	if got, err := os.ReadFile(filepath.Join(p.in, "file")); err != nil || string(got) != "content" {
		p.t.Errorf("%q, %v", got, err)
	}
}

// withCommand and alone are codes as a sender shows them: with the command, and alone on a line.
var (
	withCommand = regexp.MustCompile(`(?m)^    sesame receive (\d+(?:-[a-z]+)+)`)
	alone       = regexp.MustCompile(`(?m)^    (\d+(?:-[a-z]+)+)$`)
)

// shown waits for a code on a screen, and returns it.
func shown(x *tty.Terminal, as *regexp.Regexp, times int) (code string) {
	x.Until("shows a code", func() bool {
		all := as.FindAllStringSubmatch(x.All(), -1)
		if len(all) < times {
			return false
		}
		code = all[times-1][1]
		return true
	})
	return code
}

// wrong returns a code with the number of another, and not its words.
func wrong(code string) string {
	number, _, _ := strings.Cut(code, "-")
	if strings.HasSuffix(code, "-galveston-goldfish") {
		return number + "-ohio-jawbone"
	}
	return number + "-galveston-goldfish"
}

func wordsIn(code string) int { return strings.Count(code, "-") }

// Fails if a wrong code ends more than itself: the sender, or the receiver at its prompt.
// Each reads what it means there.
func TestAfterAWrongCode(t *testing.T) {
	overThePhone(t, func(t *testing.T, p *phone) {
		s := p.send("file")
		code := shown(s, withCommand, 1)
		r := p.receive()
		r.Await("Code:")
		r.Type(wrong(code) + "\r")
		s.Await("Somebody typed a wrong code, by mistake or to guess it. Nothing was sent.")
		s.Await("Tell the other person the new one")
		again := shown(s, alone, 1)
		if wordsIn(code) != 2 || wordsIn(again) != 3 || s.Bells() != 1 {
			t.Errorf("after %s comes %s, and %d bells", code, again, s.Bells())
		}
		r.Await("That code didn't fit: it was mistyped, or is another sender's.")
		r.Await("Ask for the new one.")
		r.Await("Code:", 2)
		r.Type(code + "\r") // it is as dead as the wrong one
		r.Await("Code:", 3)
		r.Type(wrong(code) + "\r")
		r.Await("Code:", 4)
		r.Await("This code was already used", 2)
		r.Type(again + "\r")
		r.Await("(Y/n)")
		r.Type("y\r")
		p.arrived(s, r)
		if strings.Contains(s.All(), "didn't fit") || strings.Contains(r.All(), "Somebody typed") {
			t.Error("one reads the other's words")
		}
	})
}

// Fails if a sender makes new codes without end, without more words, or without saying
// at last what it looks like.
func TestManyWrongCodes(t *testing.T) {
	overThePhone(t, func(t *testing.T, p *phone) {
		s := p.send("file")
		code := shown(s, withCommand, 1)
		for n := 1; ; n++ {
			if wordsIn(code) != n+1 {
				t.Errorf("code %d is %s", n, code)
			}
			r := p.command(p.in, "receive", wrong(code))
			if said, _ := r.CombinedOutput(); r.ProcessState.ExitCode() != exitWrongCode {
				t.Errorf("a receiver ends with %d: %s", r.ProcessState.ExitCode(), said)
			}
			if n == 4 {
				break
			}
			code = shown(s, alone, n)
		}
		s.Await("a wrong code was typed 4 times in a row: this looks like an attack")
		if got := s.Wait(); got != exitWrongCode || s.Bells() != 3 {
			t.Errorf("the sender ends with %d, and %d bells", got, s.Bells())
		}
	})
}

// Fails if a program that reads a sender's events isn't told of a dead code and of the
// one instead of it.
func TestWrongCodeAsEvents(t *testing.T) {
	overThePhone(t, func(t *testing.T, p *phone) {
		cmd := p.command(p.out, "send", "--json", "file")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer cmd.Process.Kill()
		type event struct {
			Event, Code, Cause string
			Left, Exit         int
			Again              bool
		}
		lines := json.NewDecoder(out)
		next := func(name string) (e event) {
			t.Helper()
			for e.Event != name {
				e = event{}
				if err := lines.Decode(&e); err != nil {
					t.Fatalf("no %s: %v", name, err)
				}
			}
			return e
		}
		code := next("code")
		for left := 3; left > 0; left-- {
			p.command(p.in, "receive", wrong(code.Code)).Run()
			if dead := next("code_dead"); dead.Code != code.Code || dead.Left != left {
				t.Errorf("dead: %+v, and %d are left", dead, left)
			}
			if again := next("code"); !again.Again || wordsIn(again.Code) != wordsIn(code.Code)+1 {
				t.Errorf("%+v after %+v", again, code)
			} else {
				code = again
			}
		}
		p.command(p.in, "receive", wrong(code.Code)).Run()
		if end := next("error"); end.Exit != exitWrongCode || end.Cause != "guessed" {
			t.Errorf("%+v", end)
		}
		cmd.Wait()
	})
}

// Fails if a code that may be mistyped goes out before somebody stands by it: the one
// guess would be spent, and the sender gone.
func TestNothingGoesOutUnasked(t *testing.T) {
	overThePhone(t, func(t *testing.T, p *phone) {
		s := p.send("--code", "8-galveston-goldfish", "file")
		shown(s, withCommand, 1)
		r := p.receive()
		codes := 0
		for _, c := range []struct{ typed, asks string }{
			{"8-ohio", "The code looks mistyped (it has one word, and most have two or more)"},
			{"8-foobar-xyzzy", `The code looks mistyped (not a list word: "foobar")`},
			{"8-gold-fish-galvest", "The code looks mistyped (not a list word"},
			{"8-galvestan-goldfish", "Did you mean 8-galveston-goldfish?"},
		} {
			codes++
			r.Await("Code:", codes)
			r.Type(c.typed + "\r")
			r.Until("asks about "+c.typed, func() bool { return strings.Contains(strings.Join(strings.Fields(r.All()), " "), c.asks) })
			r.Until("waits for an answer", func() bool { return strings.HasSuffix(r.All(), ")") })
			r.Type("n\r")
		}
		r.Await("Code:", codes+1)
		r.Type("8-galvestongoldfish\r")
		r.Until("asks", func() bool { return strings.HasSuffix(r.All(), "(Y/n)") })
		r.Type("\r")
		r.Until("offers", func() bool { return strings.Contains(r.All(), "file (7 bytes)") })
		r.Type("y\r")
		p.arrived(s, r)
	})
}

// Fails if the words that somebody chose, with a warning, can't be typed.
func TestOwnWords(t *testing.T) {
	overThePhone(t, func(t *testing.T, p *phone) {
		s := p.send("--code", "8-foobar-xyzzy", "file")
		s.Await("This code isn't made of a number and listed words")
		shown(s, withCommand, 1)
		r := p.receive("8-foobar-xyzzy")
		r.Until("asks", func() bool { return strings.HasSuffix(r.All(), "(yes/no)") })
		r.Type("yes\r")
		r.Until("offers", func() bool { return strings.Contains(r.All(), "file (7 bytes)") })
		r.Type("y\r")
		p.arrived(s, r)
	})
}

// Fails if what is copied from a sender's screen can't be pasted at the prompt, be it
// over two lines, or leads to a server that nobody agreed to.
func TestPastedAtThePrompt(t *testing.T) {
	const begin, end = pasteBegin, pasteEnd
	for name, text := range map[string]string{
		"command":               "sesame receive 8-galveston-goldfish\r",
		"command, flags":        begin + "$ sesame receive 8-galveston-goldfish --server SERVER" + end + "\r",
		"broken after a dash":   begin + "sesame receive 8-galveston-\r\n    goldfish\r" + end + "\r",
		"broken, no marks":      "  wormhole receive 8-galveston-\rgoldfish\r",
		"broken before a code":  begin + "'wormhole receive\n8-galveston-goldfish'" + end + "\r",
		"URI":                   begin + "wormhole-transfer:8-galveston-goldfish?role=leader" + end + "\r",
		"slashes":               "8/galveston/goldfish\r",
		"another server, not":   begin + "sesame receive 8-galveston-goldfish --server ws://127.0.0.1:1/v1" + end + "\r",
		"broken within a word":  begin + "sesame receive 8-galves\rton-goldfish" + end + "\r",
		"URI of another server": begin + "wormhole-transfer:8-galveston-goldfish?rendezvous=ws%3A%2F%2F127.0.0.1%3A1%2Fv1" + end + "\r",
	} {
		t.Run(name, func(t *testing.T) {
			overThePhone(t, func(t *testing.T, p *phone) {
				s := p.send("--code", "8-galveston-goldfish", "file")
				shown(s, withCommand, 1)
				r := p.receive()
				r.Await("Code:")
				r.Type(strings.ReplaceAll(text, "SERVER", p.server))
				switch {
				case strings.Contains(name, "server"):
					r.Await("That code is for another server, ws://127.0.0.1:1/v1. Go there? (Y/n)")
					r.Type("n\r")
					r.Await("Code:", 2)
					r.Type("8-galveston-goldfish\r")
				case name == "broken within a word":
					r.Await("Did you mean")
					r.Until("asks", func() bool { return strings.HasSuffix(r.All(), "(Y/n)") })
					r.Type("y\r")
				}
				r.Until("offers", func() bool { return strings.Contains(r.All(), "file (7 bytes)") })
				r.Type("y\r")
				p.arrived(s, r)
			})
		})
	}
}

// Fails if two who do the same don't both learn it at once, in words.
func TestSameRole(t *testing.T) {
	overThePhone(t, func(t *testing.T, p *phone) {
		for verb, says := range map[string]string{
			"send":    "both of you are sending, so nobody receives",
			"receive": "both of you are receiving, so nobody sends",
		} {
			start := func() *tty.Terminal {
				if verb == "send" {
					return p.send("--code", "8-galveston-goldfish", "file")
				}
				return p.receive("9-galveston-goldfish")
			}
			a := start()
			a.Await("Waiting for")
			begun := time.Now()
			b := start()
			for _, x := range []*tty.Terminal{a, b} {
				x.Await(says)
				x.Await("one of the two sends and the other one receives")
				if got := x.Wait(); got != exitUsage {
					t.Errorf("%s ends with %d", verb, got)
				}
			}
			t.Logf("both know after %v", time.Since(begun))
		}
	})
}
