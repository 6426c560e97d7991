package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Fails when something that an operator got wrong isn't one line that says what, and what to do
// next, and the exit code that goes with it; or when check-config takes what a start doesn't.
func TestOneLineForOperators(t *testing.T) {
	dir := t.TempDir()
	in := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	junk, missing := in("junk", "nothing of use\n"), filepath.Join(dir, "missing")
	short, comment := in("short", "# tokens\nshort\n"), in("blocked", "192.0.2.0/24\nnowhere\n")
	unknown, twice := in("unknown", "motd = hello\nfrobnicate = 1\n"), in("twice", "motd = a\nmotd = b\n")
	for _, c := range []struct {
		args    []string
		code    int
		what    string // that is wrong
		next    string // what to do
		started bool   // only a start can tell
	}{
		{[]string{"--listen", "300.1.1.1:4000"}, exitListen, "no address is known by the name 300.1.1.1", "give another address with --listen", true},
		{[]string{"--listen", "127.0.0.1:99999"}, exitListen, "99999", "give another address with --listen", true},
		{[]string{"--listen", "192.0.2.254:0"}, exitListen, "192.0.2.254", "use one of its own", true},
		{[]string{"--state", junk}, exitListen, junk, "give another directory with --state", true},
		{[]string{"--cert", missing, "--key", junk}, exitListen, missing + ": no such file", "name another one with cert", false},
		{[]string{"--cert", junk, "--key", missing}, exitListen, missing + ": no such file", "name another one with key", false},
		{[]string{"--cert", junk, "--key", junk}, exitListen, junk, "both PEM", false},
		{[]string{"--token-file", missing}, exitListen, missing + ": no such file", "name another one with token-file", false},
		{[]string{"--token-file", dir}, exitListen, dir + ": is a directory", "name another one with token-file", false},
		{[]string{"--token-file", short}, exitListen, short + ":2:", "one line of 16 to 512 letters", false},
		{[]string{"--block-list", missing}, exitListen, missing + ": no such file", "name another one with block-list", false},
		{[]string{"--block-list", comment}, exitListen, comment + ":2:", "isn't a network or an address", false},
		{[]string{"--domain", "192.0.2.1", "--state", dir}, exitListen, `"192.0.2.1"`, "as in relay.example.org", false},
		{[]string{"--domain", "relay.example.org", "--state", dir, "--acme-ca", missing}, exitListen, missing + ": no such file", "name another one with acme-ca", false},
		{[]string{"--domain", "relay.example.org", "--state", junk}, exitListen, junk, "name a folder that this user may write with --state", true},
		{[]string{"--domain", "relay.example.org", "--state", "none"}, exitUsage, "--domain (flag) and --state (flag) exclude each other", "--help", false},
		{[]string{"--domain", "relay.example.org", "--acme", "ftp://example.org"}, exitUsage, `--acme "ftp://example.org"`, "as https://", false},
		{[]string{"--cert", junk}, exitUsage, "--cert and --key belong together", "--help", false},
		{[]string{"--claims-per-source", "many"}, exitUsage, `--claims-per-source "many"`, "a number from 1", false},
		{[]string{"--config", missing}, exitUsage, missing, "--help", false},
		{[]string{"--config", unknown}, exitUsage, unknown + ":2:", `no setting "frobnicate"`, false},
		{[]string{"--config", twice}, exitUsage, twice + ":2:", "first in line 1", false},
	} {
		t.Run(strings.ReplaceAll(strings.Join(c.args, " "), dir, ""), func(t *testing.T) {
			for _, checked := range []bool{false, true} {
				args, code := c.args, c.code
				if checked {
					if c.started {
						continue
					}
					args, code = append([]string{"check-config"}, args...), exitUsage
				}
				var stdout, stderr strings.Builder
				got := run(append([]string{"--no-stun", "--quiet"}, args...), &stdout, &stderr)
				text := strings.TrimSuffix(stderr.String(), "Try sesame-relay --help.\n")
				if got != code || stdout.Len() > 0 || !strings.HasPrefix(text, "sesame-relay: ") || strings.Count(text, "\n") != 1 ||
					!strings.Contains(text, c.what) || !strings.Contains(stderr.String(), c.next) {
					t.Errorf("%v: exit code %d, stdout %q, stderr %q", args, got, &stdout, &stderr)
				}
			}
		})
	}
}

// Fails when the reason isn't said why a file can't be read that is there.
func TestUnreadable(t *testing.T) {
	err := unreadable("token-file", "/etc/tokens", &fs.PathError{Op: "open", Path: "/etc/tokens", Err: fs.ErrPermission})
	if text := err.Error(); !strings.Contains(text, "token-file /etc/tokens: permission denied (the user that runs this program") || !errors.Is(err, fs.ErrPermission) {
		t.Error(text)
	}
}

// Fails when nobody is told that a list of tokens has none, so that nobody can meet.
func TestNoTokens(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(file, []byte("# none yet\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, "--listen", "127.0.0.1:0", "--no-stun", "--token-file", file)
	if _, log, code := p.stop(os.Interrupt); code != exitOK || !strings.Contains(log, "level=WARN") || !strings.Contains(log, "nobody can meet here") {
		t.Errorf("exit code %d, log:\n%s", code, log)
	}
}
