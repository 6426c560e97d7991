package tree

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"sesame/tree/manifest"
)

// FreeName returns the first of name, "name (2)", … that look, which looks for
// something, doesn't find.
func FreeName(name string, look func(string) error) string {
	stem, ext := manifest.SplitExt(name)
	free := name
	limit := manifest.MaxName
	for n := 2; n < 1<<20; n++ {
		switch err := look(free); {
		case errors.Is(err, fs.ErrNotExist):
			return free
		case err != nil && limit > len(name):
			limit, n = len(name), n-1 // names as long as the one that is there can be had
		case err != nil:
			return free // and see what comes of it
		}
		tail := fmt.Sprintf(" (%d)%s", n, ext)
		free = manifest.Shorten(stem, limit-len(tail)) + tail
	}
	return free
}

// checkPath refuses what must never be created, whatever a decoder let through. Names
// that a system can't have, devices of Windows among them, are a matter of its disks.
func checkPath(path string) error {
	for name := range strings.SplitSeq(path, "/") {
		switch name {
		case "", ".", "..":
			return Rangef("path %q", path)
		}
	}
	if strings.IndexByte(path, 0) >= 0 || filepath.Separator != '/' && strings.ContainsRune(path, filepath.Separator) {
		return Rangef("path %q", path)
	}
	return nil
}

// safeTarget reports whether a link at path may lead to target: a relative path
// that stays inside the link's own top-level directory. Steps upwards count only
// at its beginning, where every element is a real directory; "link/.." could
// lead anywhere.
func safeTarget(path, target string) bool {
	up := strings.Count(path, "/") - 1 // how far it may climb
	if up < 0 || target == "" || strings.HasPrefix(target, "/") || strings.ContainsRune(target, 0) {
		return false
	}
	climbing := true
	for element := range strings.SplitSeq(target, "/") {
		if element != ".." {
			climbing = climbing && element == "."
			continue
		}
		if up--; up < 0 || !climbing {
			return false
		}
	}
	return filepath.IsLocal(filepath.FromSlash(path + "/../" + target))
}

// CheckFinal refuses a final name that isn't one plain element.
func CheckFinal(name string) error {
	if err := checkPath(name); err != nil || !filepath.IsLocal(name) || strings.ContainsAny(name, `/`+string(filepath.Separator)) {
		return fmt.Errorf("%q can't be a file's name", name)
	}
	return nil
}
