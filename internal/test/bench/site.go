//go:build linux

package main

import (
	"fmt"
	"net"
	"path/filepath"
	"regexp"
	"strings"
)

// A site is where one build of the programs is measured: beside others of their kind,
// with the servers at which they meet.
type site struct {
	bin string // directory of the programs under test
	dir string // everything is made below it

	url      string // of the relay's mailbox
	relay    *server
	croc     *server // its relay, if it is there
	crocPort string
	n        int // codes used
}

func (s *site) close() {
	if s.relay != nil {
		s.relay.stop()
	}
	if s.croc != nil {
		s.croc.stop()
	}
}

// into is where receivers write.
func (s *site) into() string { return filepath.Join(s.dir, "into") }

// code returns one that was not used before.
func (s *site) code() string {
	s.n++
	return fmt.Sprint(1000+s.n) + "-galveston-goldfish"
}

func (s *site) startRelay() (err error) {
	s.relay, err = startServer(filepath.Join(s.bin, "sesame-relay"), "--listen", "127.0.0.1:0", "--quiet", "--state", "none")
	if err != nil {
		return err
	}
	s.url = regexp.MustCompile(`ws://\S+`).FindString(s.relay.line)
	return nil
}

// startCroc runs croc's own relay, if croc is there. It wants ports of its own
// choice, so they are looked for.
func (s *site) startCroc() error {
	if !have("croc") {
		return nil
	}
	var ports []string
	var held []net.Listener
	for range 5 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		held = append(held, l)
		ports = append(ports, fmt.Sprint(l.Addr().(*net.TCPAddr).Port))
	}
	for _, l := range held {
		l.Close()
	}
	p, err := begin(s.dir, []string{"HOME=" + s.dir}, "croc", "relay", "--host", "127.0.0.1", "--ports", strings.Join(ports, ","))
	if err != nil {
		return err
	}
	s.croc = &server{cmd: p.cmd}
	if _, err := p.await("starting TCP server on 127.0.0.1:" + ports[len(ports)-1]); err != nil {
		return err
	}
	s.crocPort = ports[0]
	return nil
}

// sesame returns how sesame sends path.
func (s *site) sesame(path, url string, flags ...string) sending {
	program, _ := filepath.Abs(filepath.Join(s.bin, "sesame"))
	common := append([]string{"--allow-loopback", "--server", url}, flags...)
	return sending{
		sender:   append(append([]string{program, "send", "--code", "CODE"}, common...), path),
		receiver: append(append([]string{program, "receive", "--yes"}, common...), "CODE"),
		says:     "sesame receive",
	}
}

// others returns how the other programs that are here send path.
func (s *site) others(path, url string) map[string]sending {
	host, port, _ := net.SplitHostPort(strings.TrimSuffix(strings.TrimPrefix(s.url, "ws://"), "/v1"))
	all := map[string]sending{}
	if have("wormhole") {
		common := []string{"wormhole", "--relay-url", url, "--transit-helper", "tcp:" + host + ":" + port}
		all["magic-wormhole"] = sending{
			sender:   append(append([]string{}, common...), "send", "--hide-progress", "--code", "CODE", path),
			receiver: append(append([]string{}, common...), "receive", "--hide-progress", "--accept-file", "CODE"),
			says:     "wormhole receive",
		}
	}
	if s.crocPort != "" {
		// Only by way of its relay: its direct path begins with a multicast.
		common := []string{"croc", "--yes", "--ignore-stdin", "--disable-clipboard", "--relay", "127.0.0.1:" + s.crocPort}
		all["croc (relay)"] = sending{
			sender:   append(append([]string{}, common...), "send", "--no-local", path),
			receiver: common,
			env:      []string{"CROC_SECRET=CODE", "HOME=" + s.dir},
			says:     "croc --relay",
		}
	}
	return all
}

// transfer runs a sending from the start of the receiver until both have ended.
func (s *site) transfer(what sending) (figure, error) {
	if err := emptyDir(s.into()); err != nil {
		return figure{}, err
	}
	what = what.with(s.code())
	sender, err := what.send(s.dir)
	if err != nil {
		return figure{}, err
	}
	relay := s.relay.cpu()
	f, err := timed(func() (figure, error) {
		receiver, err := what.receive(s.into())
		if err != nil {
			return figure{}, err
		}
		return finish(receiver, sender)
	})
	f.cpu += s.relay.cpu() - relay
	return f, err
}
