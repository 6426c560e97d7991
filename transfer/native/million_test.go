package native

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
)

// Fails if a million entries take more than 150 bytes each at the receiver, manifest
// and session together with what the sender's session keeps of them.
func TestMillion(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("takes seconds and memory")
	}
	const n = 1_000_000
	m := &manifest.Manifest{Entries: make([]manifest.Entry, 0, n)}
	m.Entries = append(m.Entries, manifest.Entry{Path: "top", Kind: manifest.Dir})
	for i := 1; i < n; i++ {
		m.Entries = append(m.Entries, manifest.Entry{Path: fmt.Sprintf("top/file%07d", i), Kind: manifest.File, Size: 1 << 30, ModTime: time.Unix(1e9, 0)})
	}
	base := heap()
	w := newWorld(t)
	w.Redial = -1
	ctx, cancel := context.WithCancel(t.Context())
	began := time.Now()
	var after uint64
	w.runWith(ctx, m, noSources{}, config{}, config{}, func(o *treeOffer) (*transfer.Report, error) {
		after = heap()
		t.Logf("listed after %v", time.Since(began))
		cancel()
		return nil, o.Reject(ctx, said(""))
	})
	per := float64(after-min(base, after)) / n
	t.Logf("%.0f bytes an entry for both sides, besides the sender's manifest", per)
	if per > 150 {
		t.Errorf("%.0f bytes an entry", per)
	}
	runtime.KeepAlive(m)
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

type noSources struct{}

func (noSources) Open(int) (tree.Content, error)  { return nil, os.ErrNotExist }
func (noSources) Changed(tree.Content, int) error { return nil }
func (noSources) Read(int, []byte) error          { return os.ErrNotExist }
