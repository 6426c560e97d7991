package lab

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Image returns the root of a new file system of 64 MiB: "fat", "exfat" or
// "ntfs", as a driver in user space shows it. It is there until t ends, which is
// skipped where the driver or a device isn't to be had.
func Image(t testing.TB, kind string) string {
	t.Helper()
	dir, root := mountpoint(t)
	image := filepath.Join(dir, "image")
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(image, 64<<20); err != nil {
		t.Fatal(err)
	}
	switch kind {
	case "fat":
		need(t, "mkfs.fat", "-F", "32", image)
		need(t, "fusefat", "-s", "-o", "rw+", image, root) // its threads disturb each other
	case "ntfs":
		need(t, "mkfs.ntfs", "-F", "-q", "-f", image)
		need(t, "ntfs-3g", image, root)
	case "exfat":
		need(t, "mkfs.exfat", image)
		device := strings.TrimSpace(need(t, "losetup", "-f", "--show", image)) // the driver takes nothing else
		t.Cleanup(func() { tool("losetup", "-d", device) })
		need(t, "mount.exfat-fuse", device, root)
	default:
		t.Fatalf("no image of kind %q", kind)
	}
	leave(t, root)
	return root
}

// Mirror returns a mount of a new directory that bindfs makes with options, which
// refuse or pretend something. It is there until t ends.
func Mirror(t testing.TB, options ...string) string {
	t.Helper()
	dir, root := mountpoint(t)
	behind := filepath.Join(dir, "behind")
	if err := os.Mkdir(behind, 0o755); err != nil {
		t.Fatal(err)
	}
	need(t, "bindfs", append(options, behind, root)...)
	leave(t, root)
	return root
}

// mountpoint returns a new directory, and one in it to mount at.
func mountpoint(t testing.TB) (dir, root string) {
	t.Helper()
	dir = t.TempDir()
	root = filepath.Join(dir, "root")
	if err := os.Mkdir(root, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("/dev/fuse"); err != nil {
		t.Skip("no file system in user space can be mounted: ", err)
	}
	return dir, root
}

// need runs a program that may not be installed.
func need(t testing.TB, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skip("not installed: ", err)
	}
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8") // the drivers go by it for names
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Skipf("%s %v: %v: %s", name, args, err, out)
	}
	return string(out)
}

// leave unmounts root when t ends, which ends its driver.
func leave(t testing.TB, root string) {
	t.Cleanup(func() {
		if err := tool("umount", "--lazy", root); err != nil {
			t.Error(err)
		}
	})
}

// ShortNames returns a mount of encfs, whose names may have 175 bytes. It is there
// until t ends.
func ShortNames(t testing.TB) string {
	t.Helper()
	dir, root := mountpoint(t)
	behind := filepath.Join(dir, "behind")
	if err := os.Mkdir(behind, 0o755); err != nil {
		t.Fatal(err)
	}
	need(t, "encfs", "--standard", "--extpass=echo password", behind, root)
	leave(t, root)
	return root
}
