//go:build linux

package benchnet

import (
	"time"

	"sesame/internal/test/netlab"
)

// oddLines: what isn't about loss alone. UDP through two NATs, TCP shut, where nothing
// else is said.
func oddLines(string) (rows []row) {
	beside, names := competitors("bbr")
	ours := without("sesame", []string{noTCP}, "--direct-only")
	for _, l := range []line{
		{rate: usual, rtt: 100 * time.Millisecond, jitter: 20 * time.Millisecond},
		{rate: usual, rtt: 100 * time.Millisecond, doubled: 0.01},
		{rate: usual, rtt: 600 * time.Millisecond},
	} {
		r := row{what: "UDP through two NATs", line: l, lay: homes(netlab.PortRestricted)}
		r.flows = append([]flow{ours}, beside...)
		r.demands = steady(atLeast(0.7, "sesame", names...))
		rows = append(rows, r)
	}
	return append(rows, modem(ours), besideCUBIC(), twoOfOurs(), fast())
}

// steady adds what is demanded of every odd line.
func steady(d demand) []demand {
	return []demand{d, never(5, "sesame", "stall s"), never(2, "sesame", "ahead s")}
}

// modem is a row with a line that carries little, and what waits in front of it is sent
// in two seconds and a half: what is usual elsewhere would be half a minute.
func modem(ours flow) row {
	r := row{what: "UDP through two NATs", size: 200_000, lay: homes(netlab.PortRestricted)}
	r.line = line{rate: 64e3, rtt: 100 * time.Millisecond, waits: 20_000}
	r.flows = []flow{ours}
	var names []string
	for _, args := range []string{"-C bbr", "-C cubic"} {
		f := flow{"iperf3 " + args, func(s *scene, _ int64) outcome { return s.iperf(3*(*iperfTime), args) }}
		r.flows, names = append(r.flows, f), append(names, f.name)
	}
	r.demands = steady(atLeast(0.7, "sesame", names...))
	return r
}

// crowd is how long flows share a line; the second half counts. What ours carry lasts
// longer.
const (
	crowd     = 20 * time.Second
	crowdSize = 512 << 20
)

var clean = line{rate: usual, rtt: 40 * time.Millisecond}

// besideCUBIC is a row in which ours shares the line with one flow of another kind.
func besideCUBIC() row {
	r := row{what: "UDP beside one CUBIC", line: clean, size: crowdSize, lay: homes(netlab.PortRestricted)}
	r.flows = []flow{{"sesame beside it", func(s *scene, size int64) outcome {
		s.t.Helper()
		s.bar(noTCP)
		c := s.cross(programs[s.kernel], size, "--direct-only")
		c.flowing()
		other := s.iperf(crowd, "-C cubic")
		now := time.Now()
		mine := c.disk.so().between(now.Add(-crowd/2), now) / 1e6
		o := c.end()
		its := other.says["second half"]
		o.says = map[string]float64{"ours": float64(mine), "CUBIC": its, "together": float64(mine) + its}
		return o
	}}}
	r.demands = []demand{keeps(25, "sesame beside it", "CUBIC"), keeps(85, "sesame beside it", "together")}
	return r
}

// twoOfOurs is a row in which two of ours share the line.
func twoOfOurs() row {
	r := row{what: "two over UDP", line: clean, size: crowdSize, lay: homes(netlab.PortRestricted)}
	r.flows = []flow{{"sesame twice", func(s *scene, size int64) outcome {
		s.t.Helper()
		s.bar(noTCP)
		c := s.cross(programs[s.kernel], size, "--direct-only")
		c.flowing()
		second := s.cross(programs[s.kernel], size, "--direct-only")
		second.flowing()
		select {
		case <-time.After(crowd):
		case <-c.sender.Ended():
		case <-second.sender.Ended():
		}
		now := time.Now()
		first, later := c.disk.so().between(now.Add(-crowd/2), now)/1e6, second.disk.so().between(now.Add(-crowd/2), now)/1e6
		second.end()
		o := c.end()
		o.says = map[string]float64{"first": float64(first), "second": float64(later)}
		return o
	}}}
	r.demands = []demand{keeps(35, "sesame twice", "first"), keeps(35, "sesame twice", "second")}
	return r
}

// fast is a row with a line as fast as the programs, past two NATs, beside what carried
// there before: a token bucket of the kernel, so its delay is that of the queue.
func fast() row {
	const before = "QUIC before"
	r := row{what: "UDP through two NATs, token bucket", line: line{rate: 1e9, rtt: time.Millisecond}, size: 1 << 30, lay: towns}
	beside, names := iperfs("-C bbr", "-C cubic")
	r.flows = append([]flow{
		without("sesame", []string{noTCP}, "--direct-only"),
		{before, func(s *scene, size int64) outcome {
			s.t.Helper()
			s.bar(noTCP)
			c := s.cross(earlier, size, "--direct-only")
			return c.whole()
		}},
	}, beside...)
	r.demands = []demand{atLeast(0.9, "sesame", before), atLeast(0.7, "sesame", names...),
		notMore("sesame", before, "CPU s/GiB sender", "CPU s/GiB receiver")}
	return r
}
