//go:build linux

package packages

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sesame/internal/test/lab"
)

const (
	hangup    = unix.SIGHUP
	terminate = unix.SIGTERM
)

// notRun are the commands of the page that no test runs, as there is no such thing here.
var notRun = []string{"sesame doctor wss://relay.example.org"}

var shownCode = regexp.MustCompile(`sesame receive (\S+)`)

// Fails if a command of doc/operating.md doesn't do what the page says: a relay is there after those of
// §1; it is another version after those for an upgrade and a downgrade, with what was set, and with those
// who wait for somebody; a copy is one; and another machine that gets it is the same relay.
func TestOperatingPage(t *testing.T) {
	for _, tool := range []string{"apt", "dpkg-deb", "systemctl", "make", "go"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	tree, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	var run [][]string
	for _, b := range blocks(t, root+"/doc/operating.md") {
		if b.notRun != "" {
			left = append(left, b.lines...)
			continue
		}
		run = append(run, b.lines)
	}
	if !slices.Equal(left, notRun) {
		t.Fatalf("no test runs %q of the page, want %q", left, notRun)
	}
	next := func(begins string) []string {
		t.Helper()
		if len(run) == 0 || !strings.HasPrefix(run[0][0], begins) {
			t.Fatalf("on the page %q is to come, not %q", begins, run)
		}
		lines := run[0]
		run = run[1:]
		return lines
	}
	programs := t.TempDir()
	if err := lab.Build(programs, false, "sesame"); err != nil {
		t.Fatal(err)
	}

	goroot := strings.TrimSpace(output(t, exec.Command("go", "env", "GOROOT")))
	versioned := func(v string) string { return "export GOROOT='" + goroot + "' MAKEFLAGS=RELAY_VERSION=" + v + "; " }
	h := newHost(t)
	i := newInitial(h)
	do := func(h *host, lines []string, env string) string {
		t.Helper()
		out := ""
		for _, line := range lines {
			out += h.run("cd '" + tree + "'; " + env + line)
		}
		return out
	}
	version := func(h *host) string { return strings.TrimSpace(h.run("dpkg-query -f '${Version}' -W sesame-relay")) }
	build := next("make packages")
	packed := "bin/relay/sesame-relay.deb"
	do(h, build[:1], versioned("1.0"))
	old := read(t, filepath.Join(h.root, tree, packed))
	do(h, build[1:], "")
	if out := do(h, next("echo 'domain"), ""); !strings.Contains(out, "domain = relay.example.org") || i.relay == nil {
		t.Fatalf("there is no relay; the settings are\n%s\nasked for:\n%s", out, strings.Join(i.asked, "\n"))
	}
	if !h.has("etc/systemd/system/sockets.target.wants/sesame-relay.socket") || !h.has("etc/systemd/system/multi-user.target.wants/sesame-relay.service") {
		t.Error("it isn't started again with the machine")
	}
	do(h, next("export SESAME_SERVER="), "")

	s := sender(t, programs, i.url)
	for _, c := range []struct{ begins, version string }{
		{"sudo apt install ./", "1.1"},
		{"sudo apt install --allow-downgrades", "1.0"},
	} {
		if c.version == "1.0" {
			put(t, filepath.Join(h.root, tree, packed), old)
		} else {
			do(h, build[:1], versioned(c.version))
		}
		before := i.relay
		do(h, next(c.begins), "")
		if got := version(h); got != c.version || i.relay == before || i.relay == nil {
			t.Fatalf("it is version %s, want %s, and was started again: %v", got, c.version, i.relay != before)
		}
		if out := h.run("sesame-relay version; sesame-relay check-config"); !strings.Contains(out, "sesame-relay "+c.version) || !strings.Contains(out, "domain = relay.example.org") {
			t.Errorf("after %q:\n%s", c.begins, out)
		}
		received(t, programs, i.url, s)
		s = sender(t, programs, i.url) // who waits while the next is done
	}

	do(h, next("sudo systemctl stop"), "")
	if i.relay == nil {
		t.Fatal("after a copy it doesn't run")
	}
	received(t, programs, i.url, s)
	s = sender(t, programs, i.url)
	i.stop()
	copied := read(t, filepath.Join(h.root, tree, "relay.tar.gz"))

	other := newHost(t)
	j := newInitial(other)
	put(t, filepath.Join(other.root, tree, packed), old)
	do(other, build[1:], "")
	put(t, filepath.Join(other.root, tree, "relay.tar.gz"), copied)
	do(other, next("sudo tar -C / -xzf"), "")
	if out := other.run("sesame-relay check-config"); j.relay == nil || !strings.Contains(out, "domain = relay.example.org") || !other.has(stateDir+"/state") {
		t.Errorf("on the other machine there is no such relay:\n%s", out)
	}
	if len(run) > 0 {
		t.Errorf("nobody has run %q", run)
	}
	s.Kill()
}

func put(t *testing.T, file string, b []byte) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(file), 0o755)
	if err == nil {
		err = os.WriteFile(file, b, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// sender starts somebody who sends, and returns when he waits for who receives.
func sender(t *testing.T, programs, url string) *lab.Process {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("kept"), 0o644); err != nil {
		t.Fatal(err)
	}
	p := client(t, programs, dir, "send", "--server", url, "file")
	p.Await(t, patience, shownCode.String())
	return p
}

// received has somebody receive what a sender sends who has waited.
func received(t *testing.T, programs, url string, s *lab.Process) {
	t.Helper()
	dir := t.TempDir()
	r := client(t, programs, dir, "receive", "--server", url, "--yes", shownCode.FindStringSubmatch(s.Err.String() + s.Out.String())[1])
	for _, p := range []*lab.Process{r, s} {
		if code := p.Exit(t, patience); code != 0 {
			t.Fatalf("it ended with %d:\n%s", code, p)
		}
	}
	if text := read(t, filepath.Join(dir, "file")); string(text) != "kept" {
		t.Errorf("received %q", text)
	}
}

func client(t *testing.T, programs, dir string, args ...string) *lab.Process {
	t.Helper()
	cmd := exec.Command(filepath.Join(programs, "sesame"), args...)
	cmd.Dir = dir
	home := t.TempDir()
	cmd.Env = []string{"HOME=" + home, "XDG_STATE_HOME=" + home, "TMPDIR=" + home, "LC_ALL=C.UTF-8", "PATH=" + os.Getenv("PATH")}
	return lab.Start(t, "sesame "+args[0], cmd)
}
