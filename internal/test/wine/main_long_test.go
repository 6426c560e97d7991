//go:build linux && long

package wine

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sesame/internal/test/lab"
)

// rootVariable names the directory that setup.sh prints.
const rootVariable = "SESAME_WINE_ROOT"

// shared is what all tests use.
var shared struct {
	root    string // of the system that has wine, as nobody else sees it
	work    string // there and here: what the tests make lies below
	windows string // the directory of the programs for Windows
	linux   string // and for Linux
}

func TestMain(m *testing.M) {
	if os.Getenv(rootVariable) == "" {
		fmt.Println("these tests need wine, which \"make test-wine\" installs: skipped")
		os.Exit(0)
	}
	if code, outer := lab.Enter(); outer {
		os.Exit(code)
	}
	os.Exit(inside(m))
}

func inside(m *testing.M) int {
	dir, err := os.MkdirTemp("", "wine")
	if err == nil {
		defer os.RemoveAll(dir)
		defer stopWine()
		err = errors.Join(os.Chmod(dir, 0o755), layOut(dir, os.Getenv(rootVariable)))
	}
	if err == nil {
		err = errors.Join(build("windows", shared.windows), lab.Build(shared.linux, false, "sesame", "sesame-relay"), lab.Connect())
	}
	if err != nil {
		fmt.Println("tests under wine can't be set up:", err)
		return 1
	}
	return m.Run()
}

// layOut mounts the system with wine below dir so that what is written there is gone
// with this process, and dir/work as its /work.
func layOut(dir, system string) error {
	shared.root, shared.work = filepath.Join(dir, "root"), filepath.Join(dir, "work")
	shared.windows, shared.linux = filepath.Join(shared.work, "windows"), filepath.Join(dir, "linux")
	changes := filepath.Join(dir, "changes")
	for _, d := range []string{shared.root, shared.work, shared.windows, shared.linux, changes} {
		if err := os.Mkdir(d, 0o755); err != nil {
			return err
		}
	}
	mount := func(what, where, kind string, flags uintptr, options string) error {
		if err := syscall.Mount(what, where, kind, flags, options); err != nil {
			return fmt.Errorf("mount %s: %w", where, err)
		}
		return nil
	}
	if err := mount("none", changes, "tmpfs", 0, ""); err != nil {
		return err
	}
	upper, scratch := filepath.Join(changes, "upper"), filepath.Join(changes, "scratch")
	err := errors.Join(os.Mkdir(upper, 0o755), os.Mkdir(scratch, 0o755))
	if err == nil {
		err = mount("overlay", shared.root, "overlay", 0, fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s", system, upper, scratch))
	}
	if err != nil {
		return err
	}
	return errors.Join(
		mount("proc", shared.root+"/proc", "proc", 0, ""),
		mount("/dev", shared.root+"/dev", "", syscall.MS_BIND|syscall.MS_REC, ""),
		mount("none", shared.root+"/tmp", "tmpfs", 0, ""),
		mount(shared.work, shared.root+"/work", "", syscall.MS_BIND, ""))
}

// build compiles both programs for a system into dir.
func build(system, dir string) error {
	cmd := exec.Command("go", "build", "-trimpath", "-o", dir+"/", "sesame/cmd/sesame", "sesame/cmd/sesame-relay")
	cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%v for %s: %w\n%s", cmd, system, err, text)
	}
	return nil
}

// inWine returns a command that runs a program for Windows, which lies below work or
// is one of the system's,
// in a directory there. There is one Windows for all of them, which begins with the
// first and ends some seconds after the last.
func inWine(dir, program string, args ...string) *exec.Cmd {
	if strings.HasPrefix(program, shared.work) {
		program = there(program)
	}
	cmd := exec.Command("/usr/lib/wine/wine64", append([]string{program}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: shared.root}
	cmd.Dir = there(dir)
	cmd.Env = []string{
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8",
		"WINEPREFIX=/prefix", "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml=",
	}
	return cmd
}

// there is path as the system with wine knows it.
func there(path string) string {
	rel, err := filepath.Rel(shared.work, path)
	if err != nil || !filepath.IsLocal(rel) {
		panic(path + " isn't below the work directory")
	}
	return filepath.Join("/work", rel)
}

// stopWine ends the Windows, and what still runs there.
func stopWine() {
	cmd := exec.Command("/usr/lib/wine/wineserver64", "-k")
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: shared.root}
	cmd.Dir = "/"
	cmd.Env = []string{"WINEPREFIX=/prefix", "HOME=/root"}
	cmd.Run()
}
