//go:build linux

package benchnet

import (
	"fmt"
	"regexp"
	"testing"
	"time"
)

// Measures the rows of a part, or of all, and fails if a demand isn't met. The order is
// round by round; what runs once comes after the first round. No run begins that may not
// have ended in time.
func TestFigures(t *testing.T) {
	if *part == "" {
		t.Skip("make bench-net measures figures")
	}
	results := chosen(t)
	clock := newBudget(*within)
	each := func(name string, run func(*result, *testing.T), rows []*result) {
		for _, r := range rows {
			if !clock.allows(r.String() + name) {
				t.Logf("%v: no time for %s", r, name)
				continue
			}
			begun := time.Now()
			t.Run(fmt.Sprint(r, ", ", name), func(t *testing.T) { run(r, t) })
			clock.spent(r.String()+name, time.Since(begun))
			t.Log(r.markdown())
			write(t, results)
		}
	}
	var once []*result
	for _, r := range results {
		if len(r.row.once) > 0 {
			once = append(once, r)
		}
	}
	for n := range *runs {
		each("run", (*result).run, results)
		if n == 0 {
			each("once", (*result).runOnce, once)
		}
	}
	for _, r := range results {
		for _, v := range r.verdicts() {
			if !v.ok && !v.unknown {
				t.Errorf("%v: %v", r, v)
			}
		}
	}
}

// chosen returns the rows that the flags want.
func chosen(t *testing.T) (all []*result) {
	t.Helper()
	match, err := regexp.Compile(*only)
	if err != nil {
		t.Fatal(err)
	}
	kernels := []string{*kernel}
	if *part == "all" {
		kernels = []string{"bbr", "cubic"}
	}
	for _, k := range kernels {
		for _, p := range parts {
			if p.name != *part && (*part != "all" || k == "cubic" && p.once) {
				continue
			}
			if p.once {
				k = "bbr"
			}
			for _, r := range p.rows(k) {
				r.part, r.kernel = p.name, k
				if match.MatchString(r.String()) {
					all = append(all, &result{row: r})
				}
			}
		}
	}
	if len(all) == 0 {
		t.Fatalf("there are no such rows: -part %s -kernel %s -only %q", *part, *kernel, *only)
	}
	return all
}

// A budget is time to spend. What has taken some time is expected to take as long again,
// and what hasn't been done yet as long as most do.
type budget struct {
	until time.Time
	took  map[string]time.Duration
}

const mostTake = time.Minute

func newBudget(d time.Duration) *budget {
	return &budget{time.Now().Add(d), map[string]time.Duration{}}
}

func (b *budget) allows(what string) bool {
	took, known := b.took[what]
	if !known {
		took = mostTake
	}
	return time.Now().Add(took).Before(b.until)
}

func (b *budget) spent(what string, took time.Duration) { b.took[what] = max(b.took[what], took) }
