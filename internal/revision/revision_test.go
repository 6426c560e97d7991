package revision

import (
	"runtime/debug"
	"testing"
)

// Fails when a program doesn't tell from which commit it was built, or passes
// off changed source as a commit.
func TestOf(t *testing.T) {
	set := func(pairs ...string) *debug.BuildInfo {
		b := &debug.BuildInfo{}
		for i := 0; i < len(pairs); i += 2 {
			b.Settings = append(b.Settings, debug.BuildSetting{Key: pairs[i], Value: pairs[i+1]})
		}
		return b
	}
	for name, c := range map[string]struct {
		build   *debug.BuildInfo
		want    string
		changed bool
	}{
		"no record":      {nil, "", false},
		"no repository":  {set("-trimpath", "true"), "", false},
		"a module":       {&debug.BuildInfo{Main: debug.Module{Version: "v0.1.2"}}, "v0.1.2", false},
		"a working copy": {&debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, "", false},
		"clean":          {set("vcs.revision", "79563d6", "vcs.modified", "false"), "79563d6", false},
		"changed source": {set("vcs.modified", "true", "vcs.revision", "79563d6"), "79563d6", true},
	} {
		if id, changed := Of(c.build); id != c.want || changed != c.changed {
			t.Errorf("%s: %q, %v; want %q, %v", name, id, changed, c.want, c.changed)
		}
	}
}
