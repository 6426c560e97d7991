//go:build linux

package benchnet

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"sesame/internal/test/lab"
	"sesame/internal/test/netlab"
)

// crocAt is where peers.sh builds croc, below a directory for caches.
const crocAt = "sesame-peers/croc"

// crocProgram returns where croc is, or nothing.
func crocProgram() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	path := filepath.Join(cache, crocAt)
	if _, err := os.Stat(path); err != nil {
		path, _ = exec.LookPath("croc")
	}
	return path
}

// croc is the flow of one file by croc: directly if the two can, or by way of a relay of
// its own on the server.
func croc(name string, relayed bool) flow {
	return flow{name, func(s *scene, size int64) outcome {
		s.t.Helper()
		program := crocProgram()
		if program == "" {
			return outcome{notes: []string{"not installed"}}
		}
		o := outcome{command: "croc send FILE"}
		s.bar()
		if relayed {
			o.command = "croc send --no-local FILE"
			s.bar(noTCP, noUDP)
		}
		run := s.crocRunner(program)
		relay := run(s.server, s.dir, "relay", "--host", s.server.Address.String(), "--ports", "9009,9010,9011,9012,9013")
		defer relay.Kill()
		relay.Await(s.t, patience, `starting TCP server on \S*9013`)
		into, err := os.MkdirTemp(s.dir, "in")
		if err != nil {
			s.t.Fatal(err)
		}
		defer os.RemoveAll(into)
		common := []string{"--yes", "--ignore-stdin", "--disable-clipboard", "--relay", s.server.Address.String() + ":9009"}
		send := append(common, "send")
		if relayed {
			send = append(send, "--no-local")
		}
		sender := run(s.sender, s.dir, append(send, s.file(size))...)
		defer sender.Kill()
		sender.Await(s.t, patience, "(?i)code is")
		disk := newGauge(into)
		receiver := run(s.receiver, into, append(common, "--overwrite", "--out", into)...)
		defer receiver.Kill()
		begun := time.Now()
		if o.stopAfter(receiver, disk) {
			o.says = map[string]float64{inAll: time.Since(begun).Seconds()}
		}
		o.rate = disk.end().rate()
		return o
	}}
}

// crocRunner returns what starts croc on a host.
func (s *scene) crocRunner(program string) func(h *netlab.Host, dir string, args ...string) *lab.Process {
	secret := s.code()
	return func(h *netlab.Host, dir string, args ...string) *lab.Process {
		s.t.Helper()
		home, err := os.MkdirTemp(s.dir, "home")
		if err != nil {
			s.t.Fatal(err)
		}
		cmd := h.Command(program, args...)
		cmd.Dir = dir
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home, "LC_ALL=C.UTF-8", "CROC_SECRET=" + secret}
		return lab.Start(s.t, "croc", cmd)
	}
}

// stopAfter waits until p has ended, or something has crossed for so long that its rate
// so far counts. It says whether it has ended.
func (o *outcome) stopAfter(p *lab.Process, disk *gauge) (ended bool) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	begun := time.Now()
	for {
		select {
		case <-p.Ended():
			return true
		case <-tick.C:
		}
		there := disk.so()
		if len(there) == 0 && time.Since(begun) > patience {
			o.notes = append(o.notes, "nothing crossed")
			return false
		}
		if len(there) > 0 && time.Since(there[0].at) > longest {
			o.notes = append(o.notes, fmt.Sprintf("stopped after %v", longest))
			return false
		}
	}
}
