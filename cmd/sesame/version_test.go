package main

import (
	"strings"
	"testing"
)

// Fails when changed source is passed off as a commit, or nothing as something.
func TestVersionText(t *testing.T) {
	for _, c := range []struct {
		commit  string
		changed bool
		want    string
	}{
		{"", false, "\ncommit: unknown\n"},
		{"79563d6", false, "\ncommit: 79563d6\n"},
		{"79563d6", true, "\ncommit: 79563d6, and changes that aren't in it\n"},
	} {
		if got := versionText(2, c.commit, c.changed); !strings.Contains(got, c.want) {
			t.Errorf("%q, %v: %q", c.commit, c.changed, got)
		}
	}
}
