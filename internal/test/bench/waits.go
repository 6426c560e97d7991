//go:build linux

package main

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// distance is how long a round trip to the far mailbox server takes.
const distance = 100 * time.Millisecond

// latency measures from the start of "receive CODE" until 1 MB is written, with
// the mailbox server far away and the other computer near.
func (b *bench) latency() error {
	path, err := b.bigFile(1_000_000)
	if err != nil {
		return err
	}
	u, err := url.Parse(b.url)
	if err != nil {
		return err
	}
	far, err := delayed(u.Host, distance/2)
	if err != nil {
		return err
	}
	defer far.Close()
	u.Host = far.Addr().String()
	into := filepath.Join(b.dir, "into")
	all := []contender{{"sesame", func() (figure, error) { return b.transfer(b.sesame(path, u.String()), into) }}}
	for name, s := range b.others(path, u.String()) {
		if strings.HasPrefix(name, "croc") {
			continue // it meets at its own relay, which is near
		}
		all = append(all, contender{name, func() (figure, error) { return b.transfer(s, into) }})
	}
	return b.compare(fmt.Sprintf("receive CODE until 1 MB is written, mailbox server %v away", distance), 0, all)
}

// delayed listens, and passes on to address what comes in, both ways late.
func delayed(address string, by time.Duration) (net.Listener, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				time.Sleep(2 * by) // the handshake of TCP is a round trip, too
				far, err := net.Dial("tcp", address)
				if err != nil {
					near.Close()
					return
				}
				go late(far, near, by)
				late(near, far, by)
			}()
		}
	}()
	return l, nil
}

// late copies from src to dst, each piece by later than it came.
func late(dst, src net.Conn, by time.Duration) {
	type piece struct {
		data []byte
		due  time.Time
	}
	pieces := make(chan piece, 1024)
	go func() {
		defer close(pieces)
		for {
			buf := make([]byte, 32<<10)
			n, err := src.Read(buf)
			if n > 0 {
				pieces <- piece{buf[:n], time.Now().Add(by)}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range pieces {
		time.Sleep(time.Until(p.due))
		if _, err := dst.Write(p.data); err != nil {
			break
		}
	}
	dst.Close()
	io.Copy(io.Discard, src)
	for range pieces {
	}
}

// code measures until a code is shown for a directory of 20,000 files and 1.5 GB.
func (b *bench) code() error {
	root := filepath.Join(b.dir, "large-tree")
	for i := range 20_000 {
		dir := filepath.Join(root, fmt.Sprintf("%03d", i/100))
		if i%100 == 0 {
			if err := os.MkdirAll(dir, 0o777); err != nil {
				return err
			}
		}
		path := filepath.Join(dir, fmt.Sprintf("%05d", i))
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		err = f.Truncate(75_000)
		f.Close()
		if err != nil {
			return err
		}
	}
	measure := func(s sending) func() (figure, error) {
		return func() (figure, error) {
			code := b.nameplate() + "-apple-pie"
			args := make([]string, len(s.sender))
			for i, a := range s.sender {
				args[i] = strings.ReplaceAll(a, "CODE", code)
			}
			start := time.Now()
			p, err := begin(b.dir, s.env, args[0], args[1:]...)
			if err != nil {
				return figure{}, err
			}
			_, err = p.await(s.says)
			f := figure{wall: time.Since(start)}
			p.cmd.Process.Kill()
			p.cmd.Wait()
			return f, err
		}
	}
	all := []contender{{"sesame", measure(b.sesame(root, b.url))}}
	for name, s := range b.others(root, b.url) {
		all = append(all, contender{name, measure(s)})
	}
	return b.compare("code shown for a directory of 20,000 files, 1.5 GB", 0, all)
}

// resume measures what crosses again after the receiver was killed.
func (b *bench) resume() error {
	fmt.Printf("\nreceiver killed on the way, both started again\n")
	path, err := b.bigFile(gibibyte)
	if err != nil {
		return err
	}
	into := filepath.Join(b.dir, "into")
	for _, after := range []time.Duration{150, 300, 450} {
		os.RemoveAll(into)
		if err := os.MkdirAll(into, 0o777); err != nil {
			return err
		}
		s := b.sesame(path, b.url, "--limit", "1G")
		code := b.nameplate() + "-apple-pie"
		fill := func(args []string) (out []string) {
			for _, a := range args {
				out = append(out, strings.ReplaceAll(a, "CODE", code))
			}
			return out
		}
		args := fill(s.sender)
		sender, err := begin(b.dir, nil, args[0], args[1:]...)
		if err != nil {
			return err
		}
		if _, err := sender.await(s.says); err != nil {
			return err
		}
		args = fill(s.receiver)
		receiver, err := begin(into, nil, args[0], args[1:]...)
		if err != nil {
			return err
		}
		if _, err := receiver.await("Connected"); err != nil {
			return err
		}
		time.Sleep(after * time.Millisecond)
		receiver.cmd.Process.Kill()
		sender.cmd.Process.Kill()
		receiver.cmd.Wait()
		sender.cmd.Wait()
		durable := allocated(into)
		if err := b.again(s, into, durable); err != nil {
			return err
		}
	}
	return nil
}

// again finishes an interrupted sending and tells how much of what was there
// had to cross again.
func (b *bench) again(s sending, into string, durable int64) error {
	code := b.nameplate() + "-apple-pie"
	run := func(args []string) (*process, error) {
		var filled []string
		for _, a := range args {
			filled = append(filled, strings.ReplaceAll(a, "CODE", code))
		}
		return begin(into, nil, filled[0], filled[1:]...)
	}
	sender, err := run(s.sender)
	if err != nil {
		return err
	}
	if _, err := sender.await(s.says); err != nil {
		return err
	}
	receiver, err := run(s.receiver)
	if err != nil {
		return err
	}
	if _, err := finish(receiver, sender); err != nil {
		return err
	}
	kept := "none"
	for line := range strings.Lines(receiver.err.all.String()) {
		if text, ok := strings.CutSuffix(strings.TrimSpace(line), " were there from an earlier try and did not have to cross again"); ok {
			kept = text
		}
	}
	fmt.Printf("  %4d MB were on disk, of these did not cross again: %s\n", durable/1e6, kept)
	return shell(fmt.Sprintf("cmp %s %s", filepath.Join(b.dir, fmt.Sprintf("big-%d", gibibyte)), filepath.Join(into, fmt.Sprintf("big-%d", gibibyte))))
}

// allocated returns the bytes that the files below dir take on disk.
func allocated(dir string) (total int64) {
	filepath.Walk(dir, func(_ string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			total += blocks(info)
		}
		return nil
	})
	return total
}
