package tree

import (
	"fmt"
	"testing"
)

func TestNamesAndTargets(t *testing.T) {
	for _, test := range []struct{ path, target, safe string }{
		{"d/l", "x", "yes"}, {"d/l", "./x", "yes"}, {"d/e/l", "../x/y", "yes"}, {"d/e/l", "..", "yes"}, {"d/l", "x/", "yes"},
		{"d/l", "..", ""}, {"d/l", "../x", ""}, {"d/e/l", "../..", ""}, {"d/l", "x/..", ""}, {"d/e/l", "x/../..", ""},
		{"d/l", "/x", ""}, {"d/l", "", ""}, {"l", "x", ""}, {"l", "..", ""}, {"d/l", "x\x00", ""},
	} {
		if got := safeTarget(test.path, test.target); got != (test.safe == "yes") {
			t.Errorf("link %s to %q: safe is %v", test.path, test.target, got)
		}
	}
}

func TestGroupSize(t *testing.T) {
	for _, test := range []struct{ size, group int64 }{
		{-1, 256 << 10}, {0, 256 << 10}, {1, 256 << 10}, {256 << 10, 256 << 10}, {16 << 30, 256 << 10}, {16<<30 + 1, 512 << 10},
		{1 << 40, 16 << 20}, {1<<40 + 1, 32 << 20}, {1<<63 - 1, 1 << 47},
	} {
		if got := GroupSize(test.size); got != test.group {
			t.Errorf("groups of %d for %d bytes, want %d", got, test.size, test.group)
		}
		if n := fmt.Sprint((max(test.size, 0)-1)/test.group + 1); len(n) > 5 {
			t.Errorf("%s groups", n)
		}
	}
}
