package native

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sesame/tree"
	"sesame/tree/manifest"
)

// Fails if what a sender says about the files that don't come takes more memory than
// the list of them: 300,000 FAILED, each with a reason of its own.
func TestFailedWithoutEnd(t *testing.T) {
	const n = 300_000
	m := &manifest.Manifest{Entries: make([]manifest.Entry, 0, n)}
	for i := range n {
		m.Entries = append(m.Entries, manifest.Entry{Path: fmt.Sprintf("file%07d", i), Kind: manifest.File, Size: 1})
	}
	into, done := storeOf(t, newLanding(t))
	defer done()
	tr, err := into.Begin(t.Context(), m, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	r := &receiver{standing: tree.Nothing{}, m: m}
	r.dst.Store(&destination{tree: tr})
	before, began := heap(), time.Now()
	for i := range n {
		reason := fmt.Sprintf("%d %s", i, strings.Repeat("\x1b", maxReason-10))
		if err := r.dealFailed(failure{i, said(reason)}.append(nil)); err != nil {
			t.Fatal(err)
		}
	}
	grown := heap() - min(heap(), before)
	t.Logf("%d failures take %.1f MB and %v", n, float64(grown)/1e6, time.Since(began))
	if grown > 64<<20 {
		t.Errorf("%d bytes for %d failures", grown, n)
	}
	if f := r.tally.is().failures; len(f) != n || f[n-1].Path != m.Entries[n-1].Path {
		t.Errorf("%d failures are told", len(f))
	}
}

// Fails if more texts of a peer are kept than there may be, or a reason without one is
// not as it came.
func TestReasonBook(t *testing.T) {
	var b reasonBook
	plain := manifest.Because(manifest.CauseChanged)
	if got := b.keep(plain); got != plain || b.keep(manifest.Reason{}) != (manifest.Reason{}) {
		t.Errorf("a cause alone is %v", got)
	}
	different := make(map[manifest.Reason]bool)
	for i := range 10 * maxReasons {
		different[b.keep(manifest.Reason{Says: fmt.Sprint("reason ", i)})] = true
	}
	if len(different) != maxReasons+1 || !different[manifest.Because(manifest.CauseDropped)] {
		t.Errorf("%d reasons are kept", len(different))
	}
	if known := (manifest.Reason{Says: "reason 7"}); b.keep(known) != known {
		t.Error("what is kept already is dropped")
	}
}
