//go:build linux

package benchnet

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A demand is something that has to be true of a row.
type demand func(r *result) verdict

// A verdict is what came of a demand.
type verdict struct {
	text    string // "0.93 × the best (≥ 0.8)"
	ok      bool
	unknown bool // what it is about hasn't run
}

func (v verdict) String() string {
	switch {
	case v.unknown:
		return v.text + ": not known"
	case v.ok:
		return v.text + " ok"
	}
	return v.text + " **MISS**"
}

// atLeast demands that a flow carries that part of what the best of others carries in the
// same run. The middle of the runs counts; where the others ran once only, the middle of
// what the flow carried.
func atLeast(share float64, name string, others ...string) demand {
	return func(r *result) verdict {
		var ratios []float64
		best := ""
		for _, run := range r.runs {
			if o, ran := run[name]; ran {
				if most, who := most(run, others); most > 0 {
					ratios, best = append(ratios, float64(o.rate/most)), who
				}
			}
		}
		if once, who := most(r.once, others); len(ratios) == 0 && once > 0 && len(r.rates(name)) > 0 {
			ratios, best = []float64{median(r.rates(name)) / float64(once)}, who
		}
		if len(ratios) == 0 {
			return verdict{text: "beside " + strings.Join(others, ", "), unknown: true}
		}
		got := median(ratios)
		return verdict{fmt.Sprintf("%.2f × %s (≥ %g)", got, best, share), got >= share, false}
	}
}

// most returns the greatest rate of those flows in a run, and whose it is.
func most(run map[string]outcome, names []string) (best rate, who string) {
	for _, name := range names {
		if o := run[name]; o.rate > best {
			best, who = o.rate, name
		}
	}
	return best, who
}

// carries demands a rate of a flow, in the middle of its runs.
func carries(least rate, name string) demand {
	return func(r *result) verdict {
		got := rate(median(r.rates(name)))
		return verdict{fmt.Sprintf("%v (≥ %v)", got, least), got >= least, len(r.runs) == 0}
	}
}

// keeps demands a further figure of a flow, in the middle of its runs.
func keeps(least float64, name, figure string) demand {
	return func(r *result) verdict {
		got := median(r.said(name, figure))
		return verdict{fmt.Sprintf("%s %.3g (≥ %g)", figure, got, least), got >= least, len(r.runs) == 0}
	}
}

// stays demands that a further figure of a flow is less, in the middle of its runs.
func stays(most float64, name, figure string) demand {
	return func(r *result) verdict {
		got := median(r.said(name, figure))
		return verdict{fmt.Sprintf("%s %.3g (≤ %g)", figure, got, most), got <= most, len(r.said(name, figure)) == 0}
	}
}

// never demands that a further figure of a flow is less in each run.
func never(most float64, name, figure string) demand {
	return func(r *result) verdict {
		all := r.said(name, figure)
		if len(all) == 0 {
			return verdict{text: figure, unknown: true}
		}
		got := slices.Max(all)
		return verdict{fmt.Sprintf("%s %.2f (≤ %g)", figure, got, most), got <= most, false}
	}
}

// notMore demands that a further figure of a flow isn't more than that of another.
func notMore(name, other string, figures ...string) demand {
	return func(r *result) verdict {
		sum := func(name string) (all float64) {
			for _, f := range figures {
				all += median(r.said(name, f))
			}
			return all
		}
		mine, its := sum(name), sum(other)
		return verdict{fmt.Sprintf("%s %.2f (≤ %.2f of %s)", strings.Join(figures, " + "), mine, its, other), mine <= its, its == 0 || mine == 0}
	}
}

// sooner demands that a flow takes less time in all than another, from when the program
// that receives begins; in the middle of the runs. It is unknown where that was stopped.
func sooner(name, other string) demand {
	return func(r *result) verdict {
		mine, its := median(r.said(name, inAll)), median(r.said(other, inAll))
		if mine == 0 || its == 0 {
			return verdict{text: "time in all", unknown: true}
		}
		return verdict{fmt.Sprintf("%.1f s in all (< %.1f)", mine, its), mine < its, false}
	}
}

// soon demands that a flow takes no longer than the fastest of others, and a part of
// that, and some time more; in the middle of the runs.
func soon(part float64, more time.Duration, name string, others ...string) demand {
	return func(r *result) verdict {
		var over []float64
		for _, run := range r.runs {
			best := 0.
			for _, other := range others {
				if took := run[other].says["s"]; run[other].rate > 0 && (best == 0 || took < best) {
					best = took
				}
			}
			if o := run[name]; o.rate > 0 && best > 0 {
				over = append(over, o.says["s"]-(1+part)*best-more.Seconds())
			}
		}
		got := median(over)
		return verdict{fmt.Sprintf("%+.2f s beside %g × the best alone + %v (≤ 0)", got, 1+part, more), got <= 0, len(over) == 0}
	}
}
