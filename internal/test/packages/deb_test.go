//go:build linux

package packages

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A host is a copy of this machine's disk that takes changes of its own: something can be
// installed there.
type host struct {
	t    *testing.T
	root string
}

// newHost makes one, or skips the test where it can't.
func newHost(t *testing.T) *host {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root may mount")
	}
	layers := t.TempDir()
	if err := unix.Mount("tmpfs", layers, "tmpfs", 0, "size=1g"); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { unix.Unmount(layers, unix.MNT_DETACH) })
	h := &host{t, filepath.Join(layers, "root")}
	for _, d := range []string{"root", "upper", "work"} {
		if err := os.Mkdir(filepath.Join(layers, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.Mount("overlay", h.root, "overlay", 0, "lowerdir=/,upperdir="+layers+"/upper,workdir="+layers+"/work"); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { unix.Unmount(h.root, unix.MNT_DETACH) })
	for _, of := range []string{"/dev", "/proc"} {
		if err := unix.Mount(of, h.root+of, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			t.Skip(err)
		}
		t.Cleanup(func() { unix.Unmount(h.root+of, unix.MNT_DETACH) })
	}
	return h
}

// run runs a line of the shell there.
func (h *host) run(line string) string {
	h.t.Helper()
	cmd := exec.Command("chroot", h.root, "/bin/sh", "-ec", line)
	cmd.Stdin = strings.NewReader("y\n") // to what it may ask
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:"+os.Getenv("PATH"))
	return output(h.t, cmd)
}

// take puts a file there, into /tmp, and returns what it is called there.
func (h *host) take(file, name string) string {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(h.root, "tmp", name), read(h.t, file), 0o644); err != nil {
		h.t.Fatal(err)
	}
	return "/tmp/" + name
}

func (h *host) has(path string) bool {
	_, err := os.Lstat(filepath.Join(h.root, path))
	return err == nil
}

// The package installs, keeps what the operator has set when a newer one comes, and
// leaves nothing when it is purged.
func TestPackage(t *testing.T) {
	program := shipped(t)
	old, young := deb(t, program, "1.0"), deb(t, program, "1.1")
	h := newHost(t)
	old, young = h.take(old, "old.deb"), h.take(young, "young.deb")

	h.run("dpkg -i " + old)
	if out := h.run("sesame-relay check-config"); !strings.Contains(out, "drain = 10s ") || !strings.Contains(out, "/etc/sesame-relay.conf") {
		t.Errorf("the settings aren't those of the package:\n%s", out)
	}
	for _, path := range []string{"lib/systemd/system/sesame-relay.service", "lib/systemd/system/sesame-relay.socket", "lib/systemd/system/sesame-relay-stun.socket", "usr/share/doc/sesame-relay/operating.md"} {
		if !h.has(path) {
			t.Errorf("there is no %s", path)
		}
	}
	h.run("systemd-analyze verify /lib/systemd/system/sesame-relay.service /lib/systemd/system/sesame-relay.socket /lib/systemd/system/sesame-relay-stun.socket")
	h.run("echo 'motd = ours' >> /etc/sesame-relay.conf")
	h.run("mkdir -p /var/lib/private/sesame-relay && echo state > /var/lib/private/sesame-relay/file")
	h.run("DEBIAN_FRONTEND=noninteractive dpkg -i " + young)
	if out := h.run("sesame-relay check-config; dpkg-query -W sesame-relay"); !strings.Contains(out, "motd = ours ") || !strings.Contains(out, "1.1") {
		t.Errorf("after the upgrade:\n%s", out)
	}
	h.run("dpkg -i " + old) // and back
	h.run("dpkg -r sesame-relay")
	if h.has("usr/bin/sesame-relay") || h.has("lib/systemd/system/sesame-relay.service") {
		t.Error("removed, and still there")
	}
	if !h.has("etc/sesame-relay.conf") || !h.has("var/lib/private/sesame-relay/file") {
		t.Error("removed, and what the operator has set or the relay has kept is gone")
	}
	h.run("dpkg -P sesame-relay")
	if h.has("etc/sesame-relay.conf") || h.has("var/lib/private/sesame-relay") || h.has("usr/share/doc/sesame-relay") {
		t.Error("purged, and something is left")
	}
}
