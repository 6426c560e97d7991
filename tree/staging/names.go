package staging

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"sesame/tree/manifest"
)

const (
	suffix    = manifest.StagingSuffix
	randomLen = manifest.StagingRandom
)

// hiddenLen is how much a hidden name shows of the real one, in bytes. It must
// never be the hidden name that is too long: some disks have 143 bytes for one.
const hiddenLen = 64

// plainFirst stands for a first name where the disk can't have even what is shown
// of it.
const plainFirst = "received"

// stagingPrefix returns how the names of staging directories for a tree begin
// that has name as its first top-level name.
func stagingPrefix(name string) string { return "." + shorten(manifest.AnyDisk(name), hiddenLen) + "." }

func stagingName(name string) string { return stagingPrefix(name) + randomName() + suffix }

// randomPart returns what is random in the name of a staging directory.
func randomPart(name string) string {
	name = strings.TrimSuffix(name, suffix)
	return name[max(len(name)-randomLen, 0):]
}

func randomName() string { return strings.ToLower(rand.Text()[:randomLen]) }

// isStaging reports whether name could have been made by stagingName with the
// prefix.
func isStaging(name, prefix string) bool {
	rest, ok := strings.CutPrefix(name, prefix)
	return ok && manifest.Reserved(name) && len(rest) == randomLen+len(suffix) && rest == strings.ToLower(rest)
}

// shorten returns at most limit bytes of s, without cutting a character.
func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	s = s[:limit]
	for i := 0; i < utf8.UTFMax-1 && len(s) > 0; i++ {
		if r, n := utf8.DecodeLastRuneInString(s); r != utf8.RuneError || n != 1 {
			break
		}
		s = s[:len(s)-1]
	}
	return s
}

// FreeName returns name, or if dir has something by that name, the first of
// "holiday (2).mov", "holiday (3).mov", … that it hasn't. Somebody else may take
// the name before it is used, so whatever uses it must not replace.
func FreeName(dir *os.Root, name string) string {
	return freeName(name, func(s string) error {
		_, err := dir.Lstat(s)
		return err
	})
}

// freeName returns the first of name, "name (2)", … that look, which looks for
// something, doesn't find.
func freeName(name string, look func(string) error) string {
	stem, ext := splitExt(name)
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
		free = shorten(stem, limit-len(tail)) + tail
	}
	return free
}

// splitExt cuts a file name before its extension, taking .tar.gz and the like
// as one. A dot at the beginning is part of the stem.
func splitExt(name string) (stem, ext string) {
	ext = filepath.Ext(name)
	stem = strings.TrimSuffix(name, ext)
	if s, ok := strings.CutSuffix(stem, ".tar"); ok && s != "" {
		stem, ext = s, ".tar"+ext
	}
	if stem == "" || len(ext) > 32 || strings.ContainsRune(ext, ' ') {
		return name, ""
	}
	return stem, ext
}

// checkPath refuses what must never be created, whatever a decoder let through.
func checkPath(path string) error {
	if !fs.ValidPath(path) || path == "." || strings.ContainsRune(path, 0) || !filepath.IsLocal(filepath.FromSlash(path)) {
		return rangeError("path %q", path)
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

// checkFinal refuses a final name that isn't one plain element.
func checkFinal(name string) error {
	if err := checkPath(name); err != nil || strings.ContainsAny(name, `/`+string(filepath.Separator)) {
		return fmt.Errorf("%q can't be a file's name", name)
	}
	return nil
}
