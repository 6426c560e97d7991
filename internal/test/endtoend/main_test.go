//go:build linux

package endtoend

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"sesame/internal/test/lab"
)

// The programs under test: as they are released, and with the race detector,
// which tests of time and memory can't have.
var released, checked programs

type programs struct{ sesame, relay string }

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == withoutNetlink {
		fmt.Fprintln(os.Stderr, becomeWithoutNetlink(os.Args[2:]))
		os.Exit(1)
	}
	if len(os.Args) > 4 && os.Args[1] == inRush {
		if err := becomeRush(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if code, outer := lab.Enter(); outer {
		os.Exit(code)
	}
	os.Exit(inside(m))
}

func inside(m *testing.M) int {
	dir, err := os.MkdirTemp("", "endtoend")
	if err == nil {
		defer os.RemoveAll(dir)
		err = errors.Join(os.Chmod(dir, 0o755), lab.Connect())
	}
	if err == nil {
		released, err = build(filepath.Join(dir, "released"), false)
	}
	if err == nil {
		checked, err = build(filepath.Join(dir, "checked"), true)
	}
	if err != nil {
		fmt.Println("end-to-end tests can't be set up:", err)
		return 1
	}
	// The tests wait more than they compute.
	flag.Set("test.parallel", "5")
	return m.Run()
}

func build(dir string, race bool) (programs, error) {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return programs{}, err
	}
	return programs{filepath.Join(dir, "sesame"), filepath.Join(dir, "sesame-relay")},
		lab.Build(dir, race, "sesame", "sesame-relay")
}
