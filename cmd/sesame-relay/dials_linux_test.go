package main

import (
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
	"syscall"
	"testing"
	"time"

	"sesame/internal/test/pebble"
)

var (
	connectCall = regexp.MustCompile(`(?m)^.*\bconnect\(.*$`)
	lookUpCall  = regexp.MustCompile(`(?m)^.*"/etc/(?:resolv\.conf|hosts|nsswitch\.conf)".*$`)
)

// Fails when a server with a name of its own connects to anybody but the authority that it was told,
// or looks up names, whatever clients ask for.
func TestDialsTheAuthorityAlone(t *testing.T) {
	t.Parallel()
	if err := exec.Command("strace", "-f", "-qq", "-o", "/dev/null", "true").Run(); err != nil {
		t.Skip("strace can't watch here:", err)
	}
	at := pebble.Free(t)
	_, digits, _ := net.SplitHostPort(at)
	port, _ := strconv.Atoi(digits)
	ca := pebble.Start(t, port, time.Hour)
	trace := filepath.Join(t.TempDir(), "trace")
	serve := command(t, "--listen", at, "--no-stun", "--domain", name, "--acme", ca.URL, "--acme-ca", ca.File, "--state", filepath.Join(t.TempDir(), "state"))
	traced := exec.Command(mustLook(t, "strace"), slices.Concat([]string{"-D", "-f", "-qq", "-o", trace, "-e", "trace=connect,openat"}, serve.Args)...)
	traced.Env = serve.Env
	p := launch(t, traced)
	roots := ca.Roots(t)
	if _, err := shown(t, at, name, roots); err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{"other.example.org", "127.0.0.1", ""} { // no name that a client asks for leads to an order
		shown(t, at, other, roots)
	}
	a, b := pipe(t, at)
	a.Close()
	b.Close()
	for _, text := range []string{"CONNECT 127.0.0.1:9 HTTP/1.1\r\nHost: 127.0.0.1:9\r\n\r\n", "GET http://127.0.0.1:9/ HTTP/1.1\r\nHost: 127.0.0.1:9\r\n\r\n"} {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(c, text)
		c.(*net.TCPConn).CloseWrite()
		c.SetReadDeadline(time.Now().Add(patience))
		io.Copy(io.Discard, c)
		c.Close()
	}
	if _, log, code := p.stop(syscall.SIGTERM); code != 0 {
		t.Fatalf("exit code %d, log:\n%s", code, log)
	}
	_, authority, _ := net.SplitHostPort(strings.TrimSuffix(strings.TrimPrefix(ca.URL, "https://"), "/dir"))
	wanted := fmt.Sprintf(`sin_port=htons(%s), sin_addr=inet_addr("127.0.0.1")`, authority)
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	calls := connectCall.FindAllString(string(text), -1)
	for _, call := range append(slices.Clone(calls), lookUpCall.FindAllString(string(text), -1)...) {
		if !strings.Contains(call, wanted) {
			t.Errorf("it called %s", call)
		}
	}
	if len(calls) == 0 {
		t.Error("not even that it connects to the authority is seen: the test is broken")
	}
}
