package main

import (
	"strings"
	"testing"

	"sesame/tree/manifest"
)

// Fails if a long list fills a screen without saying how much is missing from
// it, or if what should have been sent isn't said before what never is.
func TestLeftOut(t *testing.T) {
	var skipped []manifest.Skipped
	for range 12 {
		skipped = append(skipped, manifest.Skipped{Path: "p", Why: manifest.Because(manifest.CauseSocket)})
	}
	skipped = append(skipped, manifest.Skipped{Path: "q", Why: manifest.Because(manifest.CauseDeep), Missing: true})
	lines := strings.Split(leftOut(skipped, maxShown), "\n")
	if len(lines) != 1+maxShown+2 || lines[0] != "Can't be sent: q is too deep" || lines[1] != "Left out: p is a socket" {
		t.Errorf("%q", lines)
	}
	if last := lines[1+maxShown]; last != "Left out: 2 more; --verbose lists all" {
		t.Errorf("the last line is %q", last)
	}
	if all := leftOut(skipped, 12); strings.Contains(all, "more") {
		t.Errorf("%q", all)
	}
}
