//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// A row is one thing that is measured, with so many runs of each program.
type row struct {
	name    string
	measure func(s *site, runs int) error
}

func rows() []row {
	return []row{
		{"direct", compared("2 GiB, direct", 2*gibibyte, func(s *site) ([]contender, error) { return big(s) })},
		{"relay", compared("2 GiB, through the relay", 2*gibibyte, func(s *site) ([]contender, error) { return big(s, "--relay-only") })},
		{"small", compared("20,000 files, 176 MB, direct", 0, small)},
		{"latency", compared(fmt.Sprintf("receive CODE until 1 MB is written, mailbox server %v away", distance), 0, latency)},
		{"code", compared("code shown for a directory of 20,000 files, 1.5 GB", 0, code)},
		{"resume", resume},
	}
}

// compared is a row in which several do the same. amount is how many bytes each moves,
// 0 if that says nothing.
func compared(title string, amount int64, prepare func(*site) ([]contender, error)) func(*site, int) error {
	return func(s *site, runs int) error {
		all, err := prepare(s)
		if err != nil {
			return err
		}
		return compare(title, amount, all, runs)
	}
}

func big(s *site, flags ...string) ([]contender, error) {
	path, err := bigFile(s.dir, 2*gibibyte)
	if err != nil {
		return nil, err
	}
	return contenders(s, path, flags...), nil
}

// contenders compares sesame with a plain copy and, where they can be told to
// take the same path, with the others.
func contenders(s *site, path string, flags ...string) []contender {
	var all []contender
	if have("socat") {
		all = append(all, contender{"socat", socat(s, path)})
	}
	add := func(name string, what sending) {
		all = append(all, contender{name, func() (figure, error) { return s.transfer(what) }})
	}
	relayed := len(flags) > 0
	if info, err := os.Stat(path); !relayed && err == nil && info.Mode().IsRegular() {
		all = append(all, contender{"bare loop", bare(s, path)})
	}
	add("sesame", s.sesame(path, s.url, flags...))
	for name, what := range s.others(path, s.url) {
		// What each program does by itself is the direct path, except croc's.
		if strings.HasSuffix(name, "(relay)") == relayed {
			add(name, what)
		}
	}
	return all
}

// socat copies a file over loopback TCP, unencrypted: what the machine can do.
func socat(s *site, path string) func() (figure, error) {
	return func() (figure, error) {
		if err := emptyDir(s.into()); err != nil {
			return figure{}, err
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return figure{}, err
		}
		port := l.Addr().(*net.TCPAddr).Port
		l.Close()
		return timed(func() (figure, error) {
			receiver, err := begin(s.into(), nil, "socat", "-u", "-b", "262144", fmt.Sprintf("TCP-LISTEN:%d,bind=127.0.0.1,reuseaddr", port), "CREATE:copy")
			if err != nil {
				return figure{}, err
			}
			sender, err := begin(s.dir, nil, "socat", "-u", "-b", "262144", "OPEN:"+path, fmt.Sprintf("TCP:127.0.0.1:%d,retry=100,interval=0.01", port))
			if err != nil {
				return figure{}, err
			}
			return finish(receiver, sender)
		})
	}
}

func small(s *site) ([]contender, error) {
	root, err := smallTree(s.dir)
	if err != nil {
		return nil, err
	}
	all := []contender{{"tar | tar", func() (figure, error) {
		if err := emptyDir(s.into()); err != nil {
			return figure{}, err
		}
		return timed(func() (figure, error) {
			p, err := begin(s.dir, nil, "sh", "-c", fmt.Sprintf("tar c %s | tar x -C into", filepath.Base(root)))
			if err != nil {
				return figure{}, err
			}
			return finish(p)
		})
	}}}
	for _, c := range append(contenders(s, root), contenders(s, root, "--relay-only")...) {
		if c.name != "socat" && (c.name != "sesame" || len(all) == 1) {
			all = append(all, c)
		}
	}
	return all, nil
}
