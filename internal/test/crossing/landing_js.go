package crossing

import (
	"strings"
	"testing"

	"sesame/tree"
)

// A Landing is where a test receives into: a directory, or in a browser memory.
type Landing = *tree.Memory

// Dir makes an empty one, with room for what tests offer and don't send.
func Dir(testing.TB) Landing { return &tree.Memory{Limit: 4 << 30} }

// Names lists what is in dir.
func Names(_ testing.TB, dir Landing) []string {
	out := []string{}
	for path := range dir.All() {
		if !strings.Contains(path, "/") {
			out = append(out, path)
		}
	}
	return out
}
