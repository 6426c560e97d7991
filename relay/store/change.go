package store

import "time"

// A Change is one of a record. Put, Append and Delete return those that there are.
type Change struct {
	Does Deed
	Key  Key
	// Was is the version that the record has, 0 if there is to be none. Of Append: not used.
	Was uint64
	// Head and Life are what Put gives the record.
	Head string
	Life time.Duration
	// Item is what Append adds, and N its number.
	Item string
	N    int
}

// A Deed is what a change does to its record.
type Deed uint8

// What there is to do.
const (
	Puts Deed = iota + 1
	Appends
	Deletes
)

// Put makes a record, if was is 0, or replaces its head. The record is gone when life has passed
// without another Put.
func Put(k Key, was uint64, head string, life time.Duration) Change {
	return Change{Does: Puts, Key: k, Was: was, Head: head, Life: life}
}

// Append adds item number n to a record, which has to be there and that item to be its next one.
func Append(k Key, n int, item string) Change {
	return Change{Does: Appends, Key: k, N: n, Item: item}
}

// Delete removes a record with its items.
func Delete(k Key, was uint64) Change { return Change{Does: Deletes, Key: k, Was: was} }

// Fits reports whether a record is what a change says: its version, 0 if there is none, and whether the item that
// is appended would be its next one.
func (c *Change) Fits(version uint64, next bool) bool {
	switch c.Does {
	case Puts:
		return version == c.Was
	case Appends:
		return version != 0 && next
	case Deletes:
		return version != 0 && version == c.Was
	}
	return false
}

// Check reports, as ErrTooLarge, what no store has to take, and as ErrConflict a group with two changes of
// one record: after the first of them it isn't what the second says.
func Check(group []Change) error {
	if len(group) > MaxGroup {
		return ErrTooLarge
	}
	for i := range group {
		c := &group[i]
		if k := &c.Key; k.Kind == "" || len(k.Kind) > 16 || len(k.App) > 256 || len(k.Name) > 256 || len(c.Head) > MaxHead || len(c.Item) > MaxItem {
			return ErrTooLarge
		}
	}
	for i := range group {
		for j := range i {
			if group[i].Key == group[j].Key {
				return ErrConflict
			}
		}
	}
	return nil
}
