//go:build linux && long

package interop

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A suite is the tests that somebody else's program comes with. Those that talk to a
// server run against ours, a fresh one for each.
type suite struct {
	name string
	pkg  string // Debian's
	// leftOut says why some aren't run: by the name of the test.
	leftOut map[string]string
}

// What is left out for the same reason more than once.
const (
	looksInside = "it waits for what stands in the server's own tables, which can't be seen from outside"
	timed       = "it fails with its own server, too, on a busy machine: it asserts what isn't said within half a second"
	noNoise     = "Debian has no python3-noiseprotocol, which it needs: it skips itself"
)

var suites = []suite{
	{"wormhole", "magic-wormhole", map[string]string{
		"test_cli.PregeneratedCode.test_slow_text":           timed,
		"test_cli.PregeneratedCode.test_slow_sender_text":    timed,
		"dilate.test_full.Full.test_control":                 noNoise,
		"dilate.test_full.Reconnect.test_data_while_offline": noNoise,
		"dilate.test_full.Reconnect.test_reconnect":          noNoise,
		"dilate.test_full.Endpoints.test_endpoints":          noNoise,
	}},
	{"mailbox-server", "python3-magic-wormhole-mailbox-server", map[string]string{
		"test_web.WebSocketAPI.test_welcome": "it wants a welcome with nothing but the version; ours has the client's address and our extension, too",
		"test_web.WebSocketAPI.test_close_crowded": "a third side that closes a mailbox which it never opened hears that it is closed, not that it is " +
			"crowded: nothing was opened by that, and nobody is told anything",
		"test_web.WebSocketAPI.test_interrupted_client_nameplate_reclaimed": looksInside,
	}},
	{"transit-relay", "magic-wormhole-transit-relay", map[string]string{
		"test_transit_server.TransitWithoutLogs.test_register":         looksInside,
		"test_transit_server.TransitWithoutLogs.test_ignore_same_side": looksInside,
		"test_transit_server.Usage.test_errory":                        looksInside,
		"test_transit_server.Usage.test_lonely":                        looksInside,
		"test_transit_server.Usage.test_one_happy_one_jilted":          looksInside,
		"test_transit_server.Usage.test_redundant":                     looksInside,
	}},
}

// storeKind tells the servers of a suite in which of the stores they are to keep mailboxes.
const storeKind = "SESAME_TEST_STORE"

var stores = []string{"memory", "bolt"}

// foreignTime bounds a whole suite.
const foreignTime = 8 * time.Minute

// Fails if our server doesn't do what the Python programs of the family expect of
// theirs.
func TestForeignSuites(t *testing.T) {
	for _, s := range suites {
		for _, store := range stores {
			t.Run(s.name+"/"+store, func(t *testing.T) { runSuite(t, s, store) })
		}
	}
}

// python is Debian's, which has its packages.
const python = "/usr/bin/python3"

// runSuite runs one against servers that keep mailboxes in a store.
func runSuite(t *testing.T, s suite, store string) {
	if exec.Command(python, "-c", "import wormhole, wormhole_mailbox_server, wormhole_transit_relay").Run() != nil {
		need(t, "no such program", s.pkg)
	}
	ctx, cancel := context.WithTimeout(t.Context(), foreignTime)
	defer cancel()
	script, err := filepath.Abs("testdata/foreign.py")
	if err != nil {
		t.Fatal(err)
	}
	args := []string{script, programs.relay, s.name}
	for name, why := range s.leftOut {
		t.Logf("left out: %s: %s", name, why)
		args = append(args, name)
	}
	cmd := exec.CommandContext(ctx, python, args...)
	cmd.Dir = t.TempDir() // its tests leave things where they run
	cmd.Stderr = logFile(t, s.name)
	cmd.Env = append(os.Environ(), storeKind+"="+store)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ran := 0
	for lines := bufio.NewScanner(out); lines.Scan(); ran++ {
		var result struct {
			Name    string
			Trouble *string
			Again   int
		}
		if err := json.Unmarshal(lines.Bytes(), &result); err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		t.Run(result.Name, func(t *testing.T) {
			if result.Trouble != nil {
				t.Error(*result.Trouble)
			} else if result.Again > 0 {
				t.Logf("it failed %d times before", result.Again)
			}
		})
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	t.Logf("%d ran, %d were left out", ran, len(s.leftOut))
	if ran < 10 {
		t.Error("that is too few: the packages have other tests than before")
	}
}

// Debian's sources of wormhole-william, and of all that it needs.
const debianSources = "/usr/share/gocode"

// Fails if our server doesn't do what wormhole-william expects of one. Its own tests
// start a server in their process; here that package is another one, which starts
// ours.
func TestWilliamSuite(t *testing.T) {
	const path = "src/github.com/psanford/wormhole-william"
	source := filepath.Join(debianSources, path)
	if _, err := os.Stat(filepath.Join(source, "wormhole/wormhole_test.go")); err != nil {
		need(t, "no such program", "golang-github-psanford-wormhole-william-dev and golang-debian-vasudev-gospake2-dev")
	}
	gopath := t.TempDir()
	work := filepath.Join(gopath, path)
	if err := os.CopyFS(work, os.DirFS(source)); err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{
		"server.go":     "rendezvous/rendezvousservertest/rendezvousservertest.go",
		"relay_test.go": "wormhole/our_relay_test.go",
	} {
		text, err := os.ReadFile(filepath.Join("testdata/william", from))
		if err == nil {
			os.Remove(filepath.Join(work, to))
			err = os.WriteFile(filepath.Join(work, to), text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	theirs := filepath.Join(work, "wormhole/wormhole_test.go")
	text, err := os.ReadFile(theirs)
	if err == nil {
		const relay = "func newTestRelayServer()"
		if strings.Count(string(text), relay) != 1 {
			t.Fatalf("%s has no %s", theirs, relay)
		}
		os.Remove(theirs)
		err = os.WriteFile(theirs, []byte(strings.Replace(string(text), relay, "func theirTestRelayServer()", 1)), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	leftOut := map[string]string{"TestCustomUserAgent": looksInside}
	for name, why := range leftOut {
		t.Logf("left out: %s: %s", name, why)
	}
	for _, store := range stores {
		t.Run(store, func(t *testing.T) { runWilliam(t, gopath, work, store) })
	}
}

// runWilliam runs the tests of wormhole-william against servers that keep mailboxes in a store.
func runWilliam(t *testing.T, gopath, work, store string) {
	ctx, cancel := context.WithTimeout(t.Context(), foreignTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "test", "-count=1", "-v", "-skip", "^(TestCustomUserAgent)$", "./wormhole", "./rendezvous/...")
	cmd.Dir = work
	cmd.Env = slices.Concat(os.Environ(), []string{
		"GO111MODULE=off", "GOFLAGS=", "GOPATH=" + gopath + ":" + debianSources, "SESAME_RELAY_PROGRAM=" + programs.relay, "PWD=" + work, storeKind + "=" + store,
	})
	out, err := cmd.CombinedOutput()
	passed := strings.Count(string(out), "--- PASS: ")
	t.Logf("%d passed, %d skipped themselves", passed, strings.Count(string(out), "--- SKIP: "))
	if err != nil || passed < 8 {
		t.Errorf("%v:\n%s", err, out)
	}
}
