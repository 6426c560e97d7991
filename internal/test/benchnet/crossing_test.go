//go:build linux

package benchnet

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sesame/internal/test/lab"
	"sesame/internal/test/netlab"
)

// longest is how long something may cross before it is stopped: its rate so far counts
// then.
const longest = 60 * time.Second

// A crossing is a file on its way from one program to the other.
type crossing struct {
	s                *scene
	file             string
	size             int64
	into             string // where it arrives
	sender, receiver *lab.Process
	send, receive    transcript // what they said with --json
	disk             *gauge
	command          string
	relayed          int64 // what had come to the server before
	begun            time.Time
	stopped          bool          // it took too long
	took             time.Duration // until both had ended, if they have
	trace            map[string]string
}

// cross starts both programs of an age. Flags are for both.
func (s *scene) cross(p age, size int64, flags ...string) *crossing {
	s.t.Helper()
	c := &crossing{s: s, file: s.file(size), size: size, trace: map[string]string{}}
	var err error
	if c.into, err = os.MkdirTemp(s.dir, "in"); err != nil {
		s.t.Fatal(err)
	}
	_, c.relayed = s.server.Traffic(s.t, "eth0")
	c.disk = newGauge(c.into)
	code, common := s.code(), append([]string{"--json", "--verbose", "--server", s.url}, flags...)
	c.begun = time.Now()
	c.command = strings.Join(append([]string{"sesame send"}, append(flags, "FILE")...), " ")
	c.sender = s.program(s.sender, p.sesame, filepath.Dir(c.file), &c.send, append(append([]string{"send", "--code", code}, common...), filepath.Base(c.file)))
	c.receiver = s.program(s.receiver, p.sesame, c.into, &c.receive, append(append([]string{"receive", "--yes"}, common...), code))
	return c
}

// program starts a program of ours on a host.
func (s *scene) program(h *netlab.Host, path, dir string, out *transcript, args []string) *lab.Process {
	s.t.Helper()
	home, err := os.MkdirTemp(s.dir, "home")
	if err != nil {
		s.t.Fatal(err)
	}
	cmd := h.Command(path, args...)
	cmd.Dir, cmd.Stdout = dir, out
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home, "LC_ALL=C.UTF-8"}
	return lab.Start(s.t, "sesame "+args[0], cmd)
}

// look keeps what the sockets of all three say now.
func (c *crossing) look() {
	c.trace["sockets"] = sockets(c.s.sender, c.s.server, c.s.receiver)
}

// whole waits, and tells what has become of it.
func (c *crossing) whole() outcome {
	c.stopped = !c.wait()
	return c.end()
}

// wait waits until both have ended, and looks in the middle; or until it has taken too
// long. It says whether they have ended.
func (c *crossing) wait() (ended bool) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	begun, looked := time.Now(), false
	both := make(chan struct{})
	go func() { <-c.sender.Ended(); <-c.receiver.Ended(); close(both) }()
	for {
		select {
		case <-both:
			c.took = time.Since(c.begun)
			return true
		case <-tick.C:
		}
		there := c.disk.so()
		switch {
		case len(there) == 0:
			if time.Since(begun) > patience {
				return false
			}
		case !looked && there[len(there)-1].bytes > c.size/2:
			looked = true
			c.look()
		case time.Since(there[0].at) > longest:
			c.look()
			return false
		}
	}
}

// flowing waits until something has arrived.
func (c *crossing) flowing() {
	c.s.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(patience); len(c.disk.so()) == 0; {
		select {
		case <-tick.C:
		case <-late:
			c.s.t.Fatalf("nothing crosses: %v\n%v", c.sender, c.receiver)
		}
	}
}

// end ends both programs if they haven't by themselves, and tells what has become of
// it.
func (c *crossing) end() outcome {
	ended := isClosed(c.sender.Ended()) && isClosed(c.receiver.Ended())
	o := outcome{command: c.command, says: map[string]float64{}, trace: c.trace}
	c.sender.Kill()
	c.receiver.Kill()
	disk := c.disk.end()
	o.rate = disk.rate()
	o.says["stall s"] = disk.stall().Seconds()
	o.says["ahead s"] = c.send.progress().ahead(disk).Seconds()
	_, relayed := c.s.server.Traffic(c.s.t, "eth0")
	if len(disk) > 0 {
		o.says["relay share"] = float64(relayed-c.relayed) / float64(disk[len(disk)-1].bytes)
		o.says["s"] = disk[len(disk)-1].at.Sub(disk[0].at).Seconds()
	}
	if c.took > 0 {
		o.says[inAll] = c.took.Seconds()
	}
	o.control = carriers(c.trace["sockets"])
	o.notes = append(o.notes, strings.Join(c.send.paths(), ", then "))
	c.trace["sender"], c.trace["receiver"] = c.send.text()+c.sender.Err.String(), c.receive.text()+c.receiver.Err.String()
	c.trace["disk"] = disk.String()
	switch {
	case c.stopped:
		o.notes = append(o.notes, fmt.Sprintf("stopped after %v", longest))
	case !ended: // somebody else knows why
	case c.same():
		gib := float64(c.size) / (1 << 30)
		o.says["CPU s/GiB sender"], o.says["CPU s/GiB receiver"] = c.sender.CPU().Seconds()/gib, c.receiver.CPU().Seconds()/gib
	default:
		o.rate = 0
		o.notes = append(o.notes, "what arrived is not what was sent")
		c.s.t.Errorf("%s: what arrived is not what was sent", c.command)
	}
	os.RemoveAll(c.into)
	return o
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// inAll is the figure of how long something took from the start of the program that
// receives to the end of everything, in seconds.
const inAll = "s in all"

// same says whether the file has arrived as it is.
func (c *crossing) same() bool {
	sent, err := os.ReadFile(c.file)
	if err != nil {
		c.s.t.Fatal(err)
	}
	received, _ := os.ReadFile(filepath.Join(c.into, filepath.Base(c.file)))
	return bytes.Equal(sent, received)
}

// sesame is the flow of one file between the programs under test.
func sesame(name string, flags ...string) flow { return without(name, nil, flags...) }

// Ways that a flow can be kept from, in the language of nft.
const (
	noTCP = "meta l4proto tcp"
	noUDP = "meta l4proto udp"
)

// without is sesame where nothing passes between the two that matches any of the rules.
func without(name string, barred []string, flags ...string) flow {
	return flow{name, func(s *scene, size int64) outcome {
		s.t.Helper()
		s.bar(barred...)
		c := s.cross(programs[s.kernel], size, flags...)
		return c.whole()
	}}
}
