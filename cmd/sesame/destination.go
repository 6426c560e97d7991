package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
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

// path returns where something below it is, from the root of the file system.
func (d *destination) path(name string) string {
	if d.dir == nil {
		return ""
	}
	return absolute(filepath.Join(d.dir.Name(), name))
}

// absolute returns path from the root of the file system, if that can be known.
func absolute(path string) string {
	if all, err := filepath.Abs(path); err == nil {
		return all
	}
	return path
}

// fromHere returns the shortest path that leads from the current folder to something
// below it. Through links, .. leads elsewhere than it looks.
func (d *destination) fromHere(name string) string {
	best := d.path(name)
	here, err := os.Getwd()
	if err != nil {
		return best
	}
	candidates := []string{filepath.Join(d.dir.Name(), name)}
	if relative, err := filepath.Rel(here, best); err == nil {
		candidates = append(candidates, relative)
	}
	there, err := filepath.EvalSymlinks(best)
	real, hereErr := filepath.EvalSymlinks(here)
	if err != nil || hereErr != nil {
		return best
	}
	for _, path := range candidates {
		led, err := filepath.EvalSymlinks(path)
		if !filepath.IsAbs(led) {
			led = filepath.Join(real, led)
		}
		if err == nil && led == there && len(path) < len(best) {
			best = path
		}
	}
	return best
}

// destination opens the directory to write into.
func (o *receiveOptions) destination(ctx context.Context, ui *terminal) (*destination, error) {
	d := &destination{spoken: "into the current folder"}
	dir := "."
	switch {
	case o.output == "-":
		d.spoken = "to standard output"
		return d, nil
	case o.output != "":
		folder, err := o.namesFolder(ctx, ui)
		if err != nil {
			return nil, err
		}
		if folder {
			dir, d.spoken = o.output, "into "+safetext.Path(o.output, 200)
			break
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

// namesFolder reports whether --output names the folder to write into, and not what
// arrives itself. If there is nothing of that name, one that ends with a separator is a
// folder's, which is made. Any other is asked about; where nobody is to be asked it is
// that of what arrives.
func (o *receiveOptions) namesFolder(ctx context.Context, ui *terminal) (bool, error) {
	folder := os.IsPathSeparator(o.output[len(o.output)-1])
	info, err := os.Stat(o.output)
	switch {
	case err == nil && info.IsDir():
		return true, nil
	case folder: // noFolder says what is there
	case err == nil && !info.Mode().IsRegular():
		return false, &usageError{
			text: safetext.Path(o.output, 200) + " is neither a file nor a folder",
			hint: "--output - writes to standard output, which a shell can lead anywhere",
		}
	case err == nil || o.yes || !ui.interactive() || !freeBeside(o.output):
		return false, nil
	default:
		if folder, err = ui.folder(ctx, o.output); !folder || err != nil {
			return false, err
		}
	}
	if err := os.MkdirAll(o.output, 0o777); err != nil {
		return false, noFolder(o.output, err)
	}
	return true, nil
}

// freeBeside reports whether nothing has that name, and the folder that it would be in
// is there.
func freeBeside(path string) bool {
	_, err := os.Lstat(path)
	above, aboveErr := os.Stat(filepath.Dir(path))
	return errors.Is(err, fs.ErrNotExist) && aboveErr == nil && above.IsDir()
}

// folder asks whether a name is to be that of a folder, or of what arrives.
func (k *keyboard) folder(ctx context.Context, name string) (bool, error) {
	for {
		text, err := k.ask(ctx, ask(client.AskFolder, name))
		if err != nil {
			return false, err
		}
		switch strings.ToLower(text) {
		case "f", "folder":
			return true, nil
		case "n", "name":
			return false, nil
		}
	}
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
