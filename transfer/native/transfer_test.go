package native

import (
	"testing"

	"sesame/transfer"
)

// files is a tree with the sizes around every limit.
func files() map[string][]byte {
	return map[string][]byte{
		"empty":           nil,
		"one":             noise(1, 1),
		"small":           noise(2, 5000),
		"a/b/c/deep":      noise(3, 70_000),
		"a/text":          make([]byte, 100_000),
		"chunk-1":         noise(4, maxChunk-1),
		"chunk":           noise(5, maxChunk),
		"chunk+1":         noise(6, maxChunk+1),
		"large":           noise(7, 5*maxChunk+12345),
		"empty folder/":   nil,
		"x/y/z/":          nil,
		"x/space in name": []byte("hello"),
	}
}

// Fails if any content, name or empty directory of a tree arrives otherwise than
// it was sent, with one lane or two.
func TestTree(t *testing.T) {
	for _, want := range []int{1, 2} {
		leaks(t)
		all := files()
		all["link@"] = []byte("small")
		top, m, src := makeTree(t, all)
		dir := newLanding(t)
		w := newWorld(t)
		w.Want = want
		var last transfer.Progress
		o := w.run(t.Context(), m, src, dir, config{}, config{Config: transfer.Config{Progress: func(p transfer.Progress) { last = p }}})
		o.ok(t)
		sameTree(t, dir, top)
		if total := m.Total(); last.Done != total || last.Total != total || o.sent.Bytes != total || o.got.Bytes != total {
			t.Errorf("progress %v, sent %d, got %d, want %d", last, o.sent.Bytes, o.got.Bytes, total)
		}
		if len(o.got.Placed) != 1 || len(o.got.Failed)+len(o.sent.Failed) > 0 {
			t.Errorf("reports: %+v, %+v", o.sent, o.got)
		}
	}
}
