//go:build linux

package benchnet

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// grown is a curve of so many bytes each 100 ms.
func grown(from time.Time, bytes ...int64) (c curve) {
	for n, b := range bytes {
		c = append(c, point{from.Add(time.Duration(n) * 100 * time.Millisecond), b})
	}
	return c
}

// Fails if what is read off a curve isn't what it shows.
func TestCurve(t *testing.T) {
	begun := time.Now()
	c := grown(begun, 1000, 2000, 3000, 4000)
	c = append(c, point{begun.Add(time.Second), 5000})
	if got := c.rate(); got != 32000 {
		t.Errorf("4000 bytes in a second are %v bit/s", float64(got))
	}
	if got := c.between(begun.Add(100*time.Millisecond), begun.Add(300*time.Millisecond)); got != 80000 {
		t.Errorf("2000 bytes in 200 ms are %v bit/s", float64(got))
	}
	if got := c.stall(); got != 700*time.Millisecond {
		t.Errorf("its longest pause is %v", got)
	}
	told := grown(begun.Add(-50*time.Millisecond), 1000, 5000)
	if got := told.ahead(c); got != 950*time.Millisecond {
		t.Errorf("what was told %v before it was there", got)
	}
	if (curve{}).rate() != 0 || (curve{}).stall() != 0 || told[:1].rate() != 0 {
		t.Error("something is read off a curve that has nothing")
	}
}

// Fails if a demand is met that isn't, or the other way round; or if it takes the best of
// one run to compare with another run's.
func TestDemands(t *testing.T) {
	r := &result{row: row{flows: []flow{{name: "a"}, {name: "b"}, {name: "c"}}}}
	for _, x := range [][3]rate{{80, 100, 90}, {45, 40, 50}, {10, 0, 100}} {
		run := map[string]outcome{}
		for n, f := range r.flows {
			run[f.name] = outcome{rate: x[n] * 1e6, says: map[string]float64{"s": float64(100 / max(x[n], 1)), "ahead": float64(n)}}
		}
		r.runs = append(r.runs, run)
	}
	r.once = map[string]outcome{"once": {rate: 44e6}}
	for _, test := range []struct {
		what string
		demand
		want string
	}{
		{"ratios 0.8, 0.9, 0.1", atLeast(0.8, "a", "b", "c"), "0.80 × c (≥ 0.8) ok"},
		{"the same", atLeast(0.81, "a", "b", "c"), "MISS"},
		{"44 beside a middle of 45", atLeast(1, "a", "once"), "1.02 × once (≥ 1) ok"},
		{"what hasn't run", atLeast(1, "a", "never"), "not known"},
		{"a middle of 45", carries(45e6, "a"), "ok"},
		{"a middle of 45", carries(46e6, "a"), "MISS"},
		{"a figure of 1, each time", never(0.9, "b", "ahead"), "MISS"},
		{"a figure of 1, each time", stays(1, "b", "ahead"), "ok"},
		{"a figure of 1, each time", keeps(1.1, "b", "ahead"), "MISS"},
		{"1.25 beside 1, 2.2 beside 2, 10 beside 1", soon(0.05, 200*time.Millisecond, "a", "b", "c"), "ok"},
		{"the same", soon(0, 0, "a", "b", "c"), "MISS"},
		{"1.25 beside 1, by the middle", sooner("a", "b"), "not known"},
		{"1 beside 2", notMore("b", "c", "ahead"), "ok"},
		{"2 beside 1", notMore("c", "b", "ahead"), "MISS"},
	} {
		if got := test.demand(r).String(); !strings.Contains(got, test.want) {
			t.Errorf("%s: %s, want %s", test.what, got, test.want)
		}
	}
}

// Fails if a connection that only meets counts as one that carries, or a controller is
// counted that ss doesn't name.
func TestCarriers(t *testing.T) {
	said := "# 203.0.113.10\n" +
		"0 0 203.0.113.10:4000 203.0.113.2:47102 ts sack bbr wscale:10,10 rto:204 bytes_sent:1200 bytes_acked:1200\n" +
		"0 90 203.0.113.10:4001 203.0.113.2:47103 ts sack bbr wscale:10,10 rto:204 bytes_sent:52428800 bytes_retrans:1448\n" +
		"0 90 203.0.113.10:4001 203.0.113.2:47104 ts sack bbr wscale:10,10 rto:204 bytes_sent:52428800 bytes_retrans:1448\n" +
		"0 0 203.0.113.10:4001 203.0.113.2:47105 cubic bytes_sent:52428800\n"
	if got, want := carriers(said), "bbr × 2, cubic × 1"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Fails if what programs say isn't put together from pieces, or progress goes back.
func TestTranscript(t *testing.T) {
	var s transcript
	for _, piece := range []string{`{"event":"connected","path":"rel`, "ay a\",\"kind\":\"relay-tcp\"}\n{\"event\":\"progress\",\"done\":7}\n",
		"{\"event\":\"progress\",\"done\":5}\nnot JSON\n{\"event\":\"path\",\"path\":\"direct\"}\n{\"event\":\"progress\",\"done\":9}\n{\"event\":\"pro"} {
		fmt.Fprint(&s, piece)
	}
	if got := fmt.Sprint(s.paths()); got != "[relay a direct]" {
		t.Errorf("paths %s", got)
	}
	if c := s.progress(); len(c) != 2 || c[0].bytes != 7 || c[1].bytes != 9 {
		t.Errorf("progress %v", c)
	}
}

// Fails if the parts that the Makefile names have no rows, rows with no names of their
// own, or demands about flows that they don't have.
func TestParts(t *testing.T) {
	for _, kernel := range []string{"bbr", "cubic"} {
		for _, p := range parts {
			names := map[string]bool{}
			for _, row := range p.rows(kernel) {
				if names[row.String()] {
					t.Errorf("two rows are called %v", row)
				}
				names[row.String()] = true
				checkDemands(t, row)
			}
			if len(names) == 0 {
				t.Errorf("%s has no rows", p.name)
			}
		}
	}
}

// checkDemands gives every flow of a row an outcome: then nothing may be unknown.
func checkDemands(t *testing.T, r row) {
	t.Helper()
	run := map[string]outcome{}
	figures := map[string]float64{}
	for _, name := range []string{"s", inAll, "stall s", "ahead s", "relay share", "CUBIC", "together", "first", "second", "CPU s/GiB sender", "CPU s/GiB receiver"} {
		figures[name] = 1
	}
	for _, f := range append(r.flows, r.once...) {
		run[f.name] = outcome{rate: 1e6, says: figures}
	}
	for _, v := range (&result{row: r, runs: []map[string]outcome{run}}).verdicts() {
		if v.unknown {
			t.Errorf("%v: %v", r, v)
		}
	}
}
