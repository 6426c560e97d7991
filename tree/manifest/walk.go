//go:build !js

package manifest

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"sesame/internal/descriptors"
	"sesame/internal/safetext"
)

// WalkOptions may be nil.
type WalkOptions struct {
	// Progress is called now and then while files are listed, and at the end,
	// from the goroutine of Walk, with what was found so far. Default none.
	Progress func(entries int, bytes int64)
}

// Walk lists the files and directories that a user named, to be sent together.
// Each becomes a top-level entry under its own base name; "." and ".." have the
// name of the directory they mean. If two have the same one, the later is
// numbered, "photos (2)", and stands in Sources.Renamed.
//
// A link that was named is followed. A link below is listed as such if it leads
// to somewhere in the same top-level directory, and is left out otherwise. Also
// left out are what is neither file nor directory nor link, what can't be read,
// and what an interrupted transfer left: Manifest.Skipped says so.
//
// It fails if something named isn't there, if nothing remains to be sent, if
// there is more than a manifest holds (*Error), or with ctx's error. Nothing
// stays open in Sources until its Open is called.
//
// Source: doc/native.md §6.1.
func Walk(ctx context.Context, paths []string, opts *WalkOptions) (*Manifest, *Sources, error) {
	return walk(ctx, paths, opts, (*os.File).Readdir)
}

// walk is Walk by what lists an open directory, a part at a time.
func walk(ctx context.Context, paths []string, opts *WalkOptions, readdir func(*os.File, int) ([]fs.FileInfo, error)) (*Manifest, *Sources, error) {
	if opts == nil {
		opts = &WalkOptions{}
	}
	w := &walker{ctx: ctx, opts: opts, m: new(Manifest), readdir: readdir}
	tops, renamed, err := w.resolve(paths)
	if err != nil {
		return nil, nil, fmt.Errorf("list files: %w", err)
	}
	for i := range tops {
		if err := w.top(&tops[i]); err != nil {
			return nil, nil, fmt.Errorf("list files: %w", err)
		}
	}
	if len(w.m.Entries) == 0 {
		return nil, nil, fmt.Errorf("list files: %w", w.nothing())
	}
	if w.bytes > MaxBytes && encodedSize(w.m) > MaxBytes {
		return nil, nil, fmt.Errorf("list files: %w", &Error{Entry: -1, Rule: "is too large"})
	}
	if w.left > MaxSkipped {
		last := &w.m.Skipped[MaxSkipped-1]
		*last = Skipped{"…", Because(CauseMore, int64(w.left-MaxSkipped+1)), w.missing || last.Missing}
	}
	w.progress()
	w.m.Entries = slices.Clip(w.m.Entries)
	return w.m, newSources(w.m, tops, renamed), nil
}

type walker struct {
	ctx     context.Context
	opts    *WalkOptions
	readdir func(*os.File, int) ([]fs.FileInfo, error)
	m       *Manifest
	check   checker
	names   arena
	bytes   int  // at least what the manifest is encoded in
	left    int  // how many were left out
	missing bool // some of those that aren't named should have been sent
	seen    int  // names looked at
	root    *os.Root
	cut     int // what comes before the path inside root, in a path
}

// skip leaves path out, because it is of a sort that never is sent. The reason
// goes to the peer too: it names no other path of this machine.
func (w *walker) skip(path string, why Cause) { w.leave(path, Because(why), false) }

// miss leaves path out, which should have been sent.
func (w *walker) miss(path string, why Reason) { w.leave(path, why, true) }

// odd leaves out what has a name that breaks a rule. Nobody misses what an
// interrupted transfer left.
func (w *walker) odd(path string, wrong Cause) { w.leave(path, Because(wrong), wrong != CausePartial) }

func (w *walker) leave(path string, why Reason, missing bool) {
	if w.left++; w.left <= MaxSkipped {
		w.m.Skipped = append(w.m.Skipped, Skipped{safetext.Line(path, 200), why, missing})
	} else {
		w.missing = w.missing || missing
	}
}

// nothing says why there is nothing to send.
func (w *walker) nothing() error {
	if len(w.m.Skipped) == 0 {
		return new(NothingError)
	}
	return &NothingError{w.m.Skipped[0]}
}

func (w *walker) progress() {
	if w.opts.Progress != nil {
		w.opts.Progress(len(w.m.Entries), w.check.total)
	}
}

// add appends an entry, which has been found to keep all rules but the sums.
func (w *walker) add(e Entry) error {
	if err := w.check.add(&e); err != nil {
		return err
	}
	w.m.Entries = grown(w.m.Entries, e)
	w.bytes += len(e.Path) + len(e.Target) + 32
	return nil
}

// top lists one named thing.
func (w *walker) top(t *top) error {
	if w.ctx.Err() != nil {
		return context.Cause(w.ctx)
	}
	mode := t.info.Mode()
	switch wrong := NameRule(t.name); {
	case wrong != CauseUnsaid:
		w.odd(t.name, wrong)
		return nil
	case mode.IsRegular():
		f, err := patiently(func() (*os.File, error) { return os.OpenFile(t.path, os.O_RDONLY|openFlags, 0) })
		return w.file(t.name, f, err)
	case !mode.IsDir():
		w.skip(t.name, special(mode))
		return nil
	}
	root, err := patiently(func() (*os.Root, error) { return os.OpenRoot(t.path) })
	if err != nil {
		w.miss(t.name, unreadable(err))
		return nil
	}
	defer root.Close()
	w.root, w.cut = root, len(t.name)
	if t.info, err = root.Stat("."); err != nil {
		return err
	}
	return w.dir(t.name)
}

// inside returns path as w.root knows it.
func (w *walker) inside(path string) string {
	if len(path) == w.cut {
		return "."
	}
	return path[w.cut+1:]
}

// A found is what is kept of one name while its directory is listed. It can't be
// compared: many disks, among them all that Windows formats for a stick, say in a
// listing what there is, but not which.
type found struct {
	name string
	mode fs.FileMode
	read bool // what follows is known: a readable regular file that isn't empty
	size int64
	hole int64
	time int64
}

// dir lists the directory at path.
func (w *walker) dir(path string) error {
	info, err := w.root.Lstat(w.inside(path))
	if err == nil && !info.IsDir() {
		err = errReplaced
	}
	var list []found
	if err == nil {
		list, err = w.list(path, info)
	}
	if w.ctx.Err() != nil {
		return context.Cause(w.ctx)
	}
	if err != nil {
		w.miss(path, unreadable(err))
		return nil
	}
	if err := w.add(Entry{Path: path, Kind: Dir, ModTime: modTime(info)}); err != nil {
		return err
	}
	slices.SortFunc(list, func(a, b found) int { return cmp.Compare(a.name, b.name) })
	depth := strings.Count(path, "/") + 1
	for i := range list {
		if i%256 == 0 && w.ctx.Err() != nil {
			return context.Cause(w.ctx)
		}
		f := &list[i]
		if wrong := NameRule(f.name); wrong != CauseUnsaid {
			w.odd(path+"/"+f.name, wrong)
			continue
		}
		if depth == MaxDepth || len(path)+1+len(f.name) > MaxPath {
			w.miss(path+"/"+f.name, Because(CauseDeep))
			continue
		}
		if err := w.child(w.names.join(path, "/", f.name), f); err != nil {
			return err
		}
	}
	return nil
}

// list reads the names in the directory that info is of, and what is behind each. A
// link that took its place is not followed.
func (w *walker) list(path string, info fs.FileInfo) ([]found, error) {
	d, err := patiently(func() (*os.File, error) {
		return w.root.OpenFile(w.inside(path), os.O_RDONLY|openFlags|dirFlags, 0)
	})
	if err != nil {
		return nil, err
	}
	defer d.Close()
	if now, err := d.Stat(); err != nil {
		return nil, err
	} else if !os.SameFile(now, info) {
		return nil, errReplaced
	}
	var list []found
	for {
		infos, err := w.readdir(d, 256)
		for _, info := range infos {
			f := found{name: info.Name(), mode: info.Mode()}
			if f.mode.IsRegular() && info.Size() > 0 && surelyReadable(info) {
				f.read, f.size, f.hole, f.time = true, info.Size(), holes(info), unixNano(info.ModTime())
			}
			list = append(list, f)
		}
		if before := w.seen; before/1024 != (before+len(infos))/1024 {
			w.progress()
		}
		w.seen += len(infos)
		if err == io.EOF {
			return list, nil
		}
		if err == nil {
			err = w.ctx.Err()
		}
		if err != nil {
			return nil, err
		}
	}
}

// child lists what was found in a directory.
func (w *walker) child(path string, f *found) error {
	if f.read {
		w.m.Holes += f.hole
		return w.add(Entry{Path: path, Kind: File, Exec: executable(f.mode), Size: f.size, ModTime: clampTime(f.time)})
	}
	switch mode := f.mode; {
	case mode.IsDir():
		return w.dir(path)
	case mode.IsRegular():
		file, err := patiently(func() (*os.File, error) { return w.root.OpenFile(w.inside(path), os.O_RDONLY|openFlags, 0) })
		return w.file(path, file, err)
	case mode&fs.ModeSymlink != 0:
		target, err := w.root.Readlink(w.inside(path))
		if err != nil {
			w.miss(path, unreadable(err))
			return nil
		}
		if wrong := targetRule(path, target); wrong != CauseUnsaid {
			w.skip(path, wrong)
			return nil
		}
		return w.add(Entry{Path: path, Kind: Link, Target: target})
	default:
		w.skip(path, special(mode))
		return nil
	}
}

// patiently opens something, though there may be no descriptor left for a moment.
func patiently[T any](open func() (T, error)) (v T, err error) {
	err = descriptors.Patiently(func() error {
		v, err = open()
		return err
	}, nil)
	return v, err
}

// file lists a regular file that was opened, and closes it.
func (w *walker) file(path string, f *os.File, err error) error {
	var info fs.FileInfo
	if err == nil {
		defer f.Close()
		info, err = f.Stat()
	}
	if err == nil && !info.Mode().IsRegular() {
		err = errReplaced
	}
	if err == nil && info.Size() == 0 {
		err = checkEmpty(f)
	}
	if err != nil {
		w.miss(path, unreadable(err))
		return nil
	}
	w.m.Holes += holes(info)
	return w.add(Entry{Path: path, Kind: File, Exec: executable(info.Mode()), Size: info.Size(), ModTime: modTime(info)})
}

// executable reports whether a file's owner may execute it.
func executable(mode fs.FileMode) bool { return mode&0o100 != 0 }
