package transfer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path"
	"slices"
	"strings"
)

var errNotRegular = errors.New("it is neither a file nor a directory")

// A walker lists a directory tree without ever following a symbolic link: every
// directory is opened inside the one above it and must be the one that was
// looked at.
type walker struct {
	ctx         context.Context
	list        *listing
	directories int
}

// walk lists what can be sent of the directory at dir.
func walk(ctx context.Context, dir string) (*listing, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, diskError("read", dir, err)
	}
	defer root.Close()
	w := &walker{ctx: ctx, list: new(listing)}
	if _, err := w.walk(root, ""); err != nil {
		return nil, err
	}
	if dirs := w.directories + len(w.list.entries) - w.list.files; dirs > maxDirectories(w.list.files) {
		return nil, fmt.Errorf("%d directories are too many for %d files", dirs, w.list.files)
	}
	return w.list, nil
}

// walk lists root, which is prefix in the tree, and returns how many entries it
// added. Skipped ones don't count, so a directory of links only is sent as an
// empty one.
func (w *walker) walk(root *os.Root, prefix string) (int, error) {
	names, err := readNames(root)
	if err != nil {
		if prefix == "" {
			return 0, diskError("read", root.Name(), err)
		}
		w.skip(prefix, "it can't be read")
		return 1, nil // not empty, for all we know
	}
	added := 0
	for _, name := range names {
		if err := w.ctx.Err(); err != nil {
			return 0, context.Cause(w.ctx)
		}
		n, err := w.visit(root, name, path.Join(prefix, name))
		if err != nil {
			return 0, err
		}
		added += n
	}
	return added, nil
}

// visit lists one name in root, which is full in the tree.
func (w *walker) visit(root *os.Root, name, full string) (int, error) {
	info, err := root.Lstat(name)
	if err != nil {
		w.skip(full, "it can't be read")
		return 0, nil
	}
	if why := unsendable(info, full); why != "" {
		w.skip(full, why)
		return 0, nil
	}
	if len(w.list.entries)+w.directories >= maxEntries {
		return 0, fmt.Errorf("more than %d files and directories: too many for one transfer", maxEntries)
	}
	if info.IsDir() {
		return w.descend(root, name, full, info)
	}
	if !w.readable(root, name) {
		w.skip(full, "it can't be read")
		return 0, nil
	}
	if info.Size() > math.MaxInt64/2-w.list.size {
		return 0, errors.New("the files are too large for one transfer")
	}
	w.list.entries = append(w.list.entries, entry{full, info})
	w.list.files++
	w.list.size += info.Size()
	return 1, nil
}

// descend lists a directory below root. An empty one becomes an entry.
func (w *walker) descend(root *os.Root, name, full string, info fs.FileInfo) (int, error) {
	sub, err := root.OpenRoot(name)
	if err != nil {
		w.skip(full, "it can't be read")
		return 0, nil
	}
	defer sub.Close()
	if now, err := sub.Stat("."); err != nil || !os.SameFile(info, now) {
		return 0, &ChangedError{Name: full, Detail: "it is another directory now"}
	}
	w.directories++
	n, err := w.walk(sub, full)
	if err == nil && n == 0 {
		w.directories-- // counted as an entry instead
		w.list.entries = append(w.list.entries, entry{full, info})
		n = 1
	}
	return n, err
}

// readable reports whether a file can be opened, where that is cheap to know.
func (w *walker) readable(root *os.Root, name string) bool {
	f, err := openIn(root, name)
	if err != nil {
		return false
	}
	f.Close()
	return true
}

func (w *walker) skip(path, why string) {
	w.list.skipped = append(w.list.skipped, Skipped{Path: path, Reason: why})
}

// unsendable returns why something isn't sent, or "".
func unsendable(info fs.FileInfo, full string) string {
	mode := info.Mode()
	switch {
	case mode&fs.ModeSymlink != 0:
		return "it is a symbolic link"
	case mode&fs.ModeNamedPipe != 0:
		return "it is a named pipe"
	case mode&fs.ModeSocket != 0:
		return "it is a socket"
	case mode&fs.ModeDevice != 0:
		return "it is a device"
	case !mode.IsRegular() && !mode.IsDir():
		return "it is neither a file nor a directory"
	}
	// Names that a receiver would refuse: one of them would fail the whole
	// transfer.
	if err := checkPath(full, false); err != nil {
		return "its name can't be created everywhere: " + err.Error()
	}
	return ""
}

// readNames returns the names in root, sorted, so that the same directory makes
// the same archive.
func readNames(root *os.Root) ([]string, error) {
	d, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(names, strings.Compare)
	return names, nil
}

// openIn opens a file in root for reading, without waiting for the writer of a
// FIFO that somebody may have put in its place.
func openIn(root *os.Root, name string) (*os.File, error) {
	return root.OpenFile(name, os.O_RDONLY|nonblock, 0)
}

// openFile does the same for a path that the user named.
func openFile(path string) (*os.File, error) { return os.OpenFile(path, os.O_RDONLY|nonblock, 0) }
