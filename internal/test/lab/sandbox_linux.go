package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// The variable that marks a test process which is in its own namespaces.
const inSandbox = "SESAME_LAB_SANDBOX"

// Enter runs this test binary again in new network and mount namespaces. outer
// is true in the process that did so, which has nothing left to do but to exit
// with code. Without root there is nothing to enter: it says so, and code is 0.
func Enter() (code int, outer bool) {
	if os.Getenv(inSandbox) != "" {
		if err := settle(); err != nil {
			fmt.Println("these tests can't make a network of their own:", err)
			return 1, true
		}
		return 0, false
	}
	if os.Geteuid() != 0 {
		fmt.Println("these tests need root on Linux, to make a network of their own: skipped")
		return 0, true
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), inSandbox+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS,
		Pdeathsig:  syscall.SIGKILL,
	}
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), true
	}
	if err != nil {
		fmt.Println("these tests can't make a network of their own:", err)
		return 1, true
	}
	return 0, true
}

// settle makes what is mounted from here on, ip's names for network stacks among
// it, be seen by nobody else.
func settle() error {
	return errors.Join(
		tool("mount", "--make-rprivate", "/"),
		tool("mount", "-t", "tmpfs", "none", "/run"),
		IP("link", "set", "lo", "up"))
}

// Bind puts file in the place of path, for the test's processes only.
func Bind(file, path string) error { return tool("mount", "--bind", file, path) }

// IP runs the program of that name, which sets up networks.
func IP(args ...string) error { return tool("ip", args...) }

func tool(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %v: %w: %s", name, args, err, out)
	}
	return nil
}
