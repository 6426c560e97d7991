package classic

import (
	"slices"
	"strings"

	"sesame/internal/safetext"
	"sesame/tree/manifest"
)

// A bundle is what a classic peer gets of a manifest: one file, or an archive.
type bundle struct {
	m       *manifest.Manifest
	listed  *manifest.Manifest // the same entries, by their names here
	name    string
	dir     bool
	cut     int     // how much of each path is the bundle's own name
	items   []int32 // entries, in order: files, and directories that would be empty
	files   int
	size    int64 // bytes of all files
	skipped []manifest.Skipped
}

// newBundle chooses from m what a classic peer can take. name is for the
// directory of several things.
func newBundle(m *manifest.Manifest, name string) (*bundle, error) {
	b := &bundle{m: m, listed: m, name: name, dir: true, skipped: slices.Clone(m.Skipped)}
	top, _, _ := strings.Cut(m.Entries[0].Path, "/")
	last := m.Entries[len(m.Entries)-1].Path
	switch {
	case last == top:
		b.name, b.dir = top, m.Entries[0].Kind == manifest.Dir
		b.cut = len(top) + 1
	case strings.HasPrefix(last, top+"/"):
		b.name, b.cut = top, len(top)+1
	}
	if !b.dir {
		b.items, b.files, b.size = []int32{0}, 1, m.Entries[0].Size
		return b, nil
	}
	dirs := b.choose()
	if limit := maxDirectories(b.files); dirs > limit {
		return nil, tooMany(dirs, b.files)
	}
	return b, nil
}

// rulesOf returns which names a classic peer gets. A file that comes alone has a name
// of its own in the offer, of which every receiver makes what it can. In an archive
// one name that a receiver refuses would fail everything.
func rulesOf(m *manifest.Manifest) manifest.Rules {
	r := manifest.Rules{Lacks: manifest.LacksBytes | manifest.LacksBackslash}
	if len(m.Entries) > 1 || m.Entries[0].Kind == manifest.Dir {
		r.Lacks |= manifest.LacksControls | manifest.LacksMarks | manifest.LacksDrives
	}
	return r
}

// choose fills items and skipped, and returns how many directories there are. It
// goes backwards, so that it knows of a directory whether something is in it.
func (b *bundle) choose() (dirs int) {
	next := "" // path of what follows and is taken
	var left []manifest.Skipped
	for i := len(b.m.Entries) - 1; i >= 0; i-- {
		e := &b.m.Entries[i]
		if len(e.Path) < b.cut {
			continue // the bundle itself
		}
		if why := unsendable(e, b.path(e)); why != (manifest.Reason{}) {
			left = append(left, manifest.Skipped{Path: safetext.Line(e.Path, 200), Why: why, Missing: e.Kind != manifest.Link})
			continue
		}
		if e.Kind == manifest.Dir {
			dirs++
			if strings.HasPrefix(next, e.Path) && len(next) > len(e.Path) && next[len(e.Path)] == '/' {
				continue
			}
		} else {
			b.files++
			b.size += e.Size
		}
		next = e.Path
		b.items = append(b.items, int32(i))
	}
	slices.Reverse(b.items)
	slices.Reverse(left)
	b.skipped = append(b.skipped, left...)
	return dirs
}

// path returns where e is below the bundle.
func (b *bundle) path(e *manifest.Entry) string { return e.Path[b.cut:] }

// unsendable returns why no classic peer can take e, if none can.
func unsendable(e *manifest.Entry, path string) (why manifest.Reason) {
	if e.Kind == manifest.Link {
		return manifest.Because(manifest.CauseClassicLink)
	}
	// Names that a receiver would refuse: one of them would fail everything.
	if err := checkPath(path); err != nil {
		return manifest.Because(manifest.CauseClassicName).Saying(safetext.Line(err.Error(), 200))
	}
	return why
}
