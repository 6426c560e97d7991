package deps_test

import (
	"path"
	"slices"
	"strings"
	"testing"

	"sesame/internal/deps"
)

// Fails if a sort of path is known anywhere but in its own folder and in the files
// that list those of a system, or if those list nothing.
func TestWaysAreListedOnce(t *testing.T) {
	isWay := func(imported string) bool { return strings.HasPrefix(imported, module+"/transit/way/") }
	listed := func(dir, file string) bool { return slices.Contains(deps.WayLists, path.Join(dir, file)) }
	for dir, list := range importsIf(t, func(dir, file string) bool { return !listed(dir, file) }) {
		for _, imported := range list {
			if isWay(imported) && module+"/"+dir != imported {
				t.Errorf("%s imports %s", dir, imported)
			}
		}
	}
	all := map[string]bool{}
	for dir := range imports(t) {
		if within(dir, "transit/way") && dir != "transit/way" {
			all[module+"/"+dir] = true
		}
	}
	for _, imported := range imports(t)["transit"] {
		delete(all, imported)
	}
	for dir := range all {
		t.Errorf("%s is in no list", dir)
	}
}

// Fails if a page gets another way than through relays while its sessions are built
// without what decides who rests (session/looks_js.go).
func TestPagesHaveRelaysAlone(t *testing.T) {
	list := importsIf(t, func(dir, file string) bool { return path.Join(dir, file) != "transit/ways_os.go" })["transit"]
	ways := slices.DeleteFunc(slices.Clone(list), func(p string) bool { return !strings.HasPrefix(p, module+"/transit/way/") })
	if !slices.Equal(ways, []string{module + "/transit/way/relayed"}) {
		t.Errorf("a page has %q: have it decide who rests, and strike session/looks_js.go", ways)
	}
}
