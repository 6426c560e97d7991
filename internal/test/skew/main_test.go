//go:build linux

package skew

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sesame/internal/test/lab"
)

// earlier is the commit whose programs are in use: these must go on to work with
// them.
const earlier = "79563d6364086e233fb122f3a37389edb2146a27"

// An age is the programs of one commit.
type age struct{ name, sesame, relay string }

func (a age) String() string { return a.name }

// The programs of that commit, today's, and today's but for the number of the native
// protocol, which is the next.
var before, today, next age

func TestMain(m *testing.M) {
	if code, outer := lab.Enter(); outer {
		os.Exit(code)
	}
	os.Exit(inside(m))
}

func inside(m *testing.M) int {
	dir, err := os.MkdirTemp("", "skew")
	if err == nil {
		defer os.RemoveAll(dir)
		err = lab.Connect()
	}
	if err == nil {
		before, err = buildCommit(filepath.Join(dir, "old"), earlier)
	}
	if err == nil {
		today = age{"new", filepath.Join(dir, "new", "sesame"), filepath.Join(dir, "new", "sesame-relay")}
		err = errors.Join(os.Mkdir(filepath.Join(dir, "new"), 0o755),
			lab.Build(filepath.Join(dir, "new"), checked, "sesame", "sesame-relay"))
	}
	if err == nil {
		next, err = buildNext(dir)
	}
	if err != nil {
		fmt.Println("tests with programs of two ages can't be set up:", err)
		return 1
	}
	// The tests wait more than they compute.
	flag.Set("test.parallel", "5")
	return m.Run()
}

// buildCommit builds the programs of a commit from this repository's history.
func buildCommit(dir, commit string) (age, error) {
	source := filepath.Join(dir, "source")
	if err := os.MkdirAll(source, 0o755); err != nil {
		return age{}, err
	}
	// Whoever owns the repository, its history is only read.
	git := func(args ...string) *exec.Cmd {
		return exec.Command("git", append([]string{"-c", "safe.directory=*"}, args...)...)
	}
	top, err := git("rev-parse", "--show-toplevel").Output()
	if err != nil {
		return age{}, fmt.Errorf("a commit of this repository has to be built, which needs git and the history: %w", err)
	}
	archive := filepath.Join(dir, "source.tar")
	out, err := git("-C", strings.TrimSpace(string(top)), "archive", "--output", archive, commit).CombinedOutput()
	if err != nil {
		return age{}, fmt.Errorf("this clone has no commit %.7s, which is tested with: fetch the whole history (git fetch --unshallow). %w: %s", commit, err, out)
	}
	if out, err := exec.Command("tar", "-x", "-f", archive, "-C", source).CombinedOutput(); err != nil {
		return age{}, fmt.Errorf("tar: %w: %s", err, out)
	}
	// Without paths in it, what was built once is found again wherever the source lies.
	build := exec.Command("go", "build", "-trimpath", "-o", dir, "./cmd/sesame", "./cmd/sesame-relay")
	build.Dir = source
	if out, err := build.CombinedOutput(); err != nil {
		return age{}, fmt.Errorf("%v: %w: %s", build, err, out)
	}
	return age{"old", filepath.Join(dir, "sesame"), filepath.Join(dir, "sesame-relay")}, nil
}

// buildNext builds today's client with the next number of the native protocol.
func buildNext(dir string) (age, error) {
	at, err := filepath.Abs("../../../rendezvous/negotiate.go")
	if err != nil {
		return age{}, err
	}
	source, err := os.ReadFile(at)
	if err != nil {
		return age{}, err
	}
	constant := regexp.MustCompile(`(?m)^const NativeVersion = [0-9]+$`)
	if found := constant.FindAll(source, -1); len(found) != 1 {
		return age{}, fmt.Errorf("%s has %d numbers of the native protocol", at, len(found))
	}
	changed := filepath.Join(dir, "negotiate.go")
	overlay := filepath.Join(dir, "overlay.json")
	sesame := filepath.Join(dir, "next")
	replaced, err := json.Marshal(map[string]map[string]string{"Replace": {at: changed}})
	if err == nil {
		err = errors.Join(
			os.WriteFile(changed, constant.ReplaceAll(source, []byte("$0 + 1")), 0o644),
			os.WriteFile(overlay, replaced, 0o644))
	}
	if err != nil {
		return age{}, err
	}
	if out, err := exec.Command("go", "build", "-overlay", overlay, "-o", sesame, "sesame/cmd/sesame").CombinedOutput(); err != nil {
		return age{}, fmt.Errorf("go build: %w: %s", err, out)
	}
	return age{"next", sesame, ""}, nil
}
