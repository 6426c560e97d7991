//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

func (b *bench) startRelay() (err error) {
	b.relay, err = startServer(filepath.Join(b.bin, "sesame-relay"), "--listen", "127.0.0.1:0", "--quiet")
	if err != nil {
		return err
	}
	b.url = regexp.MustCompile(`ws://\S+`).FindString(b.relay.line)
	return nil
}

// startCroc runs croc's own relay, if croc is there. It wants ports of its own
// choice, so they are looked for.
func (b *bench) startCroc() error {
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
	p, err := begin(b.dir, []string{"HOME=" + b.dir}, "croc", "relay", "--host", "127.0.0.1", "--ports", strings.Join(ports, ","))
	if err != nil {
		return err
	}
	b.croc = &server{cmd: p.cmd}
	if _, err := p.await("starting TCP server on 127.0.0.1:" + ports[len(ports)-1]); err != nil {
		return err
	}
	b.crocPort = ports[0]
	return nil
}

func (b *bench) nameplate() string {
	b.n++
	return fmt.Sprint(1000 + b.n)
}

// A sending is one transfer with two processes.
type sending struct {
	sender, receiver []string // program and arguments; CODE stands for the code
	env              []string
	says             string // what the sender prints before a receiver can start
	answers          string // what the receiver is told
}

// transfer runs a sending from the start of the receiver until both have ended.
func (b *bench) transfer(s sending, into string) (figure, error) {
	code := b.nameplate() + "-apple-pie"
	fill := func(args []string) []string {
		out := make([]string, len(args))
		for i, a := range args {
			out[i] = strings.ReplaceAll(a, "CODE", code)
		}
		return out
	}
	if err := emptyDir(into); err != nil {
		return figure{}, err
	}
	env := fill(s.env)
	args := fill(s.sender)
	sender, err := begin(b.dir, env, args[0], args[1:]...)
	if err != nil {
		return figure{}, err
	}
	if _, err := sender.await(s.says); err != nil {
		return figure{}, err
	}
	relay := b.relay.cpu()
	start := time.Now()
	args = fill(s.receiver)
	receiver, err := begin(into, env, args[0], args[1:]...)
	if err != nil {
		return figure{}, err
	}
	f, err := finish(receiver, sender)
	f.wall = time.Since(start)
	f.cpu += b.relay.cpu() - relay
	return f, err
}

// sesame returns how sesame sends path.
func (b *bench) sesame(path, url string, flags ...string) sending {
	program, _ := filepath.Abs(filepath.Join(b.bin, "sesame"))
	common := append([]string{"--allow-loopback", "--server", url}, flags...)
	return sending{
		sender:   append(append([]string{program, "send", "--code", "CODE"}, common...), path),
		receiver: append(append([]string{program, "receive", "--yes"}, common...), "CODE"),
		says:     "sesame receive",
	}
}

// others returns how the other programs that are here send path.
func (b *bench) others(path, url string) map[string]sending {
	host, port, _ := net.SplitHostPort(strings.TrimSuffix(strings.TrimPrefix(b.url, "ws://"), "/v1"))
	all := map[string]sending{}
	if have("wormhole") {
		common := []string{"wormhole", "--relay-url", url, "--transit-helper", "tcp:" + host + ":" + port}
		all["magic-wormhole"] = sending{
			sender:   append(append([]string{}, common...), "send", "--hide-progress", "--code", "CODE", path),
			receiver: append(append([]string{}, common...), "receive", "--hide-progress", "--accept-file", "CODE"),
			says:     "wormhole receive",
		}
	}
	if b.crocPort != "" {
		// Only by way of its relay: its direct path begins with a multicast.
		common := []string{"croc", "--yes", "--ignore-stdin", "--disable-clipboard", "--relay", "127.0.0.1:" + b.crocPort}
		all["croc (relay)"] = sending{
			sender:   append(append([]string{}, common...), "send", "--no-local", path),
			receiver: common,
			env:      []string{"CROC_SECRET=CODE", "HOME=" + b.dir},
			says:     "croc --relay",
		}
	}
	return all
}

const gibibyte = 1 << 30

// bigFile makes a file of n bytes that can't be packed.
func (b *bench) bigFile(n int64) (string, error) {
	path := filepath.Join(b.dir, fmt.Sprintf("big-%d", n))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	return path, shell(fmt.Sprintf("head -c %d /dev/urandom >%s", n, path))
}

func shell(script string) error {
	out, err := exec.Command("sh", "-c", script).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", script, err, tail(string(out)))
	}
	return nil
}

// socat copies a file over loopback TCP, unencrypted: what the machine can do.
func (b *bench) socat(path, into string) func() (figure, error) {
	return func() (figure, error) {
		if err := emptyDir(into); err != nil {
			return figure{}, err
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return figure{}, err
		}
		port := l.Addr().(*net.TCPAddr).Port
		l.Close()
		start := time.Now()
		receiver, err := begin(into, nil, "socat", "-u", "-b", "262144", fmt.Sprintf("TCP-LISTEN:%d,bind=127.0.0.1,reuseaddr", port), "CREATE:copy")
		if err != nil {
			return figure{}, err
		}
		sender, err := begin(b.dir, nil, "socat", "-u", "-b", "262144", "OPEN:"+path, fmt.Sprintf("TCP:127.0.0.1:%d,retry=100,interval=0.01", port))
		if err != nil {
			return figure{}, err
		}
		f, err := finish(receiver, sender)
		f.wall = time.Since(start)
		return f, err
	}
}

func (b *bench) direct() error {
	path, err := b.bigFile(2 * gibibyte)
	if err != nil {
		return err
	}
	return b.compare("2 GiB, direct", 2*gibibyte, b.contenders(path, true))
}

func (b *bench) relayed() error {
	path, err := b.bigFile(2 * gibibyte)
	if err != nil {
		return err
	}
	return b.compare("2 GiB, through the relay", 2*gibibyte, b.contenders(path, true, "--relay-only"))
}

// contenders compares sesame with a plain copy and, where they can be told to
// take the same path, with the others.
func (b *bench) contenders(path string, others bool, flags ...string) []contender {
	into := filepath.Join(b.dir, "into")
	var all []contender
	if have("socat") {
		all = append(all, contender{"socat", b.socat(path, into)})
	}
	add := func(name string, s sending) {
		all = append(all, contender{name, func() (figure, error) { return b.transfer(s, into) }})
	}
	relayed := len(flags) > 0
	if info, err := os.Stat(path); !relayed && err == nil && info.Mode().IsRegular() {
		all = append(all, contender{"bare loop", b.bare(path, into)})
	}
	add("sesame", b.sesame(path, b.url, flags...))
	for name, s := range b.others(path, b.url) {
		// What each program does by itself is the direct path, except croc's.
		if isRelayed := strings.HasSuffix(name, "(relay)"); others && isRelayed == relayed {
			add(name, s)
		}
	}
	return all
}

// smallTree makes 20,000 files of 176 MB together.
func (b *bench) smallTree() (string, error) {
	root := filepath.Join(b.dir, "small")
	if _, err := os.Stat(root); err == nil {
		return root, nil
	}
	block := make([]byte, 8800)
	for i := range 20_000 {
		dir := filepath.Join(root, fmt.Sprintf("%03d", i/100))
		if i%100 == 0 {
			if err := os.MkdirAll(dir, 0o777); err != nil {
				return "", err
			}
		}
		for k := range block {
			block[k] = byte(i*31 + k*k>>3)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("file-%05d.txt", i)), block, 0o666); err != nil {
			return "", err
		}
	}
	return root, nil
}

func (b *bench) small() error {
	root, err := b.smallTree()
	if err != nil {
		return err
	}
	into := filepath.Join(b.dir, "into")
	tar := contender{"tar | tar", func() (figure, error) {
		if err := emptyDir(into); err != nil {
			return figure{}, err
		}
		start := time.Now()
		p, err := begin(b.dir, nil, "sh", "-c", "tar c small | tar x -C into")
		if err != nil {
			return figure{}, err
		}
		f, err := finish(p)
		f.wall = time.Since(start)
		return f, err
	}}
	all := []contender{tar}
	for _, c := range append(b.contenders(root, true), b.contenders(root, true, "--relay-only")...) {
		if c.name != "socat" && (c.name != "sesame" || len(all) == 1) {
			all = append(all, c)
		}
	}
	return b.compare("20,000 files, 176 MB, direct", 0, all)
}
