// Package userstate keeps small things that a program must know again the next
// time it runs, in the directory that a system has for that and that belongs to
// one user:
//
//	STATE/sesame/            mode 0700
//	    KIND-FORMAT/KEY      one record each, mode 0600
//
// A program must work without it, too: where it can't be had or written, what
// would have been remembered isn't.
package userstate

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// application is the name of the directory in that of the system.
const application = "sesame"

// ErrNowhere says that the environment names no place for a user's state.
var ErrNowhere = errors.New("no place for this user's state is known: HOME isn't set")

// Directory returns the directory for this user's state, which may not be there yet:
// $XDG_STATE_HOME/sesame, or what the system has in its place. env looks up the
// variables of the environment.
func Directory(env func(name string) (string, bool)) (string, error) {
	return directory(runtime.GOOS, env)
}

func directory(system string, env func(string) (string, bool)) (string, error) {
	at := func(name string, below ...string) string {
		if base, _ := env(name); filepath.IsAbs(base) {
			return filepath.Join(append([]string{base}, below...)...)
		}
		return ""
	}
	dir := at("XDG_STATE_HOME")
	if dir == "" {
		switch system {
		case "windows":
			dir = at("LocalAppData")
		case "darwin", "ios":
			dir = at("HOME", "Library", "Application Support")
		default:
			dir = at("HOME", ".local", "state")
		}
	}
	if dir == "" {
		return "", ErrNowhere
	}
	return filepath.Join(dir, application), nil
}

// prepare makes dir, and what it is in, and sees to it that nobody else can write
// there.
func prepare(dir string) error {
	if err := checkParents(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	switch {
	case !info.IsDir():
		return fmt.Errorf("%s is no directory", dir)
	case !mine(info):
		return fmt.Errorf("%s belongs to somebody else", dir)
	case !modesMean || info.Mode().Perm()&0o077 == 0:
		return nil
	}
	// A disk that shows modes of its own is its owner's business, unless it says
	// that anybody may write.
	os.Chmod(dir, 0o700)
	if info, err = os.Lstat(dir); err == nil && info.Mode().Perm()&0o022 != 0 {
		err = fmt.Errorf("others may write in %s", dir)
	}
	return err
}

// checkParents refuses to make directories in somebody else's: who works as
// another user for a moment, with the environment of before, leaves nothing there
// that its owner can't use.
func checkParents(dir string) error {
	for {
		info, err := os.Stat(dir)
		switch up := filepath.Dir(dir); {
		case err == nil && mine(info):
			return nil
		case err == nil:
			return fmt.Errorf("%s belongs to somebody else", dir)
		case !errors.Is(err, fs.ErrNotExist) || up == dir:
			return err
		default:
			dir = up
		}
	}
}
