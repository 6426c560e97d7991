//go:build !js

package manifest

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// A top is something named, and where it is found again.
type top struct {
	name  string      // top-level name
	named string      // as the user wrote it
	path  string      // absolute, not a link itself
	info  fs.FileInfo // of path
}

// resolve finds what paths mean, and gives each its top-level name. The result
// is in the order of a manifest.
func (w *walker) resolve(paths []string) ([]top, []Renamed, error) {
	tops := make([]top, len(paths))
	taken := make(map[string]int, len(paths)) // how often each base name was named
	for i, path := range paths {
		t, err := locate(path)
		if err != nil {
			return nil, nil, err
		}
		tops[i] = t
		taken[t.name]++
	}
	var renamed []Renamed
	used := make(map[string]bool, len(paths))
	for i := range tops {
		t := &tops[i]
		if used[t.name] {
			t.name = number(t.name, t.info.IsDir(), func(name string) bool { return used[name] || taken[name] > 0 })
			renamed = append(renamed, Renamed{t.named, t.name})
		}
		used[t.name] = true
	}
	slices.SortFunc(tops, func(a, b top) int { return cmp.Compare(a.name, b.name) })
	return tops, renamed, nil
}

// number returns name with the first number that isn't used, before the
// extension of a file.
func number(name string, dir bool, used func(string) bool) string {
	stem, ext := name, ""
	if i := strings.LastIndexByte(name, '.'); !dir && i > 0 {
		stem, ext = name[:i], name[i:]
	}
	for n := 2; ; n++ {
		suffix := fmt.Sprintf(" (%d)%s", n, ext)
		short := stem
		for len(short)+len(suffix) > MaxName && short != "" {
			_, size := utf8.DecodeLastRuneInString(short)
			short = short[:len(short)-size]
		}
		if !used(short + suffix) {
			return short + suffix
		}
	}
}

// locate follows a named path to what it means.
func locate(named string) (top, error) {
	if named == "" {
		return top{}, errors.New("an empty path was named")
	}
	info, err := os.Stat(named)
	if err != nil {
		return top{}, err
	}
	path, err := absolute(named, info)
	if err != nil {
		return top{}, err
	}
	t := top{name: BaseName(path), named: named, path: path, info: info}
	if l, err := os.Lstat(path); err != nil {
		return top{}, err
	} else if l.Mode()&fs.ModeSymlink != 0 {
		if t.path, err = filepath.EvalSymlinks(path); err != nil {
			return top{}, err
		}
	}
	return t, nil
}

// absolute returns a clean absolute path of what was named. Cleaning may change
// what a path means if there is ".." after a link, which info tells.
func absolute(named string, info fs.FileInfo) (string, error) {
	path, err := filepath.Abs(named)
	if err != nil {
		return "", err
	}
	if now, err := os.Stat(path); err == nil && os.SameFile(now, info) {
		return path, nil
	}
	if !filepath.IsAbs(named) {
		dir, err := os.Getwd()
		if err != nil {
			return "", err
		}
		named = dir + string(filepath.Separator) + named
	}
	return filepath.EvalSymlinks(named)
}

// BaseName returns what an absolute path is called where it is sent: its last element; of the
// root of a file system, which has none, the letter of the drive, the name of the share
// or "root".
func BaseName(path string) string {
	return baseName(filepath.Base(path), filepath.VolumeName(path), filepath.Separator)
}

func baseName(base, volume string, separator rune) string {
	if base != string(separator) && base != "." {
		return base
	}
	if len(volume) == 2 {
		return volume[:1]
	}
	if name := volume[strings.LastIndexByte(volume, '\\')+1:]; name != "" {
		return name
	}
	return "root"
}

// modTime returns when a file changed, as far as it is kept.
func modTime(info fs.FileInfo) time.Time {
	return clampTime(unixNano(info.ModTime()))
}
