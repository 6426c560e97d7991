//go:build linux

// Command bench measures the built programs against others of their kind and
// against what the machine can do, and prints one table:
//
//	make bench                      all of it, about ten minutes
//	go run ./internal/test/bench -only direct,small -runs 5
//	make bench BASE=COMMIT          this state of the programs against another
//
// Every figure is of whole processes, started as a user would start them, with
// files in memory. The commands of one row are run in turn, after one run of
// each that isn't counted, and the best run of each is shown: what else the
// machine does only ever makes it slower. Ratios compare within a row.
//
// Programs that aren't installed are named and left out.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

func main() {
	if ran, err := runBare(os.Args[1:]); err != nil {
		fail(err)
	} else if ran {
		return
	}
	runs := flag.Int("runs", 3, "counted runs of each command")
	only := flag.String("only", "", "comma-separated `rows` instead of all")
	bin := flag.String("bin", "bin", "where sesame and sesame-relay are")
	base := flag.String("base", "", "`directory` with the programs of another commit: only the two are compared")
	work := flag.String("work", "/dev/shm", "where files are made; should be memory")
	flag.Parse()

	dir, err := os.MkdirTemp(*work, "sesame-bench")
	if err != nil {
		fail(err)
	}
	// What programs remember is nobody's here, and nothing from earlier runs.
	os.Setenv("XDG_STATE_HOME", filepath.Join(dir, "state"))
	now, other := &site{bin: *bin, dir: dir}, &site{bin: *base, dir: dir}
	end := func() {
		other.close()
		now.close()
		os.RemoveAll(dir)
	}
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)
	go func() {
		<-interrupted
		end()
		os.Exit(130)
	}()
	wanted := strings.FieldsFunc(*only, func(r rune) bool { return r == ',' })
	if *base != "" {
		err = (&duel{base: other, now: now, rounds: *runs}).all(wanted)
	} else {
		err = all(now, *runs, wanted)
	}
	end()
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "bench:", err)
	os.Exit(1)
}

// all measures the rows that are named, or every one.
func all(s *site, runs int, only []string) error {
	header(s.dir, runs)
	if err := warm(s.dir); err != nil {
		return err
	}
	if err := s.startRelay(); err != nil {
		return err
	}
	if err := s.startCroc(); err != nil {
		return err
	}
	for _, row := range rows() {
		if len(only) > 0 && !slices.Contains(only, row.name) {
			continue
		}
		if err := row.measure(s, runs); err != nil {
			return fmt.Errorf("%s: %w", row.name, err)
		}
	}
	return nil
}

// warm uses the memory that the files will be in once: where the machine is a
// guest, the first use of a page can take many times as long as others.
func warm(dir string) error {
	return shell(fmt.Sprintf("head -c %d /dev/zero >%s && rm %s", 8*gibibyte, dir+"/warm", dir+"/warm"))
}

// header tells what is measured where.
func header(dir string, runs int) {
	fmt.Printf("%s, %s/%s, %d CPUs (%s), best of %d runs after a warm-up, files in %s\n",
		time.Now().Format(time.DateOnly), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), cpuModel(), runs, dir)
	for _, tool := range []struct{ name, arg string }{
		{"wormhole", "--version"}, {"wormhole-william", ""}, {"croc", "--version"}, {"socat", "-V"}, {"rsync", "--version"}, {"tar", "--version"},
	} {
		fmt.Printf("  %-17s %s\n", tool.name, toolVersion(tool.name, tool.arg))
	}
}

func cpuModel() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func toolVersion(name, arg string) string {
	if _, err := exec.LookPath(name); err != nil {
		return "missing"
	}
	if arg == "" {
		return "present"
	}
	out, _ := exec.Command(name, arg).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if line = strings.TrimSpace(line); strings.ContainsAny(line, "0123456789") {
			return line
		}
	}
	return "present"
}

func have(name string) bool {
	_, err := exec.LookPath(name)
	return err == nil
}
