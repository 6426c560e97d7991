package deps_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"sesame/internal/deps"
)

// room returns the room that a package is in and its floor, counted from above;
// -1 if no floor has it.
func room(dir string) (name string, floor int) {
	floor = -1
	for i, rooms := range deps.Floors {
		for _, r := range rooms {
			if within(dir, r) && len(r) > len(name) {
				name, floor = r, i
			}
		}
	}
	return name, floor
}

// top is the directory at the module's top that dir is in.
func top(dir string) string { return strings.Split(dir, "/")[0] }

// whole is top, but for rooms that were a part of another: it is that.
func whole(room string) string {
	if of, split := deps.Split[room]; split {
		return of
	}
	return room
}

// ties counts the imports of packages that lead from one room to another, by the names
// that name has for the rooms. It leaves out the ground of tests.
func ties(graph map[string][]string, name func(room string) string) map[string]int {
	found := map[string]int{}
	for dir, list := range graph {
		if within(dir, "internal/test") || within(dir, "internal/deps") {
			continue
		}
		for _, imported := range list {
			local, isLocal := strings.CutPrefix(imported, module+"/")
			if from, to := name(top(dir)), name(top(local)); isLocal && from != to {
				found[from+" -> "+to]++
			}
		}
	}
	return found
}

// total returns how many of the ties there are that don't lead to the lowest floor, and
// of how many imports they are.
func total(ties map[string]int) (arrows, imports int) {
	lowest := deps.Floors[len(deps.Floors)-1]
	for pair, n := range ties {
		if _, to, _ := strings.Cut(pair, " -> "); !slices.Contains(lowest, to) {
			arrows, imports = arrows+1, imports+n
		}
	}
	return arrows, imports
}

// Fails when an import leads up or across, and when a room has no floor.
func TestNoArrowLeadsUp(t *testing.T) {
	for dir, list := range imports(t) {
		if within(dir, "internal/test") || within(dir, "internal/deps") {
			continue
		}
		from, floor := room(dir)
		if floor < 0 {
			t.Errorf("%s is on no floor", dir)
		}
		for _, imported := range list {
			local, isLocal := strings.CutPrefix(imported, module+"/")
			if !isLocal {
				continue
			}
			if to, below := room(local); to != from && below <= floor {
				t.Errorf("%s imports %s, which isn't below it", dir, local)
			}
		}
	}
}

// Fails when there are more ties between rooms than are written down, or fewer. What
// leads to the lowest floor is printed, but not counted.
func TestRooms(t *testing.T) {
	graph := imports(t)
	today := ties(graph, func(room string) string { return room })
	for _, pair := range slices.Sorted(maps.Keys(today)) {
		t.Logf("%3d  %s", today[pair], pair)
	}
	arrows, imports := total(today)
	then, _ := total(ties(graph, whole))
	t.Logf("%d arrows between rooms, of %d imports; %d between the rooms of old, where there were %d", arrows, imports, then, deps.Old)
	for _, c := range []struct {
		what      string
		got, want int
	}{{"arrows", arrows, deps.Arrows}, {"imports", imports, deps.Imports}, {"arrows between the rooms of old", then, deps.Folded}} {
		switch {
		case c.got > c.want:
			t.Errorf("%d %s, more than the %d that are written down", c.got, c.what, c.want)
		case c.got < c.want:
			t.Errorf("%d %s: write that down in place of %d", c.got, c.what, c.want)
		}
	}
	if deps.Folded >= deps.Old {
		t.Errorf("%d arrows lead between the rooms of old, no fewer than the %d that there were", deps.Folded, deps.Old)
	}
}

// Fails when ties are counted wrongly.
func TestTies(t *testing.T) {
	graph := map[string][]string{
		"cmd/a": {"sesame/client", "sesame/client/deliver", "os"}, "client": {"sesame/client/deliver", "sesame/tree", "sesame/internal/addr"},
		"client/deliver": {"sesame/transfer"}, "transfer": {"sesame/tree"}, "internal/test/lab": {"sesame/relay"},
	}
	arrows, imports := total(ties(graph, func(room string) string { return room }))
	then, _ := total(ties(graph, whole))
	if arrows != 4 || imports != 5 || then != 1 {
		t.Errorf("%d arrows of %d imports, %d of old; want 4, 5 and 1", arrows, imports, then)
	}
}

// Fails when the floors let through what they are there to stop.
func TestFloorsRefuse(t *testing.T) {
	for _, c := range []struct{ upper, lower string }{
		{"cmd/sesame", "transfer/native"}, {"transfer", "transit/record"}, {"transfer", "tree/manifest"},
		{"rendezvous/local", "pake"}, {"transit", "internal/stun"},
	} {
		upper, a := room(c.upper)
		lower, b := room(c.lower)
		if upper == lower || a >= b {
			t.Errorf("%s isn't above %s", c.upper, c.lower)
		}
	}
}
