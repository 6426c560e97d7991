//go:build !js

package native

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkLarge is one file of 1 GiB, and the processor time of both ends.
func BenchmarkLarge(b *testing.B) {
	for _, lanes := range []int{1, 2} {
		b.Run(fmt.Sprintf("lanes=%d", lanes), func(b *testing.B) {
			content := noise(1, 64<<20)
			dir := filepath.Join(b.TempDir(), "top")
			os.Mkdir(dir, 0o755)
			f, err := os.Create(filepath.Join(dir, "large"))
			if err != nil {
				b.Fatal(err)
			}
			for range 16 {
				f.Write(content)
			}
			f.Close()
			benchTree(b, dir, lanes)
		})
	}
}

// BenchmarkSmall is 20,000 files of 176 MB in 200 directories.
func BenchmarkSmall(b *testing.B) {
	for _, lanes := range []int{1, 2} {
		b.Run(fmt.Sprintf("lanes=%d", lanes), func(b *testing.B) {
			content := noise(1, 64<<10)
			dir := filepath.Join(b.TempDir(), "top")
			for i := range 20_000 {
				sub := filepath.Join(dir, fmt.Sprintf("d%03d", i%200))
				if i < 200 {
					os.MkdirAll(sub, 0o755)
				}
				n := (i*7919)%17_600 + 1
				if err := os.WriteFile(filepath.Join(sub, fmt.Sprintf("file%05d", i)), content[:n], 0o644); err != nil {
					b.Fatal(err)
				}
			}
			benchTree(b, dir, lanes)
		})
	}
}

func benchTree(b *testing.B, dir string, lanes int) {
	m, src := walk(b, dir)
	b.SetBytes(m.Total())
	cpu := time.Duration(0)
	for b.Loop() {
		b.StopTimer()
		to, err := os.MkdirTemp(filepath.Dir(dir), "to")
		if err != nil {
			b.Fatal(err)
		}
		w := newWorld(b)
		w.Want = lanes
		before := cpuTime()
		b.StartTimer()
		o := w.run(b.Context(), m, src, to, config{}, config{})
		b.StopTimer()
		cpu += cpuTime() - before
		o.ok(b)
		os.RemoveAll(to)
		b.StartTimer()
	}
	b.ReportMetric(cpu.Seconds()/float64(b.N)/(float64(m.Total())/(1<<30)), "cpu-s/GiB")
}
