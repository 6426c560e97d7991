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
	b := &bench{bin: *bin, dir: dir, runs: *runs}
	other := &bench{bin: *base, dir: dir}
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)
	go func() {
		<-interrupted
		other.close()
		b.close()
		os.Exit(130)
	}()
	rows := strings.FieldsFunc(*only, func(r rune) bool { return r == ',' })
	if *base != "" {
		err = (&duel{base: other, now: b, rounds: *runs}).all(rows)
	} else {
		err = b.all(rows)
	}
	other.close()
	b.close()
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "bench:", err)
	os.Exit(1)
}

// A bench is one series of measurements.
type bench struct {
	bin  string // directory of the programs under test
	dir  string // everything is made below it
	runs int

	url      string // of the relay's mailbox
	relay    *server
	croc     *server // its relay, if it is there
	crocPort string
	n        int // nameplates used
}

func (b *bench) close() {
	if b.relay != nil {
		b.relay.stop()
	}
	if b.croc != nil {
		b.croc.stop()
	}
	os.RemoveAll(b.dir)
}

// all measures the rows that are named, or every one.
func (b *bench) all(only []string) error {
	b.header()
	if err := b.warm(); err != nil {
		return err
	}
	if err := b.startRelay(); err != nil {
		return err
	}
	if err := b.startCroc(); err != nil {
		return err
	}
	for _, row := range []struct {
		name string
		run  func() error
	}{
		{"direct", b.direct},
		{"relay", b.relayed},
		{"small", b.small},
		{"latency", b.latency},
		{"code", b.code},
		{"resume", b.resume},
	} {
		if len(only) > 0 && !slices.Contains(only, row.name) {
			continue
		}
		if err := row.run(); err != nil {
			return fmt.Errorf("%s: %w", row.name, err)
		}
	}
	return nil
}

// warm uses the memory that the files will be in once: where the machine is a
// guest, the first use of a page can take many times as long as others.
func (b *bench) warm() error {
	return shell(fmt.Sprintf("head -c %d /dev/zero >%s && rm %s", 8*gibibyte, b.dir+"/warm", b.dir+"/warm"))
}

// header tells what is measured where.
func (b *bench) header() {
	fmt.Printf("%s, %s/%s, %d CPUs (%s), best of %d runs after a warm-up, files in %s\n",
		time.Now().Format(time.DateOnly), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), cpuModel(), b.runs, b.dir)
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
