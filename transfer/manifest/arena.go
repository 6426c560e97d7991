package manifest

import "strings"

// An arena keeps many short strings in few allocations: a million paths would
// otherwise each be rounded up to an allocation of its own.
type arena struct {
	block *strings.Builder
	size  int // of the block
}

// join returns the parts as one string, kept in a.
func (a *arena) join(parts ...string) string {
	n := 0
	for _, part := range parts {
		n += len(part)
	}
	if a.block == nil || a.block.Cap()-a.block.Len() < n {
		a.size = min(max(2*a.size, 1<<10), 64<<10)
		a.block = new(strings.Builder)
		a.block.Grow(max(a.size, n))
	}
	start := a.block.Len()
	for _, part := range parts {
		a.block.WriteString(part)
	}
	return a.block.String()[start:]
}
