//go:build linux

package endtoend

import (
	"bytes"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// noise is random content that is the same in every run.
type noise struct{ *rand.ChaCha8 }

func newNoise(seed byte) noise { return noise{rand.NewChaCha8([32]byte{seed})} }

// write makes a file of size bytes of noise.
func write(t *testing.T, path string, size int64) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.CopyN(f, newNoise(byte(size)), size); err != nil {
		t.Fatal(err)
	}
}

// writeText makes a file with what a test wants to find again.
func writeText(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// same fails the test unless two files have the same content.
func same(t *testing.T, got, want string) {
	t.Helper()
	a, err := os.Open(got)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := os.Open(want)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	var buffers [2][1 << 16]byte
	for at := 0; ; {
		n, errA := io.ReadFull(a, buffers[0][:])
		m, errB := io.ReadFull(b, buffers[1][:])
		if n != m || !bytes.Equal(buffers[0][:n], buffers[1][:n]) {
			t.Fatalf("%s differs from what was sent, in the 64 KiB at %d", filepath.Base(got), at)
		}
		if errA != nil || errB != nil {
			return
		}
		at += n
	}
}

// blocks returns how many bytes a file takes.
func blocks(info fs.FileInfo) int64 { return info.Sys().(*syscall.Stat_t).Blocks * 512 }
