package classic

import (
	"errors"
	"fmt"
	"strings"

	"sesame/tree/manifest"
)

// Limits on a directory, for both sides (doc/transfer.md §2.4).
const (
	maxEntries = 1_000_000 // files and directories together
	maxPath    = 4096      // bytes of a path
	maxDepth   = 64        // elements of a path
)

// maxDirectories bounds how many directories may hold a number of files. The
// offer doesn't count directories, so this keeps them in proportion.
func maxDirectories(files int) int { return 10_000 + 8*files }

func tooMany(dirs, files int) error {
	return fmt.Errorf("%d directories are too many for %d files", dirs, files)
}

// checkPath says what is wrong with path as a file below a directory. A name that this
// computer can't have is fine: it gets another. A backslash isn't, since it is somebody's
// separator.
func checkPath(path string) error {
	switch {
	case path == "":
		return errors.New("it is empty")
	case len(path) > maxPath:
		return fmt.Errorf("it is longer than %d bytes", maxPath)
	case strings.Count(path, "/") >= maxDepth:
		return fmt.Errorf("it is deeper than %d directories", maxDepth)
	case path[0] == '/':
		return errors.New("it is absolute")
	case len(path) > 1 && path[1] == ':' && isLetter(path[0]):
		return errors.New("it begins with a drive letter")
	}
	for element := range strings.SplitSeq(path, "/") {
		switch wrong := manifest.NameRule(element); {
		case wrong != manifest.CauseUnsaid:
			return errors.New("it " + manifest.Because(wrong).Words())
		case manifest.IsDots(element):
			return errors.New("it leads to a directory that exists")
		case strings.Contains(element, `\`):
			return errors.New("it holds a path separator")
		}
	}
	return nil
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
