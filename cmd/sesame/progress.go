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
	logged     time.Time // the last line for who has no terminal, or the beginning
}

// logEvery is how often a log says how far a transfer is.
const logEvery = 30 * time.Second

// tell shows what happens to the connection.
func (m *meter) tell(e client.Event) {
	switch e := e.(type) {
	case client.Connected:
		if e.Lost {
			m.used = false
			m.ui.report(lost{})
			return
		}
		m.path, m.used, m.protection = e, true, protectionOf(e)
		if e.Same { // seen in the progress line only
			m.ui.report(remeasured{describePath(e), describeUse(e)})
		} else {
			m.ui.report(connected{describePath(e), m.protection, describeUse(e), e.Path.String()})
		}
	case client.Progressed:
		m.progress(e)
	}
}

// progress shows how far the transfer is, at most ten times a second.
func (m *meter) progress(p client.Progressed) {
	now := time.Now()
	if now.Sub(m.shown) < 100*time.Millisecond && p.Done < p.Total {
		return
	}
	m.shown = now
	if m.ui.events == nil {
		m.ui.show(m.line(p))
		m.log(now, p)
		return
	}
	m.ui.report(progress{Done: p.Done, Total: known(p.Total), Rate: p.Rate})
}

// log says how far the transfer is where no line is overwritten in place.
func (m *meter) log(now time.Time, p client.Progressed) {
	switch {
	case m.logged.IsZero():
		m.logged = now
	case !m.ui.live && now.Sub(m.logged) >= logEvery:
		m.logged = now
		m.ui.write("So far: " + strings.TrimSpace(strings.Join(amounts(p), ", ")) + "\n")
	}
}

// amounts says how much has crossed, how fast, and how long the rest will take.
func amounts(p client.Progressed) (parts []string) {
	if p.Total > 0 {
		parts = append(parts, fmt.Sprintf("%3d%%", percent(p.Progress)), size(p.Done)+" of "+size(p.Total))
	} else {
		parts = append(parts, size(p.Done))
	}
	if p.Rate > 0 {
		parts = append(parts, size(p.Rate)+"/s")
		if left := p.Total - p.Done; left > 0 {
			parts = append(parts, duration(time.Duration(float64(left)/float64(p.Rate)*float64(time.Second)))+" left")
		}
	}
	return parts
}

func (m *meter) line(p client.Progressed) string {
	parts := amounts(p)
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
