//go:build linux

package main

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"
)

// distance is how long a round trip to the far mailbox server takes.
const distance = 100 * time.Millisecond

// latency measures from the start of "receive CODE" until 1 MB is written, with
// the mailbox server far away and the other computer near.
func latency(s *site) ([]contender, error) {
	path, err := bigFile(s.dir, 1_000_000)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(s.url)
	if err != nil {
		return nil, err
	}
	far, err := delayed(u.Host, distance/2) // until the program ends
	if err != nil {
		return nil, err
	}
	u.Host = far.Addr().String()
	all := []contender{{"sesame", func() (figure, error) { return s.transfer(s.sesame(path, u.String())) }}}
	for name, what := range s.others(path, u.String()) {
		if strings.HasPrefix(name, "croc") {
			continue // it meets at its own relay, which is near
		}
		all = append(all, contender{name, func() (figure, error) { return s.transfer(what) }})
	}
	return all, nil
}

// code measures until a code is shown for a directory of 20,000 files and 1.5 GB.
func code(s *site) ([]contender, error) {
	root, err := largeTree(s.dir)
	if err != nil {
		return nil, err
	}
	measure := func(what sending) func() (figure, error) {
		return func() (figure, error) {
			start := time.Now()
			p, err := what.with(s.code()).send(s.dir)
			f := figure{wall: time.Since(start)}
			if p != nil {
				p.cmd.Process.Kill()
				p.cmd.Wait()
			}
			return f, err
		}
	}
	all := []contender{{"sesame", measure(s.sesame(root, s.url))}}
	for name, what := range s.others(root, s.url) {
		all = append(all, contender{name, measure(what)})
	}
	return all, nil
}

// resume measures what crosses again after the receiver was killed.
func resume(s *site, _ int) error {
	fmt.Printf("\nreceiver killed on the way, both started again\n")
	path, err := bigFile(s.dir, gibibyte)
	if err != nil {
		return err
	}
	what := s.sesame(path, s.url, "--limit", "1G")
	for _, after := range []time.Duration{150, 300, 450} {
		if err := emptyDir(s.into()); err != nil {
			return err
		}
		if err := interrupt(what.with(s.code()), s.dir, s.into(), after*time.Millisecond); err != nil {
			return err
		}
		durable := allocated(s.into())
		kept, err := again(what.with(s.code()), s.into())
		if err != nil {
			return err
		}
		fmt.Printf("  %4d MB were on disk, of these did not cross again: %s\n", durable/1e6, kept)
		if err := shell(fmt.Sprintf("cmp %s %s", path, filepath.Join(s.into(), filepath.Base(path)))); err != nil {
			return err
		}
	}
	return nil
}

// interrupt begins a sending and kills both, some time after they have met.
func interrupt(what sending, dir, into string, after time.Duration) error {
	sender, err := what.send(dir)
	if err != nil {
		return err
	}
	receiver, err := what.receive(into)
	if err != nil {
		return err
	}
	if _, err := receiver.await("Connected"); err != nil {
		return err
	}
	time.Sleep(after)
	for _, p := range []*process{receiver, sender} {
		p.cmd.Process.Kill()
	}
	receiver.cmd.Wait()
	sender.cmd.Wait()
	return nil
}

// again finishes an interrupted sending and returns how much of what was there did
// not have to cross again, as the receiver says it.
func again(what sending, into string) (kept string, err error) {
	sender, err := what.send(into)
	if err != nil {
		return "", err
	}
	receiver, err := what.receive(into)
	if err != nil {
		return "", err
	}
	if _, err := finish(receiver, sender); err != nil {
		return "", err
	}
	for line := range strings.Lines(receiver.err.all.String()) {
		if text, ok := strings.CutSuffix(strings.TrimSpace(line), " were there from an earlier try and did not have to cross again"); ok {
			return text, nil
		}
	}
	return "none", nil
}
