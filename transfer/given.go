package transfer

import (
	"context"
	"errors"
	"slices"
	"strings"

	"sesame/tree"
	"sesame/tree/manifest"
)

// FromTree makes a Source of what m lists, whose content lies where content says: in
// memory, in a browser, or at somebody else's. Neither may change while it is sent.
// Listing fails with a *ListError if m breaks a rule, lists nothing, or has a file
// without a size.
func FromTree(m *manifest.Manifest, content tree.Source) *Source {
	s := &Source{name: BundleName, size: m.Total(), given: m, content: content}
	tops := 0
	for i := range m.Entries {
		if e := &m.Entries[i]; !strings.Contains(e.Path, "/") {
			tops++
			s.name, s.dir = e.Path, e.Kind == manifest.Dir
		}
	}
	if tops != 1 {
		s.name, s.dir = BundleName, false
	}
	return s
}

func checkGiven(m *manifest.Manifest) error {
	switch {
	case len(m.Entries) == 0:
		return errors.New("there is nothing to send")
	case slices.ContainsFunc(m.Entries, func(e manifest.Entry) bool { return e.Size == manifest.StreamSize }):
		return errors.New("a file without a size can't be part of a list")
	}
	return m.Check()
}

// given is the Files of what doesn't change.
type given struct{ tree.Source }

func (given) Mark(context.Context) error { return nil }
func (given) Grown() []int               { return nil }
func (given) Close() error               { return nil }
