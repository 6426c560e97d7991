package main

import (
	"fmt"
	"strings"
	"time"

	"sesame/transfer"
	"sesame/transit"
)

// A meter turns progress of a transfer into the line that people watch. Its
// methods may be called from one goroutine at a time.
type meter struct {
	ui      *terminal
	path    string
	started time.Time
	shown   time.Time
	rate    rate
}

func newMeter(ui *terminal) *meter { return &meter{ui: ui} }

// connected notes the path that was found.
func (m *meter) connected(p transit.Path) {
	m.path = p.String()
	m.started = time.Now()
	m.ui.say("Connected: %s", m.path)
}

// progress shows how far the transfer is, at most ten times a second.
func (m *meter) progress(p transfer.Progress) {
	now := time.Now()
	m.rate.add(now, p.Done)
	if now.Sub(m.shown) < 100*time.Millisecond && p.Done < p.Total {
		return
	}
	m.shown = now
	m.ui.show(m.line(p))
}

func (m *meter) line(p transfer.Progress) string {
	var parts []string
	if p.Total > 0 {
		parts = append(parts, fmt.Sprintf("%3d%%", p.Done*100/p.Total))
	}
	parts = append(parts, size(p.Done)+" of "+size(p.Total))
	if perSecond := m.rate.perSecond(); perSecond > 0 {
		parts = append(parts, size(perSecond)+"/s")
		if left := p.Total - p.Done; left > 0 {
			parts = append(parts, duration(time.Duration(float64(left)/float64(perSecond)*float64(time.Second)))+" left")
		}
	}
	return strings.Join(append(parts, m.path), "  ")
}

// A rate is the speed of the last few seconds.
type rate struct {
	samples [16]struct {
		at   time.Time
		done int64
	}
	n int // samples taken so far
}

// sampleEvery spaces the samples, so that together they span four seconds.
const sampleEvery = 250 * time.Millisecond

func (r *rate) add(at time.Time, done int64) {
	if r.n > 0 && at.Sub(r.samples[(r.n-1)%len(r.samples)].at) < sampleEvery {
		return
	}
	s := &r.samples[r.n%len(r.samples)]
	s.at, s.done = at, done
	r.n++
}

// perSecond returns bytes a second, 0 as long as nothing can be said.
func (r *rate) perSecond() int64 {
	if r.n < 2 {
		return 0
	}
	last := r.samples[(r.n-1)%len(r.samples)]
	first := r.samples[0]
	if r.n > len(r.samples) {
		first = r.samples[r.n%len(r.samples)]
	}
	elapsed := last.at.Sub(first.at).Seconds()
	if elapsed <= 0 {
		return 0
	}
	return int64(float64(last.done-first.done) / elapsed)
}

// size writes a number of bytes for people: three digits and a decimal unit.
func size(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d bytes", n)
	}
	v, unit := float64(n), ""
	for _, unit = range []string{"kB", "MB", "GB", "TB", "PB", "EB"} {
		if v /= 1000; v < 999.5 {
			break
		}
	}
	if v < 9.95 {
		return fmt.Sprintf("%.1f %s", v, unit)
	}
	return fmt.Sprintf("%.0f %s", v, unit)
}

// duration writes a time span for people.
func duration(d time.Duration) string {
	switch d = d.Round(time.Second); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d:%02d min", d/time.Minute, d%time.Minute/time.Second)
	default:
		return fmt.Sprintf("%d:%02d h", d/time.Hour, d%time.Hour/time.Minute)
	}
}
