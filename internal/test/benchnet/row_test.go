//go:build linux

package benchnet

import (
	"fmt"
	"slices"
	"testing"
)

// A row is one figure of the table.
type row struct {
	part   string
	kernel string // what TCP does by default
	what   string // which way; with line the name of the row
	line   line
	size   int64 // of the file; 0 is the line's usual one
	lay    func(t *testing.T, l line, kernel string) *scene
	// What crosses one after another in each run; a run begins with another one each
	// time. Then what crosses once only, whatever the number of runs.
	flows, once []flow
	demands     []demand
}

func (r row) String() string {
	return fmt.Sprintf("%s, %s: %s, %v", r.part, r.kernel, r.what, r.line)
}

func (r row) bytes() int64 {
	if r.size > 0 {
		return r.size
	}
	return r.line.size()
}

// A result is what has become of a row so far.
type result struct {
	row
	runs []map[string]outcome // of flows
	once map[string]outcome
	busy []float64 // of the machine, when each run began
}

// run crosses the flows of r once more, in a scene of its own.
func (r *result) run(t *testing.T) {
	t.Helper()
	r.busy = append(r.busy, busy())
	n := len(r.runs)
	r.runs = append(r.runs, map[string]outcome{})
	s := r.lay(t, r.line, r.kernel)
	for k := range r.flows {
		f := r.flows[(k+n)%len(r.flows)]
		r.runs[n][f.name] = r.crossed(t, s, f, n)
	}
}

// runOnce crosses what is to cross once.
func (r *result) runOnce(t *testing.T) {
	t.Helper()
	r.once = map[string]outcome{}
	s := r.lay(t, r.line, r.kernel)
	for _, f := range r.row.once {
		r.once[f.name] = r.crossed(t, s, f, 0)
	}
}

func (r *result) crossed(t *testing.T, s *scene, f flow, n int) outcome {
	t.Helper()
	o := f.run(s, r.bytes())
	t.Logf("%s: %v", f.name, o)
	if err := o.keep(fmt.Sprintf("%v %s %d", r.row, f.name, n+1)); err != nil {
		t.Error(err)
	}
	return o
}

// rates returns what a flow has carried, run by run; not of runs in which it failed.
func (r *result) rates(name string) (all []float64) {
	for _, o := range r.outcomes(name) {
		all = append(all, float64(o.rate))
	}
	return all
}

// said returns a further figure of a flow, run by run, where it has that.
func (r *result) said(name, figure string) (all []float64) {
	for _, o := range r.outcomes(name) {
		if f, there := o.says[figure]; there {
			all = append(all, f)
		}
	}
	return all
}

// outcomes returns those of a flow in which something crossed.
func (r *result) outcomes(name string) (some []outcome) {
	for _, run := range r.all() {
		if o, ran := run[name]; ran && o.rate > 0 {
			some = append(some, o)
		}
	}
	return some
}

// all returns all runs, with that of what crosses once, if any.
func (r *result) all() []map[string]outcome {
	if r.once == nil {
		return r.runs
	}
	return append(slices.Clone(r.runs), r.once)
}

// any returns an outcome of a flow, the last one, if there is one that hasn't failed.
func (r *result) any(name string) outcome {
	if some := r.outcomes(name); len(some) > 0 {
		return some[len(some)-1]
	}
	return outcome{}
}

// median is the middle of some numbers, and 0 of none.
func median(of []float64) float64 {
	if len(of) == 0 {
		return 0
	}
	of = slices.Sorted(slices.Values(of))
	if half := len(of) / 2; len(of)%2 == 0 {
		return (of[half-1] + of[half]) / 2
	}
	return of[len(of)/2]
}
