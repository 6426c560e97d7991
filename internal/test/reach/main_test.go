//go:build linux

package reach

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"sesame/internal/test/lab"
	"sesame/internal/test/netlab"
)

// The programs under test.
var programs struct{ sesame, relay string }

func TestMain(m *testing.M) {
	if code, outer := lab.Enter(); outer {
		os.Exit(code)
	}
	os.Exit(inside(m))
}

func inside(m *testing.M) int {
	dir, err := os.MkdirTemp("", "reach")
	if err == nil {
		defer os.RemoveAll(dir)
		err = errors.Join(os.Chmod(dir, 0o755), netlab.Resolve(), lab.Build(dir, false, "sesame", "sesame-relay"))
	}
	if err != nil {
		fmt.Println("tests of reaching can't be set up:", err)
		return 1
	}
	programs.sesame, programs.relay = filepath.Join(dir, "sesame"), filepath.Join(dir, "sesame-relay")
	flag.Set("test.parallel", "8") // they wait more than they compute
	return m.Run()
}
