//go:build linux

package benchnet

import (
	"bytes"
	"encoding/json"
	"slices"
	"sync"
	"time"
)

// An event is what a program said with --json (doc/json.md), and when.
type event struct {
	at time.Time

	Event   string   `json:"event"`
	Done    int64    `json:"done"`
	Path    string   `json:"path"`
	Kind    string   `json:"kind"`
	RTT     *float64 `json:"rtt_ms"`
	Why     string   `json:"why"`
	Carries float64  `json:"carries"`
	Share   float64  `json:"share"`
	Text    string   `json:"text"`
}

// A transcript collects the events of a program. The zero value is ready to use; it is what
// the program's output is written to.
type transcript struct {
	mu     sync.Mutex
	part   []byte
	all    []byte
	events []event
}

func (s *transcript) Write(b []byte) (int, error) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, b...)
	s.part = append(s.part, b...)
	for {
		line, rest, whole := bytes.Cut(s.part, []byte("\n"))
		if !whole {
			return len(b), nil
		}
		e := event{at: now}
		if json.Unmarshal(line, &e) == nil {
			s.events = append(s.events, e)
		}
		s.part = slices.Clone(rest)
	}
}

// progress returns what was said to have crossed, as a curve.
func (s *transcript) progress() (c curve) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if e.Event == "progress" && e.Done > 0 && (len(c) == 0 || e.Done > c[len(c)-1].bytes) {
			c = append(c, point{e.at, e.Done})
		}
	}
	return c
}

// paths returns by which paths it was said to be connected, one after another, and
// how many more were told than that.
func (s *transcript) paths() (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if e.Path != "" && (e.Event == "connected" || e.Event == "path") && (len(all) == 0 || all[len(all)-1] != e.Path) {
			all = append(all, e.Path)
		}
	}
	return all
}

// text returns everything as it was written.
func (s *transcript) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.all)
}
