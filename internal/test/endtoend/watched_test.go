//go:build linux

package endtoend

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sesame/internal/test/lab"
)

// A watched relay runs on a host of its own, on whose wire all connections are counted that it
// begins, and under strace, which notes whom it connects to and what it reads to look up names. Its
// state is on a disk of its own.
type watched struct {
	w     *world
	host  *lab.Host
	trace string
	state string // directory
	image string // of the disk
}

// counted is in the rules of the relay's host: what it begins. Answers to who asked its STUN from
// another port begin something, too, for the kernel.
const counted = `table inet watch {
	counter begun { }
	chain out {
		type filter hook output priority 0
		oifname "eth0" tcp flags & (syn | ack) == syn counter name begun
		oifname "eth0" meta l4proto udp ct state new ip daddr != { %s, %s, %s } counter name begun
	}
}
`

// seenMOTD is what operators say to all: it has to be found where something is searched for.
const seenMOTD = "planted-for-all-to-see"

// watch starts the world's relay anew.
func (w *world) watch() *watched {
	w.t.Helper()
	if err := exec.Command("strace", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "true").Run(); err != nil {
		w.t.Skip("strace can't watch here: ", err)
	}
	w.relay.Kill()
	r := &watched{w: w, host: lab.NewHost(w.t), trace: filepath.Join(w.dir, "trace")}
	r.state, r.image = lab.Platter(w.t, 32<<20)
	r.host.Rules(w.t, fmt.Sprintf(counted, w.sender.Address, w.receiver.Address, lab.Center))
	cmd := r.host.Command("strace", "-D", "-f", "-qq", "--seccomp-bpf", "-s", "200", "-o", r.trace, "-e", "trace=connect,openat,execve",
		w.programs.relay, "--listen", r.host.Address+":0", "--verbose", "--motd", seenMOTD, "--state", r.state)
	var line string
	w.relay, line = lab.FirstLine(w.t, "sesame-relay", cmd)
	m := printedAddress.FindStringSubmatch(line)
	if m == nil {
		w.t.Fatalf("sesame-relay printed %q, which names no server", line)
	}
	w.url, w.address = m[0], m[1]
	return r
}

// begun returns how many connections the relay's host has begun.
func (r *watched) begun() int {
	r.w.t.Helper()
	out, err := r.host.Command("nft", "list", "counter", "inet", "watch", "begun").CombinedOutput()
	m := regexp.MustCompile(`packets (\d+)`).FindSubmatch(out)
	if err != nil || m == nil {
		r.w.t.Fatalf("%v: %s", err, out)
	}
	n, _ := strconv.Atoi(string(m[1]))
	return n
}

var (
	connects = regexp.MustCompile(`(?m)^.*\bconnect\(.*$`)
	lookUps  = regexp.MustCompile(`(?m)^.*"/etc/(resolv\.conf|hosts|nsswitch\.conf|gai\.conf)".*$`)
)

// dialled returns the calls by which the relay has connected to somebody, or looked up a name.
func (r *watched) dialled() (calls []string) {
	r.w.t.Helper()
	text, err := os.ReadFile(r.trace)
	if err != nil {
		r.w.t.Fatal(err)
	}
	if !bytes.Contains(text, []byte("execve(")) {
		r.w.t.Fatal("strace has seen nothing")
	}
	for _, re := range []*regexp.Regexp{connects, lookUps} {
		for _, call := range re.FindAll(text, -1) {
			calls = append(calls, string(call))
		}
	}
	return calls
}

// memory returns all that is in the relay's memory.
func (r *watched) memory() []byte {
	r.w.t.Helper()
	pid := r.w.relay.PID() // with -D strace is nobody's parent
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		r.w.t.Fatal(err)
	}
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		r.w.t.Fatal(err)
	}
	defer mem.Close()
	var all []byte
	for line := range strings.Lines(string(maps)) {
		var from, to int64
		var mode string
		if _, err := fmt.Sscanf(line, "%x-%x %s", &from, &to, &mode); err != nil || mode[0] != 'r' || strings.Contains(line, "[vv") {
			continue
		}
		all = appendUsed(all, io.NewSectionReader(mem, from, to-from))
	}
	return all
}

// appendUsed appends what can be read, but for pages that are empty: most are.
func appendUsed(to []byte, from io.Reader) []byte {
	empty, b := make([]byte, 4096), make([]byte, 1<<20)
	for {
		n, err := io.ReadFull(from, b)
		for page := range slices.Chunk(b[:n], len(empty)) {
			if !bytes.Equal(page, empty[:len(page)]) {
				to = append(to, page...)
			}
		}
		if err != nil {
			return to
		}
	}
}

// disk returns the disk of the relay's state, with all that was ever deleted there.
func (r *watched) disk() []byte {
	r.w.t.Helper()
	d, err := os.Open(r.state)
	if err != nil {
		r.w.t.Fatal(err)
	}
	defer d.Close()
	if err := unix.Syncfs(int(d.Fd())); err != nil {
		r.w.t.Fatal(err)
	}
	image, err := os.Open(r.image)
	if err != nil {
		r.w.t.Fatal(err)
	}
	defer image.Close()
	return appendUsed(nil, image)
}

// holds says in which disguises something is in data.
func holds(data []byte, canary string) (as []string) {
	for name, form := range disguises(canary) {
		if bytes.Contains(data, form) {
			as = append(as, name)
		}
	}
	slices.Sort(as)
	return as
}

// A trap is where nobody ought to connect to.
type trap struct {
	net.Listener
	caught atomic.Int64
}

func setTrap(t *testing.T) *trap {
	t.Helper()
	l, err := net.Listen("tcp", lab.Center+":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	p := &trap{Listener: l}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.caught.Add(1)
			c.Close()
		}
	}()
	return p
}

// tempt says to the relay, in all ways that there are, that it should connect somewhere.
func (r *watched) tempt(to string) {
	t := r.w.t
	t.Helper()
	hint := fmt.Sprintf(`{"type":"direct-tcp-v1","hostname":%q,"port":%s,"priority":1.0}`, lab.Center, to[strings.LastIndex(to, ":")+1:])
	frames := func(all ...string) string {
		s := "GET /v1 HTTP/1.1\r\nHost: " + to + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
		for _, f := range all {
			s += string(webSocket([]byte(f))[len(upgraded):])
		}
		return s
	}
	for _, text := range []string{
		"CONNECT " + to + " HTTP/1.1\r\nHost: " + to + "\r\n\r\n",
		"GET http://" + to + "/ HTTP/1.1\r\nHost: " + to + "\r\nX-Forwarded-For: " + lab.Center + "\r\nX-Forwarded-Host: " + to + "\r\nReferer: http://" + to + "/\r\n\r\n",
		"GET /v1?url=http://" + to + "/ HTTP/1.1\r\nHost: trap.example.net\r\nOrigin: http://trap.example.net\r\nForwarded: for=" + to + ";host=" + to + "\r\n\r\n",
		"PROXY TCP4 " + lab.Center + " " + lab.Center + " 1 " + to[strings.LastIndex(to, ":")+1:] + "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"please relay " + hex.EncodeToString([]byte(to)) + strings.Repeat("0", 64-2*len(to)) + " for side 0123456789abcdef\n" + hint,
		"please relay " + to + "\n",
		frames(`{"type":"bind","appid":"http://`+to+`/","side":"`+to+`","client_version":["http://`+to+`/","1"]}`,
			`{"type":"claim","nameplate":"77"}`, `{"type":"open","mailbox":"http://`+to+`/"}`,
			`{"type":"add","phase":"0","body":"`+hex.EncodeToString([]byte(hint))+`"}`,
			`{"type":"submit-permissions","method":"token","token":"http://`+to+`/"}`, `{"type":"ping","ping":"`+to+`"}`),
	} {
		c, err := net.Dial("tcp", r.w.address)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, text)
		c.(*net.TCPConn).CloseWrite()
		c.SetReadDeadline(time.Now().Add(patience))
		if _, err := io.Copy(io.Discard, c); os.IsTimeout(err) {
			t.Errorf("%.40q keeps the connection open", text)
		}
		c.Close()
	}
}

// Fails if a relay connects to anybody or looks up a name by itself, or because of what clients
// send through it and say to it.
func TestRelayDialsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.watch()
	trap := setTrap(t)
	writeText(t, filepath.Join(w.out, canaryName), "content", 0o644)
	for _, flags := range [][]string{{"--relay-only"}, {"--classic", "--relay-only"}, nil} {
		sender, receiver := w.pair(append(slices.Clone(flags), canaryName), append(slices.Clone(flags), "--on-conflict", "overwrite"))
		w.finish(sender, receiver, 0, 0)
	}
	r.tempt(trap.Addr().String())
	if calls := r.dialled(); len(calls) > 0 {
		t.Errorf("it has called\n%s", strings.Join(calls, "\n"))
	}
	if n := r.begun(); n > 0 {
		t.Errorf("its host has begun %d connections", n)
	}
	if n := trap.caught.Load(); n > 0 {
		t.Errorf("somebody has connected %d times to where nobody should", n)
	}

	// What would be counted is counted: others on its host do connect.
	r.host.Do(func() error {
		c, err := net.Dial("tcp", trap.Addr().String())
		if err == nil {
			c.Close()
		}
		return err
	})
	until(t, patience, "a connection is counted", func() bool { return r.begun() > 0 && trap.caught.Load() > 0 })
	probe := filepath.Join(w.dir, "probe")
	cmd := r.host.Command("strace", "-f", "-qq", "-o", probe, "-e", "trace=connect,openat,execve", w.programs.sesame, "receive", "--server", "ws://nobody.invalid:1/v1", "--yes", "1-galveston-goldfish")
	cmd.Run() // in vain
	r.trace = probe
	if len(r.dialled()) == 0 {
		t.Error("strace doesn't see that a program looks up a name")
	}
}

// T-SRV-4. Fails if content, a name or the words of a code get into a relay's memory, its log, or onto the
// disk of its state, as they are or in the usual disguises, while they pass through it and afterwards; or
// an address onto the disk.
func TestRelayHoldsNothingReadable(t *testing.T) {
	for _, test := range []struct {
		name  string
		flags []string
	}{
		{"native", nil},
		{"classic", []string{"--classic"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := worldOf(t, released)
			r := w.watch()
			writeText(t, filepath.Join(w.out, canaryName), strings.Repeat(canaryContent+"\n", 100_000), 0o644)
			code := fmt.Sprintf("%d-%s-%s", 1000+nameplates.Add(1), canaryWord, canaryWord2)
			flags := append(slices.Clone(test.flags), "--relay-only")
			sender := w.start(w.sending(code, append(slices.Clone(flags), "--no-compress", "--limit", "1M", canaryName)...))
			receiver := w.start(w.receiving(code, append(flags, "--code-raw")...))
			until(t, patience, "some of it is there", func() bool { return staged(w.in) > 100_000 })
			memory := r.memory()
			if len(holds(memory, seenMOTD)) == 0 {
				t.Fatal("what is in the relay's memory isn't found: the search is broken")
			}
			w.finish(sender, receiver, 0, 0)
			w.crossText(test.flags)
			searched := map[string][]byte{"in memory meanwhile": memory, "in memory afterwards": r.memory(), "on the disk": r.disk(),
				"in the log": []byte(w.relay.Out.String() + w.relay.Err.String())}
			if len(holds(searched["on the disk"], "wormhole/text-or-file-xfer")) == 0 {
				t.Fatal("the application that clients name isn't found on the disk: the search is broken")
			}
			for where, data := range searched {
				t.Logf("%d bytes %s", len(data), where)
				for _, canary := range []string{canaryName, canaryContent, canaryWord, canaryWord2, canaryText} {
					for _, as := range holds(data, canary) {
						t.Errorf("%q is %s, as %s", canary, where, as)
					}
				}
			}
			for _, where := range []string{"on the disk", "in the log"} {
				for _, address := range []string{w.sender.Address, w.receiver.Address} {
					for _, as := range holds(searched[where], address) {
						t.Errorf("%s is %s, as %s", address, where, as)
					}
				}
			}
		})
	}
}

// crossText sends a text.
func (w *world) crossText(flags []string) {
	w.t.Helper()
	code := fmt.Sprintf("%d-%s-%s", 1000+nameplates.Add(1), canaryWord, canaryWord2)
	sender := w.start(w.sending(code, append(slices.Clone(flags), "--text", canaryText)...))
	receiver := w.start(w.receiving(code, append(slices.Clone(flags), "--code-raw")...))
	w.finish(sender, receiver, 0, 0)
}
