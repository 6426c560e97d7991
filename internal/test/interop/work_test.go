//go:build linux

package interop

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"sesame/internal/test/lab"
	"sesame/relay/stamp"
)

// Fails if a server that has newcomers work for it shuts sesame out, or serves a program
// that knows of no such work, or doesn't tell that why; or if it has somebody work from where
// two have met. All programs here have one address.
func TestNewcomersWork(t *testing.T) {
	need(t, "wormhole", "magic-wormhole")
	t.Parallel()
	relay, line := lab.FirstLine(t, "sesame-relay", exec.Command(programs.relay, "--listen", ourAddress+":0", "--no-stun", "--state", "none", "--level", "2"))
	t.Cleanup(func() {
		relay.Signal(syscall.SIGTERM)
		relay.Exit(t, patience)
	})
	url := printedURL.FindString(line)
	_, host, _ := strings.Cut(strings.TrimSuffix(url, "/v1"), "://")
	c := cell{servers: servers{name: "our server", ours: true, address: ourAddress, mailbox: url, transit: host}, relayOnly: true}
	sesame, python, what := clients[0], clients[1], contents(t)[1]

	turned := run(t, python, c, t.TempDir(), python.send(c, what))
	if err := turned.wait(); err == nil || !strings.Contains(turned.err.String(), "hashcash") {
		t.Errorf("a program that knows of no work: %v\n%v", err, turned)
	}
	cross(t, c, sesame, sesame, what)
	cross(t, c, python, python, what)
}

// Fails if another program, at any level of defence, neither works nor ends with the server's
// words: if it hangs, above all.
func TestEveryProgramAtEachLevel(t *testing.T) {
	for _, cl := range clients[1:] {
		need(t, cl.program, cl.pkg)
	}
	t.Parallel()
	what := contents(t)[0]
	for level, works := range []bool{true, true, false, false} {
		for _, cl := range clients {
			if cl.name == "sesame" && level == 3 {
				continue // as at 2, and a busy machine works for a minute
			}
			t.Run(fmt.Sprint(cl.name, " at ", level), func(t *testing.T) {
				t.Parallel()
				relay, line := lab.FirstLine(t, "sesame-relay", exec.Command(programs.relay, "--listen", ourAddress+":0", "--no-stun", "--state", "none", "--level", fmt.Sprint(level)))
				t.Cleanup(func() {
					relay.Signal(syscall.SIGTERM)
					relay.Exit(t, patience)
				})
				c := cell{servers: servers{name: "our server", ours: true, address: ourAddress, mailbox: printedURL.FindString(line)}}
				if works || cl.name == "sesame" {
					cross(t, c, cl, cl, what)
					return
				}
				for _, args := range [][]string{cl.send(c, what), cl.receive(c, "4-purple-sausages")} {
					p := run(t, cl, c, t.TempDir(), args)
					if err := p.wait(); err == nil || p.cmd.ProcessState.ExitCode() <= 0 || !strings.Contains(p.out.String()+p.err.String(), "hashcash") {
						t.Errorf("%v\n%v", err, p)
					}
				}
			})
		}
	}
}

// Fails if a stamp of ours isn't one to a program that was written after the specification
// alone, or the other way round: sesame-relay takes what Python makes, and refuses what it
// makes for other bits.
func TestStampsOfAnother(t *testing.T) {
	need(t, "python3", "python3")
	t.Parallel()
	script := filepath.Join("testdata", "hashcash.py")
	python := func(args ...string) (string, error) {
		b, err := exec.Command("python3", append([]string{script}, args...)...).CombinedOutput()
		return strings.TrimSpace(string(b)), err
	}
	demand := stamp.New(16, "relay.example.org", time.Now())
	made, err := python("mint", "16", demand.Resource)
	if err != nil || demand.Check(made) != nil {
		t.Errorf("made by Python: %q, %v, %v", made, err, demand.Check(made))
	}
	weak, err := python("mint", "8", demand.Resource)
	if err != nil || demand.Check(weak) == nil {
		t.Errorf("of 8 bits instead of 16: %q, %v", weak, err)
	}
	ours := stampOf(t, 16, "relay.example.org/random/2026010100")
	if said, err := python("check", "16", "relay.example.org/random/2026010100", ours); err != nil {
		t.Errorf("Python doesn't take %q: %s", ours, said)
	}
	if said, err := python("check", "16", "relay.example.org/other/2026010100", ours); err == nil {
		t.Errorf("Python takes %q for something else: %s", ours, said)
	}
}

// stampOf returns the stamp with which sesame answers a server that asks for it.
func stampOf(t *testing.T, bits int, resource string) string {
	t.Helper()
	stamps := make(chan string, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		wsjson.Write(r.Context(), conn, map[string]any{"type": "welcome", "welcome": map[string]any{
			"permission-required": map[string]any{"hashcash": map[string]any{"bits": bits, "resource": resource}}}})
		for {
			var m struct{ Type, Stamp string }
			if wsjson.Read(r.Context(), conn, &m) != nil {
				return
			}
			if m.Type == "submit-permissions" {
				stamps <- m.Stamp
				return
			}
		}
	}))
	defer srv.Close()
	p := exec.Command(programs.sesame, "send", "--server", "ws"+strings.TrimPrefix(srv.URL, "http")+"/v1", "--text", "hello")
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { p.Process.Kill(); p.Wait() }()
	select {
	case s := <-stamps:
		return s
	case <-time.After(patience):
		t.Fatal("no stamp")
		return ""
	}
}
