package transfer

import (
	"errors"
	"io/fs"
	"os"

	"sesame/tree/staging"
)

// A Target says where an accepted offer goes.
type Target struct {
	// Dir is the directory to write in. It stays open and is the caller's.
	Dir *os.Root
	// Plan says what becomes of each top-level name (Offer.Tops): another name
	// to write it under, one that ParseName takes; and what to do if something
	// has that name. Default nil: all keep their names and nothing is replaced.
	Plan staging.Plan
	// AnyRatio accepts archives that unpack to more than 200 times what is
	// sent; default false, which refuses those above 64 MiB with ErrRatio.
	AnyRatio bool
}

// check reports what makes the plan impossible as things stand.
func (t *Target) check(tops []Top) error {
	if t.Dir == nil {
		return errors.New("transfer: Target without Dir")
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
		if mounted := goal.Exists != staging.Refuse && !top.Dir && staging.Mounted(t.Dir, name); mounted {
			return &DiskError{Op: "replacing", Path: name, Err: staging.ErrMounted, Discarded: true}
		}
		if goal.Yield {
			continue // it takes another
		}
		if taken[name] {
			return &ExistsError{Name: name}
		}
		taken[name] = true
		if err := checkFree(t.Dir, name, top.Dir, goal.Exists); err != nil {
			return err
		}
	}
	return nil
}

// checkFree returns an *ExistsError if something has the name that must stay.
func checkFree(dir *os.Root, name string, isDir bool, exists staging.Exists) error {
	info, err := dir.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return &DiskError{Op: "looking at", Path: name, Err: err}
	case exists == staging.Refuse, exists != staging.Replace && info.IsDir() != isDir:
		return &ExistsError{Name: name}
	}
	return nil
}
