//go:build !js

package transfer

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"sesame/tree"
	"sesame/tree/manifest"
)

// Open looks at what paths name: regular files and directories, also through
// symbolic links. It returns at once; directories are listed by Scan and Send.
// Everything else (devices, FIFOs, sockets), a file that can't be read and a name
// that can't be created everywhere are refused: better now than when somebody
// waits. Errors of the file system are a *DiskError.
func Open(paths ...string) (*Source, error) {
	if len(paths) == 0 {
		return nil, errors.New("transfer: nothing to open")
	}
	s := &Source{paths: paths, name: BundleName}
	for _, path := range paths {
		info, err := look(path)
		if err != nil {
			return nil, err
		}
		name, err := topName(path)
		if err != nil {
			return nil, readDisk(path, err)
		}
		if why := nameRule(name); why != manifest.CauseUnsaid {
			return nil, &NameError{path, manifest.Because(why)}
		}
		if len(paths) == 1 {
			s.name, s.dir = name, info.IsDir()
		}
		switch {
		case info.IsDir():
			s.size = -1
		case s.size >= 0:
			s.size += info.Size()
		}
	}
	return s, nil
}

// look returns what is behind path if it can be sent.
func look(path string) (os.FileInfo, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, readDisk(path, err)
	case info.IsDir():
		return info, nil
	case !info.Mode().IsRegular():
		return nil, readDisk(path, tree.TroubleAlive)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // it may be a FIFO by now
	if err != nil {
		return nil, readDisk(path, err)
	}
	f.Close()
	return info, nil
}

func readDisk(path string, err error) error {
	return &DiskError{Op: tree.OpReading, Path: path, Err: err}
}

// nameRule says which rule of manifests a top-level name breaks, if any. The
// root of a file system gets a name of its own there.
func nameRule(name string) manifest.Cause {
	if name == string(os.PathSeparator) {
		return manifest.CauseUnsaid
	}
	return manifest.NameRule(name)
}

// walk lists what paths name.
func walk(ctx context.Context, paths []string, seen func(int, int64)) (*Listing, error) {
	m, f, err := manifest.Walk(ctx, paths, &manifest.WalkOptions{Progress: seen})
	if err != nil {
		return nil, err
	}
	return &Listing{Manifest: m, Files: onDisk{tree.Files(f), f}, renamed: f.Renamed}, nil
}

// onDisk is Files of a walk.
type onDisk struct {
	tree.Source
	f *manifest.Sources
}

func (d onDisk) Mark(ctx context.Context) error { return d.f.Mark(ctx) }
func (d onDisk) Grown() []int                   { return d.f.Grown() }
func (d onDisk) Close() error                   { return d.f.Close() }

// topName returns the name that what path means gets at the other end.
func topName(path string) (string, error) {
	abs, err := filepath.Abs(path)
	return manifest.BaseName(abs), err
}
