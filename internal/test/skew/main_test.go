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
		before = age{"old", filepath.Join(dir, "old", "sesame"), filepath.Join(dir, "old", "sesame-relay")}
		err = lab.BuildCommit(filepath.Join(dir, "old"), earlier)
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
