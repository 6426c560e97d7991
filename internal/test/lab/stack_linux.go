package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// A Stack is a network stack of its own: interfaces, addresses, routes, rules.
// Processes and sockets live in it. Its methods may be called from several
// goroutines.
type Stack struct{ name string }

var stacks atomic.Int64

// NewStack makes one with nothing but a loopback interface. It is there until t
// ends.
func NewStack(t testing.TB) *Stack {
	t.Helper()
	s := &Stack{name: fmt.Sprintf("stack%d", stacks.Add(1))}
	if err := errors.Join(IP("netns", "add", s.name), s.IP("link set lo up")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { IP("netns", "delete", s.name) })
	return s
}

// Name returns the name under which IP knows the stack.
func (s *Stack) Name() string { return s.name }

// IP runs commands of the program of that name in s, in one process.
func (s *Stack) IP(commands ...string) error {
	cmd := exec.Command("ip", "-netns", s.name, "-batch", "-")
	cmd.Stdin = strings.NewReader(strings.Join(commands, "\n"))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("ip: %w: %s\n%s", err, out, strings.Join(commands, "\n"))
	}
	return nil
}

// Command returns a command that runs in s.
func (s *Stack) Command(program string, args ...string) *exec.Cmd {
	return s.CommandAs(0, program, args...)
}

// CommandAs returns a command that runs in s as the user with that number.
func (s *Stack) CommandAs(user int, program string, args ...string) *exec.Cmd {
	enter := []string{"--net=/run/netns/" + s.name}
	if user != 0 {
		enter = append(enter, fmt.Sprintf("--setuid=%d", user), fmt.Sprintf("--setgid=%d", user))
	}
	return exec.Command("nsenter", append(append(enter, program), args...)...)
}

// Rules adds rules for packets, in the language of nft.
func (s *Stack) Rules(t testing.TB, text string) {
	t.Helper()
	cmd := s.Command("nft", "-f", "-")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("nft: %v: %s\n%s", err, out, text)
	}
}

// Do runs f in s: the sockets that f opens belong to s, whoever uses them later,
// and below /proc/sys/net are the settings of s. f must not start goroutines that
// open sockets, or processes.
func (s *Stack) Do(f func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	back, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return err
	}
	defer back.Close()
	there, err := os.Open("/run/netns/" + s.name)
	if err != nil {
		return err
	}
	defer there.Close()
	if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("entering %s: %w", s.name, err)
	}
	// The thread is given back as it was. It can't just end instead: processes
	// that it has started end with it.
	defer func() {
		if err := unix.Setns(int(back.Fd()), unix.CLONE_NEWNET); err != nil {
			panic(fmt.Sprintf("lab: a thread is lost in %s: %v", s.name, err))
		}
	}()
	return f()
}

// Set changes settings of the stack, each "ipv4/ip_forward=1" or alike, named as
// below /proc/sys/net.
func (s *Stack) Set(t testing.TB, settings ...string) {
	t.Helper()
	err := s.Do(func() error {
		for _, setting := range settings {
			name, value, _ := strings.Cut(setting, "=")
			if err := os.WriteFile("/proc/sys/net/"+name, []byte(value), 0); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Traffic returns the bytes that have been sent and received by an interface of s,
// headers of packets included.
func (s *Stack) Traffic(t testing.TB, name string) (sent, received int64) {
	t.Helper()
	err := s.Do(func() error {
		text, err := os.ReadFile("/proc/thread-self/net/dev")
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(text)) {
			if who, counts, _ := strings.Cut(line, ":"); strings.TrimSpace(who) == name {
				fields := strings.Fields(counts)
				sent, err = strconv.ParseInt(fields[8], 10, 64)
				if err == nil {
					received, err = strconv.ParseInt(fields[0], 10, 64)
				}
				return err
			}
		}
		return fmt.Errorf("%s has no interface %s", s.name, name)
	})
	if err != nil {
		t.Fatal(err)
	}
	return sent, received
}
