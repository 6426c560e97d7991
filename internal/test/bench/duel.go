//go:build linux

package main

import (
	"fmt"
	"slices"
	"time"
)

// A duel compares the programs of two commits. They run by turns, so that what else
// the machine does meets both, and each round has a ratio of its own.
type duel struct {
	base, now *site
	rounds    int
}

// A bout is a row of a duel.
type bout struct {
	name string
	run  func(s *site) (figure, error)
}

// all measures the rows that are named, or every one.
func (d *duel) all(only []string) error {
	for _, s := range []*site{d.base, d.now} {
		if err := s.startRelay(); err != nil {
			return err
		}
	}
	if err := warm(d.now.dir); err != nil {
		return err
	}
	fmt.Printf("%d rounds after a warm-up, by turns; the median of the rounds' ratios, base ÷ now: below 1 is worse\n\n", d.rounds)
	fmt.Printf("  %-34s %8s %8s %8s   %s\n", "", "time", "CPU", "memory", "median now")
	for _, row := range bouts() {
		if len(only) > 0 && !slices.Contains(only, row.name) {
			continue
		}
		if err := d.row(row); err != nil {
			return fmt.Errorf("%s: %w", row.name, err)
		}
	}
	return nil
}

func bouts() []bout {
	of := func(file func(dir string) (string, error), flags ...string) func(*site) (figure, error) {
		return func(s *site) (figure, error) {
			path, err := file(s.dir)
			if err != nil {
				return figure{}, err
			}
			return s.transfer(s.sesame(path, s.url, flags...))
		}
	}
	big := func(dir string) (string, error) { return bigFile(dir, 2*gibibyte) }
	one := func(dir string) (string, error) { return bigFile(dir, 1_000_000) }
	return []bout{
		{"direct", of(big)},
		{"relay", of(big, "--relay-only")},
		{"small", of(smallTree)},
		{"small-relay", of(smallTree, "--relay-only")},
		{"one", of(one)},
	}
}

// row runs both by turns, each first as often as the other.
func (d *duel) row(row bout) error {
	var wall, cpu, rss []float64
	var took []time.Duration
	for round := range d.rounds + 1 {
		var base, now figure
		turns := []struct {
			of  *site
			got *figure
		}{{d.base, &base}, {d.now, &now}}
		if round%2 == 1 {
			slices.Reverse(turns)
		}
		for _, turn := range turns {
			f, err := row.run(turn.of)
			if err != nil {
				return err
			}
			*turn.got = f
		}
		if round == 0 {
			continue // files and pages are used the first time
		}
		wall = append(wall, base.wall.Seconds()/now.wall.Seconds())
		cpu = append(cpu, base.cpu.Seconds()/now.cpu.Seconds())
		rss = append(rss, float64(base.rss)/float64(now.rss))
		took = append(took, now.wall)
	}
	note := ""
	if median(wall) < worse {
		note = fmt.Sprintf("   below %.2f", worse)
	}
	fmt.Printf("  %-34s %8.3f %8.3f %8.3f   %.2f s%s\n", row.name, median(wall), median(cpu), median(rss), median(took).Seconds(), note)
	return nil
}

// worse is the ratio below which a change has to say why.
const worse = 0.97

func median[T time.Duration | float64](all []T) T {
	slices.Sort(all)
	return all[len(all)/2]
}
