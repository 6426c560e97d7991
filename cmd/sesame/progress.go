package main

import (
	"fmt"
	"strings"
	"time"

	"sesame/client"
	"sesame/transfer"
)

// A meter turns what happens to a transfer into lines that people read. Its
// methods may be called from one goroutine at a time.
type meter struct {
	ui         *terminal
	protection protection
	path       client.Connected
	used       bool // by the path, and not lost since
	shown      time.Time
	rate       rate
}

// tell shows what happens to the connection.
func (m *meter) tell(e client.Event) {
	switch e := e.(type) {
	case client.Connected:
		m.path, m.used, m.protection = e, true, protectionOf(e)
		if e.Same { // seen in the progress line only
			m.ui.report(remeasured{describePath(e)})
		} else {
			m.ui.report(connected{describePath(e), m.protection, e.Path.String()})
		}
	case client.Parted:
		m.used = false
		m.ui.report(lost{})
	case client.Progressed:
		m.progress(e.Progress)
	}
}

// progress shows how far the transfer is, at most ten times a second.
func (m *meter) progress(p transfer.Progress) {
	now := time.Now()
	m.rate.add(now, p.Done)
	if now.Sub(m.shown) < 100*time.Millisecond && p.Done < p.Total {
		return
	}
	m.shown = now
	if m.ui.events == nil {
		m.ui.show(m.line(p))
		return
	}
	m.ui.report(progress{Done: p.Done, Total: known(p.Total), Rate: m.rate.perSecond()})
}

func (m *meter) line(p transfer.Progress) string {
	var parts []string
	switch {
	case p.Total > 0:
		parts = append(parts, fmt.Sprintf("%3d%%", percent(p)), size(p.Done)+" of "+size(p.Total))
	default:
		parts = append(parts, size(p.Done))
	}
	if perSecond := m.rate.perSecond(); perSecond > 0 {
		parts = append(parts, size(perSecond)+"/s")
		if left := p.Total - p.Done; left > 0 {
			parts = append(parts, duration(time.Duration(float64(left)/float64(perSecond)*float64(time.Second)))+" left")
		}
	}
	where := m.path.Path.String()
	if !m.used {
		where = "connection lost"
	}
	return strings.Join(append(parts, where), "  ")
}

// percent is how much is done, at least 0 and, before everything is, at most 99.
func percent(p transfer.Progress) int64 {
	if p.Done >= p.Total {
		return 100
	}
	return min(99, int64(float64(p.Done)/float64(p.Total)*100))
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

// count writes how many things there are: "1 file", "2 files".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
