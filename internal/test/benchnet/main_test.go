//go:build linux

package benchnet

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sesame/internal/test/lab"
	"sesame/internal/test/netlab"
)

var (
	part      = flag.String("part", "", "the part to measure: "+partNames()+"; or all")
	kernel    = flag.String("kernel", "bbr", "what TCP does by default: bbr or cubic; with cubic the programs are built so that they don't ask for another one. With -part all: both")
	runs      = flag.Int("runs", 3, "how often each row is run")
	only      = flag.String("only", "", "only rows whose names match this regular expression")
	within    = flag.Duration("within", 25*time.Minute, "begin no further run of a row that may not have ended by then")
	table     = flag.String("table", "", "a file to write the table to")
	iperfTime = flag.Duration("iperf", 8*time.Second, "how long iperf3 runs")
	traces    = flag.String("traces", "", "a directory for what programs and sockets said")
)

// An age is the programs of one commit, or of one way to build them.
type age struct{ sesame, relay string }

func programsIn(dir string) age {
	return age{filepath.Join(dir, "sesame"), filepath.Join(dir, "sesame-relay")}
}

// The programs under test, by what TCP does by default, and those of the commit that
// figures are compared with.
var (
	programs = map[string]age{}
	earlier  age
)

// earlierCommit is the last one with QUIC on ways past NATs.
const earlierCommit = "79563d6364086e233fb122f3a37389edb2146a27"

func TestMain(m *testing.M) {
	flag.Parse()
	if *part == "" { // what is left needs no network
		os.Exit(m.Run())
	}
	if code, outer := lab.Enter(); outer {
		os.Exit(code)
	}
	os.Exit(inside(m))
}

func inside(m *testing.M) int {
	dir, err := os.MkdirTemp("", "benchnet")
	if err == nil {
		defer os.RemoveAll(dir)
		err = errors.Join(os.Chmod(dir, 0o755), netlab.Resolve(), build(dir))
	}
	if err != nil {
		fmt.Println("figures can't be set up:", err)
		return 1
	}
	return m.Run()
}

// build builds all programs that are measured below dir.
func build(dir string) error {
	asking, plain, old := filepath.Join(dir, "bbr"), filepath.Join(dir, "cubic"), filepath.Join(dir, "old")
	programs["bbr"], programs["cubic"], earlier = programsIn(asking), programsIn(plain), programsIn(old)
	err := errors.Join(os.Mkdir(asking, 0o755), os.Mkdir(plain, 0o755),
		lab.Build(asking, false, "sesame", "sesame-relay"), lab.BuildTagged(plain, "nobbr", "sesame", "sesame-relay"))
	if err == nil && (*part == "odd" || *part == "all") {
		err = lab.BuildCommit(old, earlierCommit)
	}
	return err
}
