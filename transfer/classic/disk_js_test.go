package classic

import (
	"io/fs"
	"testing"

	"sesame/internal/test/crossing"
	"sesame/tree"
)

// disk is what stands for a disk in a browser.
func disk(dir crossing.Landing) tree.Store { return dir }

// snapshot returns nothing: there is nothing outside of a Memory.
func snapshot(testing.TB, crossing.Landing) []string { return nil }

// contentOf returns what is in a file that has arrived.
func contentOf(dir crossing.Landing, name string) ([]byte, error) {
	for path, it := range dir.All() {
		if path == name {
			p := make([]byte, it.Size)
			_, err := it.Content.ReadAt(p, 0)
			return p, err
		}
	}
	return nil, fs.ErrNotExist
}
