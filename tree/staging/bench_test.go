//go:build unix

package staging_test

import (
	"context"
	"fmt"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"sesame/tree/manifest"
	"sesame/tree/staging"
)

// benchDir is on tmpfs where there is one: the code is to be measured. Set
// STAGING_BENCH to a directory elsewhere to measure a disk.
func benchDir(b *testing.B) *os.Root {
	parent := os.Getenv("STAGING_BENCH")
	if parent == "" {
		parent = "/dev/shm"
	}
	path, err := os.MkdirTemp(parent, "staging")
	if err != nil {
		path = b.TempDir()
	}
	b.Cleanup(func() { os.RemoveAll(path) })
	return openRoot(b, path)
}

// cpu returns the processor time this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSmallFiles writes 20,000 files of 9 KB in 200 directories.
func BenchmarkSmallFiles(b *testing.B) {
	const files, size = 20_000, 9_000
	m := &manifest.Manifest{}
	m.Entries = append(m.Entries, manifest.Entry{Path: "top", Kind: manifest.Dir, ModTime: when})
	for d := range 200 {
		dir := fmt.Sprintf("top/dir%03d", d)
		m.Entries = append(m.Entries, manifest.Entry{Path: dir, Kind: manifest.Dir, ModTime: when})
		for f := range files / 200 {
			m.Entries = append(m.Entries, manifest.Entry{Path: fmt.Sprintf("%s/file%04d", dir, f), Kind: manifest.File, Size: size, ModTime: when})
		}
	}
	data := noise(1, size)
	for _, sync := range []bool{false, true} {
		b.Run(fmt.Sprintf("sync=%v", sync), func(b *testing.B) {
			b.SetBytes(files * size)
			for b.Loop() {
				b.StopTimer()
				dir := benchDir(b)
				b.StartTimer()
				used := cpu()
				tr, err := staging.Open(dir, m, known(&staging.Options{NoSync: !sync}))
				must(b, err)
				for i, e := range m.Entries {
					if e.Kind == manifest.File {
						must(b, tr.WriteFile(i, data))
					}
				}
				start := time.Now()
				place(b, tr, nil)
				b.ReportMetric(float64(time.Since(start).Milliseconds()), "place-ms")
				b.ReportMetric(float64((cpu() - used).Milliseconds()), "cpu-ms")
				b.StopTimer()
				os.RemoveAll(dir.Name())
				b.StartTimer()
			}
		})
	}
}

// BenchmarkLargeFile writes 1 GiB in chunks of 256 KiB by 1, 2 and 4 writers.
func BenchmarkLargeFile(b *testing.B) {
	const size, chunk = 1 << 30, 256 << 10
	m := &manifest.Manifest{Entries: []manifest.Entry{{Path: "big", Kind: manifest.File, Size: size, ModTime: when}}}
	data := noise(1, chunk)
	for _, writers := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				b.StopTimer()
				dir := benchDir(b)
				b.StartTimer()
				tr, err := staging.Open(dir, m, known(nil))
				must(b, err)
				var wg sync.WaitGroup
				for writer := range writers {
					wg.Go(func() {
						for off := writer * chunk; off < size; off += writers * chunk {
							if err := tr.WriteAt(0, int64(off), data); err != nil {
								b.Error(err)
							}
						}
					})
				}
				wg.Wait()
				start := time.Now()
				place(b, tr, nil)
				b.ReportMetric(float64(time.Since(start).Milliseconds()), "place-ms")
				b.StopTimer()
				os.RemoveAll(dir.Name())
				b.StartTimer()
			}
		})
	}
}

// BenchmarkHashes hashes what an earlier run left: dense, and a sparse TiB.
func BenchmarkHashes(b *testing.B) {
	for name, size := range map[string]int64{"1GiB": 1 << 30, "sparse1TiB": 1 << 40} {
		b.Run(name, func(b *testing.B) {
			dir := benchDir(b)
			m := &manifest.Manifest{Entries: []manifest.Entry{{Path: "big", Kind: manifest.File, Size: size, ModTime: when}}}
			tr, err := staging.Open(dir, m, known(nil))
			must(b, err)
			chunk := noise(1, 1<<20)
			for off := size - 1<<30; off < size-1; off += 1 << 20 {
				must(b, tr.WriteAt(0, off, chunk))
				if size > 1<<30 {
					must(b, tr.WriteAt(0, 1, chunk[:1]))
					break
				}
			}
			must(b, tr.Close())
			tr, err = staging.Open(dir, m, known(nil))
			must(b, err)
			defer tr.Close()
			b.SetBytes(size)
			for b.Loop() {
				if _, sums, err := tr.Hashes(context.Background(), 0, key); err != nil || len(sums) == 0 {
					b.Fatal(len(sums), err)
				}
			}
		})
	}
}
