//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

const gibibyte = 1 << 30

// bigFile makes a file of n bytes below dir that can't be packed, if it isn't there.
func bigFile(dir string, n int64) (string, error) {
	path := filepath.Join(dir, fmt.Sprintf("big-%d", n))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	return path, shell(fmt.Sprintf("head -c %d /dev/urandom >%s", n, path))
}

// manyFiles is how many files the trees have.
const manyFiles = 20_000

// smallTree makes manyFiles of 176 MB together below dir, if they aren't there.
func smallTree(dir string) (string, error) {
	block := make([]byte, 8800)
	return tree(dir, "small", func(i int, f *os.File) error {
		for k := range block {
			block[k] = byte(i*31 + k*k>>3)
		}
		_, err := f.Write(block)
		return err
	})
}

// largeTree makes manyFiles of 1.5 GB together, which are holes only.
func largeTree(dir string) (string, error) {
	return tree(dir, "large-tree", func(_ int, f *os.File) error { return f.Truncate(75_000) })
}

// tree makes manyFiles below a new directory, which fill fills.
func tree(dir, name string, fill func(i int, f *os.File) error) (string, error) {
	root := filepath.Join(dir, name)
	if _, err := os.Stat(root); err == nil {
		return root, nil
	}
	for i := range manyFiles {
		sub := filepath.Join(root, fmt.Sprintf("%03d", i/100))
		if i%100 == 0 {
			if err := os.MkdirAll(sub, 0o777); err != nil {
				return "", err
			}
		}
		f, err := os.Create(filepath.Join(sub, fmt.Sprintf("file-%05d.txt", i)))
		if err != nil {
			return "", err
		}
		err = fill(i, f)
		if closed := f.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return "", err
		}
	}
	return root, nil
}

// emptyDir makes dir new.
func emptyDir(dir string) error {
	os.RemoveAll(dir)
	return os.MkdirAll(dir, 0o777)
}

// allocated returns the bytes that the files below dir take on disk.
func allocated(dir string) (total int64) {
	filepath.Walk(dir, func(_ string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			total += blocks(info)
		}
		return nil
	})
	return total
}

func shell(script string) error {
	out, err := exec.Command("sh", "-c", script).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", script, err, tail(string(out)))
	}
	return nil
}
