package transfer

import (
	"errors"
	"io/fs"

	"sesame/tree"
)

// A Target says where an accepted offer goes.
type Target struct {
	// Into is where it is written. It is the caller's, who closes it.
	Into tree.Store
	// Plan says what becomes of each top-level name (Offer.Tops): another name
	// to write it under, one that ParseName takes; and what to do if something
	// has that name. Default nil: all keep their names and nothing is replaced.
	Plan tree.Plan
	// AnyRatio accepts archives that unpack to more than 200 times what is
	// sent; default false, which refuses those above 64 MiB with ErrRatio.
	AnyRatio bool
}

// check reports what makes the plan impossible as things stand.
func (t *Target) check(tops []Top) error {
	if t.Into == nil {
		return errors.New("transfer: Target without Into")
	}
	taken := make(map[string]bool, len(tops))
	for _, top := range tops {
		name, goal := top.Name, t.Plan[top.Name]
		if goal.Name != "" {
			if _, err := ParseName(goal.Name); err != nil {
				return err
			}
			name = goal.Name
		}
		there, err := t.Into.Look(name)
		if err == nil && there.Fixed != nil && goal.Exists != tree.Refuse && !top.Dir {
			return &DiskError{Op: tree.OpReplacing, Path: name, Err: there.Fixed, Discarded: true}
		}
		if goal.Yield {
			continue // it takes another
		}
		if taken[name] {
			return &ExistsError{Name: name}
		}
		taken[name] = true
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return &DiskError{Op: tree.OpLooking, Path: name, Err: err}
		case goal.Exists == tree.Refuse, goal.Exists != tree.Replace && there.Dir != top.Dir:
			return &ExistsError{Name: name}
		}
	}
	return nil
}
