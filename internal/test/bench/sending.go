//go:build linux

package main

import "strings"

// A sending is one transfer with two processes.
type sending struct {
	sender, receiver []string // program and arguments; CODE stands for the code
	env              []string
	says             string // what the sender prints before a receiver can start
}

// with returns it for one code.
func (s sending) with(code string) sending {
	fill := func(args []string) []string {
		out := make([]string, len(args))
		for i, a := range args {
			out[i] = strings.ReplaceAll(a, "CODE", code)
		}
		return out
	}
	return sending{fill(s.sender), fill(s.receiver), fill(s.env), s.says}
}

// send starts the sender in dir, and returns when a receiver can start.
func (s sending) send(dir string) (*process, error) {
	p, err := begin(dir, s.env, s.sender[0], s.sender[1:]...)
	if err != nil {
		return nil, err
	}
	_, err = p.await(s.says)
	return p, err
}

// receive starts the receiver in dir.
func (s sending) receive(dir string) (*process, error) {
	return begin(dir, s.env, s.receiver[0], s.receiver[1:]...)
}
