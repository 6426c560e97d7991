package main

import (
	"runtime/debug"
	"testing"
)

// Fails when a program doesn't tell from which commit it was built, or passes
// off changed source as a commit.
func TestRelayCommit(t *testing.T) {
	set := func(pairs ...string) *debug.BuildInfo {
		b := &debug.BuildInfo{}
		for i := 0; i < len(pairs); i += 2 {
			b.Settings = append(b.Settings, debug.BuildSetting{Key: pairs[i], Value: pairs[i+1]})
		}
		return b
	}
	for name, c := range map[string]struct {
		build *debug.BuildInfo
		want  string
	}{
		"no record":      {nil, "unknown"},
		"no repository":  {set("-trimpath", "true"), "unknown"},
		"a module":       {&debug.BuildInfo{Main: debug.Module{Version: "v0.1.2"}}, "v0.1.2"},
		"a working copy": {&debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, "unknown"},
		"clean":          {set("vcs.revision", "79563d6", "vcs.modified", "false"), "79563d6"},
		"changed source": {set("vcs.revision", "79563d6", "vcs.modified", "true"), "79563d6, and changes that aren't in it"},
	} {
		if got := commit(c.build); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
