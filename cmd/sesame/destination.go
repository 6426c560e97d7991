package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"sesame/client"
	"sesame/internal/safetext"
	"sesame/transfer"
)

// A destination is where things are written to.
type destination struct {
	dir    *os.Root // everything stays below it; nil for standard output
	name   string   // that the user chose for the one thing, if any
	spoken string   // how the user calls it
}

func (d *destination) close() {
	if d.dir != nil {
		d.dir.Close()
	}
}

// destination opens the directory to write into.
func (o *receiveOptions) destination() (*destination, error) {
	d := &destination{spoken: "into the current folder"}
	dir := "."
	switch {
	case o.output == "-":
		d.spoken = "to standard output"
		return d, nil
	case o.output == "":
	case os.IsPathSeparator(o.output[len(o.output)-1]):
		if err := os.MkdirAll(o.output, 0o777); err != nil {
			return nil, noFolder(o.output, err)
		}
		dir, d.spoken = o.output, "into "+safetext.Path(o.output, 200)
	default:
		info, err := os.Stat(o.output)
		if err == nil && info.IsDir() {
			dir, d.spoken = o.output, "into "+safetext.Path(o.output, 200)
			break
		}
		if err == nil && !info.Mode().IsRegular() {
			return nil, &usageError{
				text: safetext.Path(o.output, 200) + " is neither a file nor a folder",
				hint: "--output - writes to standard output, which a shell can lead anywhere",
			}
		}
		dir, d.name = filepath.Dir(o.output), filepath.Base(o.output)
		d.spoken = "as " + safetext.Path(o.output, 200)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, noFolder(dir, err)
	}
	d.dir = root
	return d, nil
}

// noFolder says why there is no folder to write into.
func noFolder(dir string, err error) error {
	info, statErr := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return client.Fail(client.NoFolder, dir)
	case statErr == nil && !info.IsDir(), errors.Is(err, syscall.ENOTDIR), errors.Is(err, fs.ErrExist):
		return client.Fail(client.NotAFolder, dir)
	}
	return &transfer.DiskError{Op: transfer.OpInto, Path: dir, Err: err, Discarded: true}
}
