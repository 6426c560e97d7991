//go:build linux

package endtoend

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// withoutNetlink is the first argument by which the test's own program becomes
// another one that may not use netlink, as on phones and in services that are kept
// from it. The rest is the other program and its arguments.
const withoutNetlink = "without-netlink"

// becomeWithoutNetlink does that, and returns why it failed.
func becomeWithoutNetlink(line []string) error {
	runtime.LockOSThread() // the rule is that of the thread that goes on
	const data = 16        // where the first argument is in seccomp_data
	rules := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_SOCKET, Jf: 3},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: data},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.AF_NETLINK, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EACCES)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(rules)), Filter: &rules[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0); err != nil {
		return err
	}
	if fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW, 0); err == nil {
		unix.Close(fd)
		return fmt.Errorf("netlink can still be used")
	}
	return syscall.Exec(line[0], line, os.Environ())
}

// Fails if computers that can't list their addresses find each other by a relay
// alone, or not at all without a server; or if doctor knows it otherwise.
func TestWithoutNetlink(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	under := []string{self, withoutNetlink}
	for _, flags := range [][]string{nil, {"--classic"}} {
		t.Run(fmt.Sprint("by a server ", flags), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			write(t, filepath.Join(w.out, "big"), 1<<20)
			code := newCode()
			send, receive := w.sending(code, append(flags, "big")...), w.receiving(code, flags...)
			send.under, receive.under = under, under
			sender, receiver := w.start(send), w.start(receive)
			w.arrived(sender, receiver)
			said(t, sender, `Connected: direct, same network`)
			said(t, receiver, `Connected: direct, same network`)
		})
	}
	t.Run("without a server", func(t *testing.T) {
		w := lan(t)
		send := w.sendingLocal("--local", "f")
		send.under = under
		sender := w.start(send)
		code := sender.Await(t, patience, localCode)[1]
		receive := w.receivingLocal(code)
		receive.under = under
		w.finish(sender, w.start(receive), 0, 0)
		same(t, filepath.Join(w.in, "f"), filepath.Join(w.out, "f"))
		said(t, sender, `--to `+w.sender.Address)
	})
	t.Run("doctor", func(t *testing.T) {
		w := newWorld(t)
		doctor := w.start(side{host: w.sender, dir: w.out, under: under, args: []string{"doctor", "--server", w.url}})
		doctor.Exit(t, patience)
		if out := doctor.Err.String(); !strings.Contains(out, w.sender.Address+" (private) on eth0") || !strings.Contains(out, "can be received on eth0") {
			t.Errorf("doctor says\n%s", out)
		}
	})
}
