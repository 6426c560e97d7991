package manifest_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"sesame/tree/manifest"
)

// Fails if doc/native.md §8.3 lacks a cause, or has one that there isn't.
func TestCausesAreDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../doc/native.md")
	if err != nil {
		t.Skip("the document can't be read here:", err) // in a browser's build
	}
	_, rest, _ := strings.Cut(string(doc), "\n### 8.3 ")
	rest, _, _ = strings.Cut(rest, "\n## 9 ")
	listed := make(map[manifest.Cause]bool)
	for _, row := range regexp.MustCompile(`(?m)^\| (\d+) \| `).FindAllStringSubmatch(rest, -1) {
		n, _ := strconv.ParseUint(row[1], 10, 16)
		listed[manifest.Cause(n)] = true
	}
	for n := 1; n <= 0xffff; n++ {
		if c := manifest.Cause(n); c.Known() != listed[c] {
			t.Errorf("cause %d: known %v, in the document %v", n, c.Known(), listed[c])
		}
	}
}

// Fails if a reason loses what it holds in words.
func TestReasonWords(t *testing.T) {
	for want, r := range map[string]manifest.Reason{
		"":                         {},
		"is a socket":              manifest.Because(manifest.CauseSocket),
		"as it came":               {Says: "as it came"},
		"7 more were left out":     manifest.Because(manifest.CauseMore, 7),
		"is now 12 bytes, was 3":   manifest.Because(manifest.CauseSize, 12, 3),
		"can't be read: it is hot": manifest.Because(manifest.CauseUnreadable).Saying("it is hot"),
		"is gone":                  manifest.Because(manifest.CauseGone).Saying("which says it all"),
	} {
		if got := r.Words(); got != want {
			t.Errorf("%+v: %q, want %q", r, got, want)
		}
	}
}
