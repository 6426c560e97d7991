//go:build linux

package interop

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"syscall"
	"testing"

	"sesame/internal/test/lab"
)

const (
	ourAddress    = "10.99.0.1"
	theirAddress  = "10.99.0.2"
	memoryAddress = "10.99.0.3" // of one of ours
	// Debian's wormhole-william knows no other relay.
	fixedRelay = "transit.magic-wormhole.io"
	fixedPort  = "4001"
)

// programs holds the path of the programs under test, built by TestMain.
var programs struct{ sesame, relay string }

func TestMain(m *testing.M) {
	if code, outer := lab.Enter(); outer {
		os.Exit(code)
	}
	if err := setUpNetwork(); err != nil {
		fmt.Println("interop tests can't set up their network:", err)
		os.Exit(1)
	}
	dir, err := os.MkdirTemp("", "interop")
	if err == nil {
		programs.sesame, programs.relay = filepath.Join(dir, "sesame"), filepath.Join(dir, "sesame-relay")
		err = lab.Build(dir, true, "sesame", "sesame-relay")
	}
	if err != nil {
		fmt.Println("interop tests can't build the programs:", err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// setUpNetwork gives the namespace a loopback and one interface with two
// addresses, so that clients find an address that is not loopback.
func setUpNetwork() error {
	for _, args := range [][]string{
		{"link", "set", "lo", "up"},
		{"link", "add", "lan0", "type", "veth", "peer", "name", "lan1"},
		{"link", "set", "lan0", "up"},
		{"link", "set", "lan1", "up"},
		{"address", "add", ourAddress + "/24", "dev", "lan0"},
		{"address", "add", theirAddress + "/24", "dev", "lan0"},
		{"address", "add", memoryAddress + "/24", "dev", "lan0"},
	} {
		if err := lab.IP(args...); err != nil {
			return err
		}
	}
	return nil
}

// inCell returns a command that sees relay under the name that some clients
// have built in.
func inCell(t *testing.T, relay, program string, args ...string) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	hosts := filepath.Join(dir, "hosts")
	text := "127.0.0.1 localhost\n" + relay + " " + fixedRelay + "\n"
	if err := os.WriteFile(hosts, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	script := `mount --bind "$0" /etc/hosts && exec "$@"`
	cmd := exec.CommandContext(t.Context(), "sh", append([]string{"-c", script, hosts, program}, args...)...)
	cmd.Env = append(os.Environ(), "HOME="+dir, "GORACE=halt_on_error=1 exitcode=66", "LC_ALL=C.UTF-8")
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	return cmd
}

// need skips a test that wants a program which isn't installed. In continuous
// integration everything is.
func need(t *testing.T, program, debianPackage string) {
	t.Helper()
	if _, err := exec.LookPath(program); err == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is missing: install Debian's %s", program, debianPackage)
	}
	t.Skipf("%s is not installed (Debian: %s)", program, debianPackage)
}

func TestSandboxIsOurs(t *testing.T) {
	if u, err := user.Current(); err != nil || u.Uid != "0" {
		t.Fatalf("running as %v (%v)", u, err)
	}
	if out, err := exec.Command("ip", "-o", "link").Output(); err != nil || len(out) == 0 {
		t.Fatalf("ip link: %v", err)
	}
}
