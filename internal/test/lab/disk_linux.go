package lab

import (
	"os"
	"testing"
)

// Memory returns a new directory on a file system in memory that holds at most
// size, as in 64M or 2T. It is there until t ends.
func Memory(t testing.TB, size string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "lab")
	if err != nil {
		t.Fatal(err)
	}
	if err := tool("mount", "-t", "tmpfs", "-o", "mode=755,size="+size, "none", dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tool("umount", "--lazy", dir); err != nil {
			t.Error(err)
		}
		os.Remove(dir)
	})
	return dir
}
