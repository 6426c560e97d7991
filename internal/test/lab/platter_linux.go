package lab

import (
	"os"
	"path/filepath"
	"testing"
)

// Platter returns a new directory that is a disk of its own, and the file with all that the disk
// has ever been given: what is deleted is still there. It is there until t ends.
func Platter(t testing.TB, size int64) (dir, file string) {
	t.Helper()
	base := t.TempDir()
	dir, file = filepath.Join(base, "disk"), filepath.Join(base, "image")
	f, err := os.Create(file)
	if err == nil {
		err = f.Truncate(size)
		f.Close()
	}
	if err == nil {
		err = os.Mkdir(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	need(t, "mkfs.ext4", "-q", "-F", "-E", "nodiscard", file)
	need(t, "mount", "-o", "loop,nodiscard", file, dir)
	leave(t, dir)
	return dir, file
}
