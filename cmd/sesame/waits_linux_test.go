package main

import (
	"encoding/json"
	"io"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sesame/client"
	"sesame/internal/test/tty"
)

// A line leads to a server, and can be made to carry nothing.
type line struct {
	url string

	mu   sync.Mutex
	open chan struct{} // closed while it carries something
}

// through makes a line to the desk's server, which both people use from now on.
func (d *desk) through() *line {
	d.t.Helper()
	to := strings.TrimSuffix(strings.TrimPrefix(d.server, "ws://"), "/v1")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { l.Close() })
	x := &line{url: "ws://" + l.Addr().String() + "/v1", open: make(chan struct{})}
	close(x.open)
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			go x.join(near, to)
		}
	}()
	d.server = x.url
	return x
}

func (x *line) join(near net.Conn, to string) {
	defer near.Close()
	x.carries()
	far, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer far.Close()
	go func() {
		x.copy(far, near)
		far.Close()
	}()
	x.copy(near, far)
}

func (x *line) copy(to io.Writer, from io.Reader) {
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		x.carries()
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
		if err != nil {
			return
		}
	}
}

// carries waits until the line carries something.
func (x *line) carries() {
	x.mu.Lock()
	open := x.open
	x.mu.Unlock()
	<-open
}

// cut makes it carry nothing, without a word, until mend is called.
func (x *line) cut() (mend func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	open := make(chan struct{})
	x.open = open
	return sync.OnceFunc(func() { close(open) })
}

// Fails if a wrong number, a sender that nobody has come to, and a person who is being
// asked look alike; or if who waits at another server than the sender isn't told which
// one it is, or the line to give to the other person can't be copied as it is.
func TestWaitsAreToldApart(t *testing.T) {
	for name, protocol := range protocols() {
		t.Run(name, func(t *testing.T) {
			d, elsewhere := newDesk(t, protocol...), newDesk(t, protocol...)
			d.write(d.out, "file", "new")
			give := "\n    sesame receive 7-crossover-clockwork --server " + d.server + "\r\n"
			narrow := tty.Start(t, 40, 24, d.command(d.out, "sesame", append(append([]string{"send"}, protocol...), "--code", "7-crossover-clockwork", "file")...))
			narrow.Await("Waiting for the other computer")
			if !strings.Contains(narrow.Raw(), give) {
				t.Errorf("there is no line %q to copy", give)
			}
			narrow.Type("\x03")
			ends(t, narrow, 130)
			s := d.send("--code", "7-crossover-clockwork", "file")
			s.Await(": nobody has used this code yet")
			host := strings.TrimSuffix(strings.TrimPrefix(d.server, "ws://"), "/v1")
			wrong := d.receive("8-crossover-clockwork")
			wrong.Await("nobody is at number 8 on " + host)
			wrong.Await("If that lasts, compare both with what the sender's screen shows.")
			wrong.Type("\x03")
			ends(t, wrong, 130)
			astray := elsewhere.receive("7-crossover-clockwork")
			astray.Await("nobody is at number 7 on " + strings.TrimSuffix(strings.TrimPrefix(elsewhere.server, "ws://"), "/v1"))
			astray.Type("\x03")
			ends(t, astray, 130)

			r := d.receive("7-crossover-clockwork")
			r.Await("(Y/n)")
			s.Await("Waiting for the other person's answer")
			s.Await(" s: the question is on their screen")
			if strings.Contains(r.All(), "nobody is") {
				t.Error("who has come to a sender is told that nobody is there")
			}
			r.Type("y\n")
			ends(t, r, exitOK)
			ends(t, s, exitOK)
			if now := s.Screen(); strings.Contains(now, "their screen") {
				t.Error("the question is said to be open in the end")
			}
		})
	}
}

// Fails if a server that falls silent while both wait isn't mentioned on either screen
// within ten seconds, give or take what a busy computer needs, or if it is still when
// the server is there again.
func TestSilentServerIsTold(t *testing.T) {
	d := newDesk(t)
	at := d.through()
	d.write(d.out, "file", "new")
	s := d.send("--code", "7-crossover-clockwork", "file")
	r := d.receive("8-crossover-clockwork")
	s.Await("nobody has used this code yet")
	r.Await("nobody is at number 8")
	mend := at.cut()
	defer mend()
	cut := time.Now()
	late := d.receive("7-crossover-clockwork")
	for _, x := range []*tty.Terminal{s, r, late} {
		x.Await("Waiting for the server " + strings.TrimSuffix(strings.TrimPrefix(at.url, "ws://"), "/v1"))
		x.Await("it doesn't answer; still trying")
	}
	if took := time.Since(cut); took > 10*time.Second+2*time.Second {
		t.Errorf("it took %v until all three heard that the server is silent", took)
	}
	mend()
	s.Until("waits for somebody again", func() bool {
		return strings.Contains(s.Screen(), "(Y/n)") || strings.Contains(s.Screen(), "their screen")
	})
	late.Await("(Y/n)")
	late.Type("y\n")
	ends(t, late, exitOK)
	ends(t, s, exitOK)
	r.Type("\x03")
	ends(t, r, 130)
}

// Fails if programs aren't told what is waited for, since when and what is known.
func TestWaitsAsEvents(t *testing.T) {
	for name, protocol := range protocols() {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, protocol...)
			d.write(d.out, "file", "new")
			told := func(x *tty.Terminal) (causes []string) {
				for l := range strings.Lines(x.Raw()) {
					var e struct{ Event, For, Known, Cause, Since string }
					if json.Unmarshal([]byte(l), &e) != nil || e.Event != "waiting" {
						continue
					}
					since, err := time.Parse(time.RFC3339, e.Since)
					if ago := time.Since(since); err != nil || ago < 0 || ago > time.Hour || e.For == "" {
						t.Errorf("%s: %v, %v ago", l, err, ago)
					}
					causes = append(causes, e.Cause)
				}
				return causes
			}
			r := d.receive("--json", "7-crossover-clockwork")
			r.Await(`"cause":"wait-nobody"`)
			s := d.send("--json", "--code", "7-crossover-clockwork", "file")
			r.Await(`"event":"question"`)
			s.Await(`"cause":"wait-decision"`)
			r.Type("y\n")
			ends(t, r, exitOK)
			ends(t, s, exitOK)
			for _, want := range []client.Code{client.WaitServer, client.WaitPeer, client.WaitDecision} {
				if got := told(s); !slices.Contains(got, string(want)) {
					t.Errorf("the sender never told %s: %q", want, got)
				}
			}
			for _, want := range []client.Code{client.WaitServer, client.WaitSender, client.WaitNobody, client.WaitOffer} {
				if got := told(r); !slices.Contains(got, string(want)) {
					t.Errorf("the receiver never told %s: %q", want, got)
				}
			}
		})
	}
}

// Fails if a log is told of a wait that is over at once, isn't told of one that lasts, or
// more often than each half minute while nothing changes.
func TestWaitsInALog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := newTranscript()
		f := newFront(quiet(out))
		begun := func(code client.Code, args ...any) client.Waiting {
			w := client.Waiting{For: code, Args: args, Since: time.Now()}
			f.tell(w)
			return w
		}
		over := func(w client.Waiting) {
			w.Over = true
			f.tell(w)
		}
		over(begun(client.WaitServer, "x"))
		w := begun(client.WaitPeer)
		time.Sleep(70 * time.Second)
		away := begun(client.WaitLost, "x.example")
		time.Sleep(10 * time.Second)
		over(away)
		time.Sleep(10 * time.Second)
		over(w)
		time.Sleep(time.Hour)
		want := regexp.MustCompile(`^Waiting for the other computer, [34] s: nobody has used this code yet
Waiting for the other computer, 3[345] s: nobody has used this code yet
Waiting for the other computer, 1:0[3456] min: nobody has used this code yet
Waiting for the server x.example, [345] s: the connection is gone; trying again
Waiting for the other computer, 1:2[3456] min: nobody has used this code yet
$`)
		if got := out.String(); !want.MatchString(got) {
			t.Errorf("the log has:\n%s", got)
		}
	})
}

// Fails if the line for the other person names a server that everybody uses anyway.
func TestUsualServerIsNotNamed(t *testing.T) {
	out := newTranscript()
	ui := quiet(out)
	(&sendOptions{}).announce(ui, &load{}, client.CodeMade{Code: "7-crossover-clockwork"})
	if text := out.String(); strings.Contains(text, "--server") || !strings.Contains(text, "\n    sesame receive 7-crossover-clockwork\n") {
		t.Errorf("%q", text)
	}
}
