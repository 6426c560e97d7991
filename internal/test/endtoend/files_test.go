//go:build linux

package endtoend

import (
	"bytes"
	"encoding/binary"
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

// write makes a file of size bytes that can't be packed and don't repeat.
func write(t *testing.T, path string, size int64) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	// One mebibyte of noise, with a number in each 4 KiB: it is made faster.
	block := make([]byte, 1<<20)
	newNoise(byte(size)).Read(block)
	for at := int64(0); at < size; at += int64(len(block)) {
		for i := 0; i < len(block); i += 4096 {
			binary.LittleEndian.PutUint64(block[i:], uint64(at)+uint64(i))
		}
		if _, err := f.Write(block[:min(size-at, int64(len(block)))]); err != nil {
			t.Fatal(err)
		}
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
	bufA, bufB := make([]byte, 1<<20), make([]byte, 1<<20)
	for at := 0; ; {
		n, errA := io.ReadFull(a, bufA)
		m, errB := io.ReadFull(b, bufB)
		if n != m || !bytes.Equal(bufA[:n], bufB[:n]) {
			t.Fatalf("%s differs from what was sent, in the mebibyte at %d", filepath.Base(got), at)
		}
		if errA != nil || errB != nil {
			return
		}
		at += n
	}
}

// blocks returns how many bytes a file takes.
func blocks(info fs.FileInfo) int64 { return info.Sys().(*syscall.Stat_t).Blocks * 512 }
