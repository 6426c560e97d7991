package tree

import "context"

// Nothing is a Standing of nothing, with the plan that it holds.
type Nothing struct{ As Plan }

var _ Standing = Nothing{}

// Plan returns As.
func (n Nothing) Plan() Plan { return n.As }

// Whole returns none.
func (Nothing) Whole() []int { return nil }

// Unwanted returns none.
func (Nothing) Unwanted() []int { return nil }

// Sum returns the zeros of what can't be read.
func (Nothing) Sum(context.Context, int, []byte) ([]byte, error) { return make([]byte, SumSize), nil }

// Keep returns an error that wraps ErrRange: nothing was there to be compared.
func (Nothing) Keep(i int) error { return Rangef("entry %d kept", i) }

// Covers returns false.
func (Nothing) Covers(int) (kept, skipped bool) { return false, false }

// Lost returns none.
func (Nothing) Lost() []int { return nil }
