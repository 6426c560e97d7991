package manifest_test

import (
	"testing"

	"sesame/tree/manifest"
)

// Fails if a name that only looks a little like a staging directory's can't be sent.
func TestReserved(t *testing.T) {
	for name, want := range map[string]bool{
		".holiday.abcdefghij234567.sesame":     true,
		"..abcdefghij234567.sesame":            true,
		".a.b.c.abcdefghij234567.sesame":       true,
		".Holiday.ABCDEFGHIJ234567.Sesame":     true,
		".holiday.abcdefghij234567.sesame ":    true,
		"holiday.abcdefghij234567.sesame":      false,
		".holiday.abcdefghij23456.sesame":      false,
		".holiday.abcdefghij234561.sesame":     false,
		".holiday.abcdefghij234567.sesame.txt": false,
		".abcdefghij234567.sesame":             false,
		".sesame":                              false,
		"":                                     false,
	} {
		if got := manifest.Reserved(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}
