package staging

import "sesame/tree"

// What a Store on a disk has in common with others is package tree's.
type (
	ID          = tree.ID
	Plan        = tree.Plan
	Target      = tree.Target
	Exists      = tree.Exists
	Placed      = tree.Placed
	Loss        = tree.Loss
	Losses      = tree.Losses
	ExistsError = tree.ExistsError
	TwinsError  = tree.TwinsError
	DiskError   = tree.DiskError
	Lack        = tree.Lack
)

// The same, as package tree has them.
const (
	Refuse       = tree.Refuse
	Replace      = tree.Replace
	MergeSkip    = tree.MergeSkip
	MergeReplace = tree.MergeReplace
	MergeRename  = tree.MergeRename
	SumSize      = tree.SumSize
)

// The same, as package tree has them.
var (
	ErrClosed     = tree.ErrClosed
	ErrIncomplete = tree.ErrIncomplete
	ErrRange      = tree.ErrRange
)

func rangeError(format string, args ...any) error { return tree.Rangef(format, args...) }

// NewID is tree.NewID.
func NewID() ID { return tree.NewID() }
