package coredump

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// What this test binary plays when it is told so: a program that forbids dumps,
// says "ready", and waits, or does what programs do with /proc.
const part = "SESAME_COREDUMP_PART"

func TestMain(m *testing.M) {
	switch os.Getenv(part) {
	case "":
		os.Exit(m.Run())
	case "waits":
		err := Forbid()
		var limit unix.Rlimit
		if err == nil {
			err = unix.Getrlimit(unix.RLIMIT_CORE, &limit)
		}
		dumpable, _ := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
		fmt.Println(err, limit.Cur, limit.Max, dumpable)
		os.Stdin.Read(make([]byte, 1))
	case "goes on":
		fmt.Println(Forbid())
		fmt.Println(ownProc())
	}
}

// ownProc does what a program may do with its own entries below /proc.
func ownProc() error {
	f, err := os.Open(os.Args[0])
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := os.ReadDir("/proc/self/fd"); err != nil {
		return err
	}
	again, err := os.Open(fmt.Sprintf("/proc/self/fd/%d", f.Fd()))
	if err != nil {
		return err
	}
	again.Close()
	for _, name := range []string{"status", "mountinfo", "cgroup", "net/route"} {
		if _, err := os.ReadFile("/proc/self/" + name); err != nil {
			return err
		}
	}
	if _, err := os.Readlink("/proc/self/exe"); err != nil {
		return err
	}
	_, err = net.Interfaces()
	return err
}

// as returns a command that runs the test binary in a part, as a user.
func as(t *testing.T, user uint32, what string) *exec.Cmd {
	t.Helper()
	binary := os.Args[0]
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if int(user) != os.Geteuid() {
		if os.Geteuid() != 0 {
			t.Skip("only root can be somebody else")
		}
		// go test keeps the binary where others can't enter.
		dir, err := os.MkdirTemp("", "coredump")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		text, err := os.ReadFile(binary)
		if err == nil {
			binary = dir + "/program"
			err = os.WriteFile(binary, text, 0o755)
		}
		if err == nil {
			err = os.Chmod(dir, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
		attr.Credential = &syscall.Credential{Uid: user, Gid: user}
	}
	cmd := exec.Command(binary)
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), part+"="+what)
	cmd.SysProcAttr = attr
	return cmd
}

// users are who the tests run programs as.
var users = map[string]uint32{"who runs the tests": uint32(os.Geteuid()), "an ordinary user": 65534}

// Fails if a process can be dumped, or its memory be read by another process of
// the same user.
func TestForbid(t *testing.T) {
	for name, user := range users {
		t.Run(name, func(t *testing.T) {
			cmd := as(t, user, "waits")
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() { in.Close(); cmd.Wait() }()
			said := make([]byte, 100)
			n, _ := out.Read(said)
			if got := string(said[:n]); got != "<nil> 0 0 0\n" {
				t.Fatalf("it says %q", got)
			}
			pid := cmd.Process.Pid
			info, err := os.Stat("/proc/" + strconv.Itoa(pid) + "/mem")
			if err != nil {
				t.Fatal(err)
			}
			if owner := info.Sys().(*syscall.Stat_t).Uid; owner != 0 {
				t.Errorf("its memory is a file of user %d", owner)
			}
			if user == 0 {
				return // who may read everything
			}
			spy := as(t, user, "")
			spy.Path, spy.Args = "/bin/cat", []string{"cat", "/proc/" + strconv.Itoa(pid) + "/environ"}
			if text, err := spy.CombinedOutput(); err == nil {
				t.Errorf("another process of the same user reads %d bytes of it", len(text))
			}
		})
	}
}

// Fails if a program that has forbidden dumps can't read its own entries below
// /proc any more: as somebody else than root they aren't its own.
func TestGoesOn(t *testing.T) {
	for name, user := range users {
		t.Run(name, func(t *testing.T) {
			text, err := as(t, user, "goes on").CombinedOutput()
			if got := strings.TrimSpace(string(text)); err != nil || got != "<nil>\n<nil>" {
				t.Errorf("%v: %s", err, got)
			}
		})
	}
}
