package staging

import (
	"crypto/rand"
	"os"
	"strings"

	"sesame/tree"
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
func stagingPrefix(name string) string {
	return "." + manifest.Shorten(manifest.AnyDisk(name), hiddenLen) + "."
}

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

// FreeName returns name, or if dir has something by that name, the first of
// "holiday (2).mov", "holiday (3).mov", … that it hasn't. Somebody else may take
// the name before it is used, so whatever uses it must not replace.
func FreeName(dir *os.Root, name string) string {
	return tree.FreeName(name, func(s string) error {
		_, err := dir.Lstat(s)
		return err
	})
}
