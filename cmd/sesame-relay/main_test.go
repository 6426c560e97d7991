package main

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sesame/cmd/sesame-relay/settings"
	"sesame/internal/stun"
)

// The test binary is the program when it is told so.
func TestMain(m *testing.M) {
	if os.Getenv("BE_SESAME_RELAY") != "" {
		main()
	}
	os.Exit(m.Run())
}

// patience bounds every wait for something that should happen soon.
const patience = 60 * time.Second

// A program is a running sesame-relay.
type program struct {
	t      *testing.T
	cmd    *exec.Cmd
	line   string // its first line
	stdout *bufio.Reader
	mu     sync.Mutex
	stderr bytes.Buffer
}

func (p *program) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stderr.Write(b)
}

// start runs the program and waits for its line.
func start(t *testing.T, args ...string) *program {
	t.Helper()
	return launch(t, command(t, args...))
}

// launch runs cmd, which is the program, and waits for its line.
func launch(t *testing.T, cmd *exec.Cmd) *program {
	t.Helper()
	p := &program{t: t, cmd: cmd}
	p.cmd.Stderr = p
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// What reads its output comes to an end, too, when it has been killed.
	overdue := time.AfterFunc(patience, func() { p.cmd.Process.Kill() })
	t.Cleanup(func() { overdue.Stop(); p.cmd.Process.Kill() })
	p.stdout = bufio.NewReader(out)
	if p.line, err = p.stdout.ReadString('\n'); err != nil {
		p.cmd.Wait()
		t.Fatalf("no line: %v\n%s", err, p.stderr.String())
	}
	if !overdue.Stop() {
		t.Fatalf("no line within %v", patience)
	}
	return p
}

func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), "BE_SESAME_RELAY=1", "SESAME_RELAY_STATE=none")
	return cmd
}

// stop sends the signals and returns what the program wrote after its line,
// its log, and its exit code. It must end soon.
func (p *program) stop(signals ...os.Signal) (stdout, stderr string, code int) {
	p.t.Helper()
	for _, s := range signals {
		p.cmd.Process.Signal(s)
	}
	overdue := time.AfterFunc(patience, func() { p.cmd.Process.Kill() })
	rest, _ := io.ReadAll(p.stdout)
	p.cmd.Wait()
	if !overdue.Stop() {
		p.t.Errorf("it doesn't end within %v", patience)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return string(rest), p.stderr.String(), p.cmd.ProcessState.ExitCode()
}

var serverLine = regexp.MustCompile(`^export SESAME_SERVER=ws://(\S+:[1-9][0-9]*)/v1\n$`)

func TestServes(t *testing.T) {
	p := start(t, "--listen", "127.0.0.1:0")
	m := serverLine.FindStringSubmatch(p.line)
	if m == nil || !strings.HasPrefix(m[1], "127.0.0.1:") {
		t.Fatalf("the line is %q", p.line)
	}
	client := http.Client{Timeout: patience}
	resp, err := client.Get("http://" + m[1] + "/")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	client.CloseIdleConnections()
	stdout, stderr, code := p.stop(syscall.SIGTERM)
	if stdout != "" || code != 0 || !strings.Contains(stderr, "stopped") {
		t.Errorf("stdout %q, exit code %d, log:\n%s", stdout, code, stderr)
	}
}

func TestWildcardLineIsUseful(t *testing.T) {
	p := start(t, "--listen", ":0", "--quiet")
	m := serverLine.FindStringSubmatch(p.line)
	if m == nil || strings.HasPrefix(m[1], "[::]") || strings.HasPrefix(m[1], "0.0.0.0") {
		t.Errorf("the line is %q", p.line)
	}
	if _, stderr, code := p.stop(os.Interrupt); code != 0 || stderr != "" {
		t.Errorf("exit code %d, log %q", code, stderr)
	}
}

// The line names a host as it stands in a URL.
func TestReachable(t *testing.T) {
	for in, want := range map[string]string{
		"127.0.0.1:4000":          "127.0.0.1:4000",
		"[::1]:4000":              "[::1]:4000",
		"[2001:db8::7]:80":        "[2001:db8::7]:80",
		"[::ffff:192.0.2.7]:4000": "192.0.2.7:4000",
		"[fe80::1%eth0]:4000":     "[fe80::1%25eth0]:4000",
	} {
		if got := reachable(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(in))); got != want {
			t.Errorf("reachable(%s) = %s, want %s", in, got, want)
		}
	}
	host, _, _ := net.SplitHostPort(reachable(&net.TCPAddr{IP: net.IPv4zero, Port: 1}))
	if ip := net.ParseIP(host); ip != nil && ip.To4() == nil {
		t.Errorf("a listener for IPv4 only would be looked for at %s", host)
	}
}

var stunLine = regexp.MustCompile(`msg="answering STUN" "UDP ports"="\[([0-9]+) ([0-9]+)\]"`)

// Fails when STUN isn't where it is looked for: on the port of the mailboxes,
// unless the command line says otherwise.
func TestSTUNPorts(t *testing.T) {
	p := start(t, "--listen", "127.0.0.1:0")
	_, port, _ := net.SplitHostPort(serverLine.FindStringSubmatch(p.line)[1])
	var m []string
	for begin := time.Now(); m == nil; time.Sleep(time.Millisecond) { // until what another process wrote is here
		p.mu.Lock()
		m = stunLine.FindStringSubmatch(p.stderr.String())
		p.mu.Unlock()
		if time.Since(begin) > patience {
			t.Fatal("the log doesn't tell two ports")
		}
	}
	if m[1] != port {
		t.Logf("UDP port %s was taken", port) // by any program
	}
	for _, port := range m[1:] {
		c, err := net.Dial("udp", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(20 * time.Second))
		c.Write(stun.Append(stun.New(stun.BindingRequest, stun.NewID()), stun.Padding, make([]byte, 104)))
		b := make([]byte, 1500)
		n, err := c.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		resp, _ := stun.Parse(b[:n])
		if mapped, _ := resp.Mapped(); mapped.String() != c.LocalAddr().String() {
			t.Errorf("port %s sees %s as %s", port, c.LocalAddr(), mapped)
		}
	}
	p.stop(os.Interrupt)
	p = start(t, "--listen", "127.0.0.1:0", "--no-stun")
	if _, log, _ := p.stop(os.Interrupt); strings.Contains(log, "STUN") {
		t.Errorf("--no-stun:\n%s", log)
	}
}

// A UDP port that is taken doesn't keep the relay from running.
func TestSTUNPortTaken(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	p := start(t, "--listen", "127.0.0.1:0", "--stun-listen", c.LocalAddr().String())
	a, b := pipe(t, serverLine.FindStringSubmatch(p.line)[1])
	a.Close()
	b.Close()
	if _, log, code := p.stop(os.Interrupt); code != 0 || !strings.Contains(log, "no STUN") {
		t.Errorf("exit code %d, log:\n%s", code, log)
	}
}

// A time to drain that is over cuts what still runs.
func TestDrainIsOver(t *testing.T) {
	p := start(t, "--listen", "127.0.0.1:0", "--drain", "50ms")
	a, b := pipe(t, serverLine.FindStringSubmatch(p.line)[1])
	defer a.Close()
	defer b.Close()
	if _, stderr, code := p.stop(syscall.SIGTERM); code != 0 || !strings.Contains(stderr, "cut running transfers") {
		t.Errorf("exit code %d, log:\n%s", code, stderr)
	}
}

// pipe returns two clients that are connected through the relay.
func pipe(t *testing.T, addr string) (a, b net.Conn) {
	t.Helper()
	a, b, err := tryPipe(addr)
	if err != nil {
		t.Fatal(err)
	}
	return a, b
}

func tryPipe(addr string) (a, b net.Conn, err error) {
	var ends [2]net.Conn
	for i := range ends {
		if ends[i], err = net.Dial("tcp", addr); err != nil {
			return nil, nil, err
		}
		ends[i].SetDeadline(time.Now().Add(20 * time.Second))
		io.WriteString(ends[i], "please relay "+strings.Repeat("a", 64)+"\n")
	}
	joined := make(chan error, len(ends))
	for _, c := range ends {
		go func() {
			_, err := io.ReadFull(c, make([]byte, 3))
			joined <- err
		}()
	}
	for range ends {
		if err := <-joined; err != nil {
			ends[0].Close()
			ends[1].Close()
			return nil, nil, err
		}
	}
	return ends[0], ends[1], nil
}

// A running pair keeps the program up after the first signal, not after the
// second.
func TestSecondSignal(t *testing.T) {
	p := start(t, "--listen", "127.0.0.1:0", "--transit-listen", "127.0.0.1:0")
	addr := serverLine.FindStringSubmatch(p.line)[1]
	a, b := pipe(t, addr)
	defer a.Close()
	defer b.Close()
	p.cmd.Process.Signal(syscall.SIGTERM)
	for deadline := time.Now().Add(patience); ; { // the port closes, the pair goes on
		c, err := net.Dial("tcp", addr)
		if err != nil {
			break
		}
		c.Close()
		if time.Now().After(deadline) {
			t.Fatalf("the port doesn't close within %v", patience)
		}
	}
	io.WriteString(a, "x")
	if _, err := io.ReadFull(b, make([]byte, 1)); err != nil {
		t.Errorf("the pair has ended: %v", err)
	}
	begin := time.Now()
	if _, stderr, code := p.stop(syscall.SIGTERM); code != 0 || !strings.Contains(stderr, "cut running transfers") {
		t.Errorf("exit code %d, log:\n%s", code, stderr)
	}
	if d := time.Since(begin); d > 5*time.Second {
		t.Errorf("the second signal took %v", d)
	}
}

func TestUsage(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"unknown flag":     {[]string{"--frobnicate"}, "unknown flag: --frobnicate"},
		"argument":         {[]string{"4000"}, `unexpected argument "4000"`},
		"no port":          {[]string{"--listen", "localhost"}, `--listen "localhost" isn't of the form HOST:PORT`},
		"no transit port":  {[]string{"--transit-listen", "4001"}, `--transit-listen "4001" isn't of the form HOST:PORT`},
		"quiet, verbose":   {[]string{"-q", "-v"}, "exclude each other"},
		"no STUN port":     {[]string{"--stun-listen", "4001"}, `--stun-listen "4001" isn't of the form HOST:PORT`},
		"STUN and none":    {[]string{"--stun-listen", ":1", "--no-stun"}, "exclude each other"},
		"negative drain":   {[]string{"--drain", "-1s"}, `--drain "-1s" takes a time`},
		"a URL as name":    {[]string{"--name", "https://relay.example.com/"}, "isn't a host name or an address"},
		"two-line error":   {[]string{"--signal-error", "a\x1b[2J"}, `--signal-error "a\x1b[2J" takes one line`},
		"two-line version": {[]string{"--advertise-version", "a\nb"}, `--advertise-version "a\nb" takes one line`},
		"no lanes":         {[]string{"--lanes", "0"}, "takes a number from 1 to 16"},
		"many lanes":       {[]string{"--lanes", "17"}, "takes a number from 1 to 16"},
		"two-line motd":    {[]string{"--motd", "a\nb"}, `--motd "a\nb" takes one line`},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr strings.Builder
			code := run(c.args, &stdout, &stderr)
			if code != exitUsage || stdout.Len() > 0 || !strings.Contains(stderr.String(), c.want) || !strings.Contains(stderr.String(), "--help") {
				t.Errorf("exit code %d, stdout %q, stderr %q", code, &stdout, &stderr)
			}
		})
	}
}

func TestCannotListen(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, args := range [][]string{
		{"--listen", l.Addr().String()},
		{"--listen", "127.0.0.1:0", "--transit-listen", l.Addr().String()},
		{"--listen", "192.0.2.254:0"},
		{"--listen", "127.0.0.1:99999"},
	} {
		var stdout, stderr strings.Builder
		code := run(args, &stdout, &stderr)
		text := stderr.String()
		if code != exitListen || stdout.Len() > 0 || strings.Count(text, "\n") != 1 || !strings.Contains(text, "can't listen on") || !strings.Contains(text, "listen)") {
			t.Errorf("%v: exit code %d, stdout %q, stderr %q", args, code, &stdout, text)
		}
	}
}

func TestHelp(t *testing.T) {
	var stdout, stderr strings.Builder
	if code := run([]string{"--help"}, &stdout, &stderr); code != 0 || stderr.Len() > 0 {
		t.Errorf("exit code %d, stderr %q", code, &stderr)
	}
	for _, row := range settings.Table() {
		if !strings.Contains(stdout.String(), "--"+row.Name+" ") && !strings.Contains(stdout.String(), "--"+row.Name+"\n") {
			t.Errorf("help doesn't explain --%s", row.Name)
		}
		if row.Default != "" && !row.Switch() && !strings.Contains(strings.Join(strings.Fields(stdout.String()), " "), "(default "+row.Default+")") {
			t.Errorf("help doesn't tell the default of --%s, %s", row.Name, row.Default)
		}
	}
	for l := range strings.Lines(stdout.String()) {
		if len(l) > 81 {
			t.Errorf("long line: %s", l)
		}
	}
	for _, word := range []string{"--version", "version"} {
		stdout.Reset()
		if code := run([]string{word}, &stdout, &stderr); code != 0 || !strings.HasPrefix(stdout.String(), "sesame-relay ") || !strings.Contains(stdout.String(), "\ncommit: ") {
			t.Errorf("%s: %d, %q", word, code, &stdout)
		}
	}
}
