package lab

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Build compiles programs of this module, named as their directories below
// cmd, into dir; with the race detector if that is asked for.
func Build(dir string, race bool, programs ...string) error {
	if race {
		return build(dir, []string{"-race"}, programs)
	}
	return build(dir, nil, programs)
}

// BuildTagged is Build with a build tag.
func BuildTagged(dir, tag string, programs ...string) error {
	return build(dir, []string{"-tags", tag}, programs)
}

func build(dir string, flags, programs []string) error {
	for _, name := range programs {
		args := append([]string{"build", "-o", filepath.Join(dir, name)}, flags...)
		cmd := exec.Command("go", append(args, "sesame/cmd/"+name)...)
		if text, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w\n%s", cmd, err, text)
		}
	}
	return nil
}

// BuildCommit compiles sesame and sesame-relay as they were in a commit of this
// repository, into dir, which it makes. It needs git, and the history.
func BuildCommit(dir, commit string) error {
	source := filepath.Join(dir, "source")
	if err := os.MkdirAll(source, 0o755); err != nil {
		return err
	}
	// Whoever owns the repository, its history is only read.
	git := func(args ...string) *exec.Cmd {
		return exec.Command("git", append([]string{"-c", "safe.directory=*"}, args...)...)
	}
	top, err := git("rev-parse", "--show-toplevel").Output()
	if err != nil {
		return fmt.Errorf("a commit of this repository has to be built, which needs git and the history: %w", err)
	}
	archive := filepath.Join(dir, "source.tar")
	out, err := git("-C", strings.TrimSpace(string(top)), "archive", "--output", archive, commit).CombinedOutput()
	if err != nil {
		return fmt.Errorf("this clone has no commit %.7s, which is tested with: fetch the whole history (git fetch --unshallow). %w: %s", commit, err, out)
	}
	if err := tool("tar", "-x", "-f", archive, "-C", source); err != nil {
		return err
	}
	// Without paths in it, what was built once is found again wherever the source lies.
	build := exec.Command("go", "build", "-trimpath", "-o", dir, "./cmd/sesame", "./cmd/sesame-relay")
	build.Dir = source
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w: %s", build, err, out)
	}
	return nil
}
