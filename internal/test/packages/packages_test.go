//go:build linux

// Package packages tests what operators install: the program as it is shipped, the
// package for Debian, the units and the image.
package packages

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sesame/internal/test/lab"
)

const root = "../../.."

// output runs a program, and fails the test if it fails.
func output(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
	return string(out)
}

// once is where the program lies as it is shipped, for all tests.
var once = sync.OnceValues(func() (string, error) {
	to, err := os.MkdirTemp("", "sesame-packages")
	if err == nil {
		err = ship(root, to)
	}
	return filepath.Join(to, "sesame-relay"), err
})

func TestMain(m *testing.M) {
	code := m.Run()
	if program, err := once(); err == nil {
		os.RemoveAll(filepath.Dir(program))
	}
	os.Exit(code)
}

// ship builds the program as it is shipped, from the sources in a directory.
func ship(dir, to string) error {
	out, err := exec.Command("make", "-C", dir, "--no-print-directory", "relay", "RELAY="+to).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// shipped returns the file of the program as it is shipped.
func shipped(t *testing.T) string {
	t.Helper()
	program, err := once()
	if err != nil {
		t.Fatal(err)
	}
	return program
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// deb packs a program.
func deb(t *testing.T, program, version string) string {
	t.Helper()
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		t.Skip("there is no dpkg-deb here")
	}
	out := filepath.Join(t.TempDir(), "sesame-relay.deb")
	output(t, exec.Command("sh", root+"/deploy/debian/build.sh", program, version, runtime.GOARCH, out))
	return out
}

// The program is static, and the same whoever builds it and where; so is the package.
func TestReproducible(t *testing.T) {
	one := shipped(t)
	elsewhere := filepath.Join(t.TempDir(), "a", "copy")
	copySources(t, elsewhere)
	other := t.TempDir()
	if err := ship(elsewhere, other); err != nil {
		t.Fatal(err)
	}
	two := filepath.Join(other, "sesame-relay")
	if !bytes.Equal(read(t, one), read(t, two)) {
		t.Error("built elsewhere the program is another")
	}
	if out, err := exec.Command("ldd", one).CombinedOutput(); err == nil {
		t.Errorf("it isn't static: %s", out)
	}
	if !bytes.Equal(read(t, deb(t, one, "1.0")), read(t, deb(t, two, "1.0"))) {
		t.Error("packed twice the package is another")
	}
}

// copySources copies what the program is built from.
func copySources(t *testing.T, to string) {
	t.Helper()
	if err := os.MkdirAll(to, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"cmd", "internal", "relay"} {
		if err := os.CopyFS(filepath.Join(to, part), os.DirFS(filepath.Join(root, part))); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"go.mod", "go.sum", "Makefile"} {
		if err := os.WriteFile(filepath.Join(to, file), read(t, filepath.Join(root, file)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// The unit leaves the program what it needs and no more.
func TestUnitIsTight(t *testing.T) {
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze here")
	}
	out, err := exec.Command(tool, "security", "--offline=true", root+"/deploy/systemd/sesame-relay.service").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if strings.Contains(string(out), "Failed to parse") {
		t.Errorf("a line isn't understood:\n%.1000s", out)
	}
	m := regexp.MustCompile(`Overall exposure level for sesame-relay.service: ([0-9.]+)`).FindSubmatch(out)
	if m == nil {
		t.Fatalf("no score:\n%s", out)
	}
	if score, _ := strconv.ParseFloat(string(m[1]), 64); score > 1.3 {
		t.Errorf("score %v, more than 1.3:\n%s", score, out)
	}
}

// In a root with the program and nothing else, as in the image, it starts.
func TestImage(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may change the root")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "sesame-relay"), read(t, shipped(t)), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, made := range []string{
		"COPY bin/relay/sesame-relay /sesame-relay", `ENTRYPOINT ["/sesame-relay"]`, "USER 65532:65532",
		"COPY --from=parts --chown=65532:65532 /state /state", "mkdir -m 0700 /state", "ENV SESAME_RELAY_STATE=/state",
		"net.ipv4.ip_unprivileged_port_start=443", "EXPOSE 443/tcp 443/udp 444/udp",
	} {
		if !bytes.Contains(read(t, root+"/deploy/image/Containerfile"), []byte(made)) {
			t.Errorf("the image isn't made so: %s", made)
		}
	}
	state := filepath.Join(dir, "state")
	if err := os.Mkdir(state, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(state, 65532, 65532); err != nil {
		t.Skip(err)
	}
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	chroot, err := exec.LookPath("chroot")
	if err != nil {
		t.Skip(err)
	}
	if out := output(t, exec.Command(chroot, "--userspec=65532:65532", dir, "/sesame-relay", "version")); !strings.HasPrefix(out, "sesame-relay ") {
		t.Errorf("version: %s", out)
	}
	if out := output(t, exec.Command(chroot, dir, "/sesame-relay", "check-config", "--domain", "relay.example.org")); !strings.Contains(out, "listen = :443") {
		t.Errorf("check-config: %s", out)
	}
	cmd := exec.Command(chroot, "--userspec=65532:65532", dir, "/sesame-relay", "--listen", "127.0.0.1:0", "--no-stun")
	cmd.Env = []string{"SESAME_RELAY_STATE=/state"}
	p, line := lab.FirstLine(t, "sesame-relay", cmd)
	if !strings.HasPrefix(line, "export SESAME_SERVER=ws://127.0.0.1:") {
		t.Errorf("it says %q", line)
	}
	p.Signal(os.Interrupt)
	if code := p.Exit(t, time.Minute); code != 0 {
		t.Errorf("exit code %d:\n%s", code, p.Err.String())
	}
	if _, err := os.Stat(filepath.Join(state, "state")); err != nil {
		t.Errorf("it keeps nothing: %v", err)
	}
}
