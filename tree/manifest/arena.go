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

// grown appends e to entries. A list that is full gets twice the room: what isn't
// used of that is address space, not memory, while every copy of a long list is
// memory for a while.
func grown(entries []Entry, e Entry) []Entry {
	if len(entries) == cap(entries) {
		larger := make([]Entry, len(entries), max(2*cap(entries), 64))
		copy(larger, entries)
		entries = larger
	}
	return append(entries, e)
}
