package deps_test

import (
	"fmt"
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

// Fails when an import leads up or across, when a room has no floor, and when
// there are more imports between rooms than are written down. What leads to the lowest
// floor is printed, but not counted.
func TestRooms(t *testing.T) {
	graph := imports(t)
	arrows := map[string]int{}
	count := 0
	for _, dir := range slices.Sorted(maps.Keys(graph)) {
		if within(dir, "internal/test") || within(dir, "internal/deps") {
			continue
		}
		from, floor := room(dir)
		if floor < 0 {
			t.Errorf("%s is on no floor", dir)
		}
		for _, imported := range graph[dir] {
			local, isLocal := strings.CutPrefix(imported, module+"/")
			if !isLocal {
				continue
			}
			to, below := room(local)
			if to != from && below <= floor {
				t.Errorf("%s imports %s, which isn't below it", dir, local)
			}
			if top(local) == top(dir) {
				continue
			}
			arrows[top(dir)+" -> "+top(local)]++
			if below < len(deps.Floors)-1 {
				count++
			}
		}
	}
	for _, pair := range slices.Sorted(maps.Keys(arrows)) {
		t.Log(fmt.Sprintf("%3d  %s", arrows[pair], pair))
	}
	t.Logf("%3d  arrows between rooms", count)
	if count > deps.Arrows {
		t.Errorf("%d imports lead from one room to another, more than the %d that are written down", count, deps.Arrows)
	}
}

// Fails when the floors let through what they are there to stop.
func TestFloorsRefuse(t *testing.T) {
	for _, c := range []struct{ upper, lower string }{
		{"cmd/sesame", "transfer/native"}, {"transfer", "transit/record"}, {"transfer", "tree/manifest"},
		{"rendezvous/local", "pake"}, {"transit", "internal/stun"}, {"internal/checkup", "rendezvous"},
	} {
		upper, a := room(c.upper)
		lower, b := room(c.lower)
		if upper == lower || a >= b {
			t.Errorf("%s isn't above %s", c.upper, c.lower)
		}
	}
}
