package staging

import (
	"cmp"
	"errors"
	"io/fs"
	"slices"

	"sesame/tree"
)

// adopt takes over the newest staging directory that an earlier run of the same
// transfer left, for a tree with that first name, and reports whether there was one.
// All others stay as they are. stock looks at what is in it.
func (p *area) adopt(first string, stock func() error) bool {
	for _, name := range p.abandoned(first) {
		d, err := p.dir.sub(name)
		if err != nil {
			continue // somebody else's
		}
		c, why := p.opts.weigh(d, name)
		if why != 0 {
			p.passOver(d, name, c, why)
			continue
		}
		if err = p.enter(name, d, false); err == nil {
			p.claim = c
			err = stock()
		}
		if err == nil {
			p.opts.Logger.Debug("going on with an earlier run", "name", name)
			return true
		}
		p.opts.Logger.Debug("earlier run left alone", "name", name, "err", err)
		p.leave()
		p.touched.Store(false)
	}
	return false
}

// passOver deals with a staging directory that isn't gone on with, and closes it.
func (p *area) passOver(d *folder, name string, c claim, why Why) {
	defer d.close()
	if why != gone {
		p.opts.leftover(d, name, why)
	} else if p.dir.remove(name) == nil {
		p.opts.forget(c)
	}
}

// abandoned lists the staging directories for the tree's first name, the
// newest first. Some may be in use.
func (p *area) abandoned(first string) []string {
	names, err := p.dir.names()
	if err != nil {
		return nil
	}
	type candidate struct {
		name  string
		mtime int64
	}
	var found []candidate
	for _, name := range names {
		if !isStaging(name, stagingPrefix(first)) && !isStaging(name, stagingPrefix(plainFirst)) {
			continue
		}
		if st, err := p.dir.lstat(name); err == nil && st.kind == directory {
			found = append(found, candidate{name, st.mtime.UnixNano()})
		}
	}
	slices.SortFunc(found, func(a, b candidate) int { return cmp.Compare(b.mtime, a.mtime) })
	out := make([]string, len(found))
	for i := range found {
		out[i] = found[i].name
	}
	return out
}

// putBack returns what an earlier run moved aside to make room and then had no
// time to replace.
func (p *area) putBack(placed []placing) {
	for k, line := range placed {
		if tree.CheckFinal(line.Final) == nil {
			err := p.root.renameNew(asideName(k), p.dir, line.Final)
			if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrExist) {
				p.opts.Logger.Warn("what stood in the way was not put back", "name", line.Final, "err", err)
			}
		}
	}
}
