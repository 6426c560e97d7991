//go:build linux

package interop

import (
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"sesame/internal/test/lab"
)

// A client is an implementation: how its program is run.
type client struct {
	name     string
	program  string
	pkg      string // Debian's package, "" for ours
	send     func(c cell, what content) []string
	receive  func(c cell, code string) []string
	stdin    string // what it wants to be told when it receives
	badGuess string // what it says if the handshake failed
}

// A cell is one place of the matrix.
type cell struct {
	servers
	relayOnly bool
}

var clients = []client{
	{
		name:    "sesame",
		program: "sesame",
		send: func(c cell, what content) []string {
			args := append([]string{"send"}, sesameFlags(c)...)
			if what.text != "" {
				return append(args, "--text", what.text)
			}
			return append(args, what.path)
		},
		receive: func(c cell, code string) []string {
			return append(append([]string{"receive", "--yes"}, sesameFlags(c)...), code)
		},
		badGuess: "wrong code",
	},
	{
		name:    "python",
		program: "wormhole",
		pkg:     "magic-wormhole",
		send: func(c cell, what content) []string {
			args := append(pythonFlags(c), "send", "--hide-progress")
			if what.text != "" {
				return append(args, "--text", what.text)
			}
			return append(args, what.path)
		},
		receive: func(c cell, code string) []string {
			return append(pythonFlags(c), "receive", "--hide-progress", "--accept-file", code)
		},
		badGuess: "wrong code",
	},
	{
		name:    "william",
		program: "wormhole-william",
		pkg:     "wormhole-william",
		send: func(c cell, what content) []string {
			args := []string{"--relay-url", c.mailbox, "send"}
			if what.text != "" {
				return append(args, "--text", what.text)
			}
			return append(args, what.path)
		},
		receive: func(c cell, code string) []string {
			return []string{"--relay-url", c.mailbox, "recv", "--hide-progress", code}
		},
		stdin:    "y\n",
		badGuess: "decrypt",
	},
}

func sesameFlags(c cell) []string {
	flags := []string{"--server", c.mailbox}
	if !c.ours {
		flags = append(flags, "--relay", c.transit)
	}
	if c.relayOnly {
		flags = append(flags, "--relay-only")
	}
	return flags
}

func pythonFlags(c cell) []string {
	return []string{"--relay-url", c.mailbox, "--transit-helper", "tcp:" + c.transit}
}

// A process is a running client.
type process struct {
	name string
	cmd  *exec.Cmd
	out  lab.Output // standard output
	err  lab.Output // standard error
	done chan error
}

// run starts program in directory dir.
func run(t *testing.T, cl client, c cell, dir string, args []string) *process {
	t.Helper()
	program := cl.program
	if program == "sesame" {
		program = programs.sesame
	}
	p := &process{name: cl.name, cmd: inCell(t, c.address, program, args...), done: make(chan error, 1)}
	p.cmd.Dir = dir
	p.cmd.Stdin = strings.NewReader(cl.stdin)
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.err
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.done <- p.cmd.Wait() }()
	t.Cleanup(func() { p.cmd.Process.Kill() })
	return p
}

// patience bounds every wait for another process.
const patience = 60 * time.Second

// wait returns how the process ended.
func (p *process) wait() error {
	select {
	case err := <-p.done:
		return err
	case <-time.After(patience):
		p.cmd.Process.Kill()
		return fmt.Errorf("%s did not end within %v", p.name, patience)
	}
}

func (p *process) String() string {
	return fmt.Sprintf("%s\nstdout: %s\nstderr: %s", p.name, p.out.String(), p.err.String())
}

// everyCode matches what the clients print before a code.
var everyCode = regexp.MustCompile(`(?:receive|code is:) (\d+(?:-[a-z]+)+)`)

// code waits until the process has shown a code.
func (p *process) code() (string, error) {
	deadline := time.After(patience)
	for {
		outGrew, errGrew := p.out.Grown(), p.err.Grown()
		if m := everyCode.FindStringSubmatch(p.out.String() + p.err.String()); m != nil {
			return m[1], nil
		}
		select {
		case <-outGrew:
		case <-errGrew:
		case err := <-p.done:
			p.done <- err
			return "", fmt.Errorf("ended without showing a code: %v\n%v", err, p)
		case <-deadline:
			return "", fmt.Errorf("no code within %v\n%v", patience, p)
		}
	}
}
