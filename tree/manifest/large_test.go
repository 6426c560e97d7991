package manifest_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"sesame/tree/manifest"
)

// million returns a manifest of n entries like a disk full of projects and
// photos: 40 files a directory, names that count or are words, times of one
// day a directory. Paths share the memory of one string per directory.
func million(n int) *manifest.Manifest {
	words := []string{"index", "main", "readme", "config", "server", "client", "util_test", "handler", "IMG", "DSC", "notes", "report-final", "package", "schema", "types"}
	exts := []string{".go", ".js", ".jpg", ".md", ".json", ".d.ts", ".html"}
	r := rand.New(rand.NewPCG(1, 2))
	m := &manifest.Manifest{Entries: make([]manifest.Entry, 0, n)}
	m.Entries = append(m.Entries, manifest.Entry{Path: "home-backup", Kind: manifest.Dir, ModTime: at(1_700_000_000, 0)})
	for a := 0; ; a++ {
		outer := fmt.Sprintf("home-backup/projects-%04d", a)
		m.Entries = append(m.Entries, manifest.Entry{Path: outer, Kind: manifest.Dir, ModTime: at(1_700_000_000+int64(a), 0)})
		for b := range 25 {
			dir := fmt.Sprintf("%s/component-%02d", outer, b)
			day := 1_600_000_000 + r.Int64N(100_000_000)
			m.Entries = append(m.Entries, manifest.Entry{Path: dir, Kind: manifest.Dir, ModTime: at(day, 0)})
			word, ext := words[r.IntN(len(words))], exts[r.IntN(len(exts))]
			for c := range 40 {
				if len(m.Entries) >= n {
					return m
				}
				path := fmt.Sprintf("%s/%s_%04d%s", dir, word, 3*c, ext)
				when := at(day+r.Int64N(3600), r.Int64N(1_000_000_000))
				m.Entries = append(m.Entries, manifest.Entry{Path: path, Kind: manifest.File, Size: r.Int64N(1 << 20), ModTime: when})
			}
		}
	}
}

func heap() uint64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

func TestMillionEntriesStaySmall(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds under the race detector")
	}
	n := 1_000_000
	if raceEnabled {
		n = 100_000
	}
	m := million(n)
	start := time.Now()
	pieces := encode(m, 0)
	encoding := time.Since(start)
	size, total := 0, m.Total()
	for _, p := range pieces {
		size += len(p)
	}
	last := m.Entries[n-1]
	m = nil

	before := heap()
	start = time.Now()
	got, err := decode(pieces, n, total)
	decoding := time.Since(start)
	if err != nil {
		t.Fatal(err)
	}
	each := float64(heap()-before) / float64(n)
	start = time.Now()
	groups, err := got.Collisions(t.Context())
	folding := time.Since(start)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d entries: %.1f MiB in %d pieces (%.1f B each); encoded in %v, decoded in %v, compared in %v; %.0f B of memory each",
		n, float64(size)/(1<<20), len(pieces), float64(size)/float64(n), encoding, decoding, folding, each)
	if each > 150 {
		t.Errorf("a decoded entry takes %.0f bytes, want at most 150", each)
	}
	if each := float64(size) / float64(n); each > 22 {
		t.Errorf("an encoded entry takes %.1f bytes, want at most 22", each)
	}
	if got.Entries[n-1] != last || len(groups) != 0 {
		t.Errorf("last entry is %+v, %d groups collide", got.Entries[n-1], len(groups))
	}
	runtime.KeepAlive(got)
}

func BenchmarkEncode(b *testing.B) {
	m := million(100_000)
	for b.Loop() {
		encode(m, 0)
	}
}

func BenchmarkDecode(b *testing.B) {
	m := million(100_000)
	pieces, total := encode(m, 0), m.Total()
	for b.Loop() {
		if _, err := decode(pieces, len(m.Entries), total); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSummary(b *testing.B) {
	m := million(100_000)
	for b.Loop() {
		m.Summary()
	}
}

func BenchmarkCollisions(b *testing.B) {
	m := million(100_000)
	for b.Loop() {
		m.Collisions(b.Context())
	}
}
