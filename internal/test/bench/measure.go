//go:build linux

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// A figure is what one run cost: time on the clock, time of all processors in
// all of its processes, and the largest of them in memory.
type figure struct {
	wall, cpu time.Duration
	rss       int64 // bytes
}

// A contender is one way to do what a row is about.
type contender struct {
	name string
	run  func() (figure, error)
}

// compare runs the contenders in turn and prints their best, as ratios to the
// first. amount is how many bytes each moves, 0 if that says nothing.
func compare(title string, amount int64, contenders []contender, runs int) error {
	fmt.Printf("\n%s\n", title)
	best := make([]figure, len(contenders))
	failed := make([]error, len(contenders))
	for run := range runs + 1 {
		for i, c := range contenders {
			if failed[i] != nil {
				continue
			}
			f, err := c.run()
			if err != nil {
				failed[i] = err
				continue
			}
			if run == 1 || run > 1 && f.wall < best[i].wall {
				best[i] = f
			}
		}
	}
	for i, c := range contenders {
		if failed[i] != nil {
			fmt.Printf("  %-28s failed: %.200s\n", c.name, failed[i])
			if strings.HasPrefix(c.name, "sesame") {
				return failed[i]
			}
			continue
		}
		f := best[i]
		line := fmt.Sprintf("  %-28s %7.2f s", c.name, f.wall.Seconds())
		if amount > 0 {
			line += fmt.Sprintf("  %6.0f MB/s  %.2f × %s", float64(amount)/1e6/f.wall.Seconds(), best[0].wall.Seconds()/f.wall.Seconds(), contenders[0].name)
		} else {
			line += fmt.Sprintf("  %.2f × the time of %s", f.wall.Seconds()/best[0].wall.Seconds(), contenders[0].name)
		}
		if f.cpu > 0 {
			line += fmt.Sprintf("  CPU %.2f s", f.cpu.Seconds())
			if amount > 1<<30 {
				line += fmt.Sprintf(" (%.2f s/GiB)", f.cpu.Seconds()/(float64(amount)/(1<<30)))
			}
		}
		if f.rss > 0 {
			line += fmt.Sprintf("  %d MiB", f.rss>>20)
		}
		fmt.Println(line)
	}
	return nil
}

// timed adds the time on the clock that run takes to what it measures.
func timed(run func() (figure, error)) (figure, error) {
	start := time.Now()
	f, err := run()
	f.wall = time.Since(start)
	return f, err
}

// A process is one that is being measured.
type process struct {
	cmd *exec.Cmd
	out bytes.Buffer
	err lines
}

// begin starts a program in dir.
func begin(dir string, env []string, name string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(name, args...)}
	p.cmd.Dir = dir
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdout = &p.err
	p.cmd.Stderr = &p.err
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.err.arrived = make(chan string, 64)
	return p, p.cmd.Start()
}

// A lines collects output and passes each line on.
type lines struct {
	all     bytes.Buffer
	partial []byte
	arrived chan string
}

func (l *lines) Write(b []byte) (int, error) {
	l.all.Write(b)
	l.partial = append(l.partial, b...)
	for {
		line, rest, ok := bytes.Cut(l.partial, []byte("\n"))
		if !ok {
			return len(b), nil
		}
		l.partial = rest
		select {
		case l.arrived <- string(line):
		default:
		}
	}
}

// patience bounds every wait.
const patience = 3 * time.Minute

// await returns the first line that has text in it.
func (p *process) await(text string) (string, error) {
	timeout := time.After(patience)
	for {
		select {
		case line := <-p.err.arrived:
			if strings.Contains(line, text) {
				return line, nil
			}
		case <-timeout:
			p.cmd.Process.Kill()
			return "", fmt.Errorf("%s never said %q", filepath.Base(p.cmd.Path), text)
		}
	}
}

// finish waits for processes and adds up what they cost. CPU time includes
// that of the processes they waited for.
func finish(ps ...*process) (f figure, err error) {
	for _, p := range ps {
		timer := time.AfterFunc(patience, func() { p.cmd.Process.Kill() })
		werr := p.cmd.Wait()
		timer.Stop()
		if werr != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w: %s", filepath.Base(p.cmd.Path), werr, tail(p.err.all.String())))
		}
		state := p.cmd.ProcessState
		f.cpu += state.UserTime() + state.SystemTime()
		if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
			f.rss = max(f.rss, usage.Maxrss<<10)
		}
	}
	return f, err
}

func tail(s string) string {
	s = strings.TrimSpace(s)
	return s[max(0, len(s)-300):]
}

// A server is a program that runs beside the measured ones.
type server struct {
	cmd  *exec.Cmd
	line string // the first that it printed
}

func startServer(name string, args ...string) (*server, error) {
	cmd := exec.Command(name, args...)
	// All comes from one address, more often than people do. Programs of before the
	// settings don't look there, and don't count what comes from this machine.
	cmd.Env = append(os.Environ(), "SESAME_RELAY_CLAIMS_PER_SOURCE=100000", "SESAME_RELAY_UNKNOWN_PER_SOURCE=100000",
		"SESAME_RELAY_RUINED_PER_SOURCE=100000", "SESAME_RELAY_ACCEPTS_PER_SOURCE=10000", "SESAME_RELAY_ACCEPTS=10000")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		cmd.Process.Kill()
		return nil, fmt.Errorf("%s printed nothing: %w", name, err)
	}
	return &server{cmd, line}, nil
}

// cpu returns what the server has used so far.
func (s *server) cpu() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0
	}
	var user, system int64
	fmt.Sscan(fields[11], &user)
	fmt.Sscan(fields[12], &system)
	return time.Duration(user+system) * 10 * time.Millisecond // the kernel counts in 1/100 s
}

func (s *server) stop() {
	s.cmd.Process.Signal(syscall.SIGTERM)
	time.AfterFunc(5*time.Second, func() { s.cmd.Process.Kill() })
	s.cmd.Wait()
}
