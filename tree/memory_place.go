package tree

import (
	"bytes"
	"context"
	"io"
	"maps"
	"path"
	"slices"
	"sort"
	"time"

	"sesame/tree/manifest"
)

// Standing is Writer's: what stands in memory is soon replaced, so nothing is kept.
func (w *memoryWriter) Standing(ctx context.Context, plan Plan) (Standing, error) {
	plan, err := w.Settle(ctx, plan)
	if err != nil {
		return nil, err
	}
	return Nothing{As: plan}, nil
}

// Settle is Writer's. A directory that holds nothing but what the tree has just so is
// completed.
func (w *memoryWriter) Settle(ctx context.Context, plan Plan) (Plan, error) {
	plan = maps.Clone(plan)
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	for k := range w.shape.Roots {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		e := w.shape.Root(int32(k))
		target := plan[e.Path]
		stands := w.store.shelf.top[target.Same]
		if e.Kind != manifest.Dir || target.Exists != Refuse || stands == nil || stands.Kind != manifest.Dir {
			continue
		}
		if resembles(w.shape, int32(k), stands) {
			plan[e.Path] = Target{Name: target.Same, Exists: MergeRename, Yield: target.Yield}
		}
	}
	return plan, nil
}

// resembles reports whether all that is in a directory is in the k-th top-level name
// too, as far as can be seen without reading.
func resembles(s *Shape, k int32, stands *Item) bool {
	listed := make(map[string]*manifest.Entry)
	top := s.Root(k).Path
	for i := range s.M.Entries {
		if s.Tops[i] == k {
			e := &s.M.Entries[i]
			listed[e.Path] = e
		}
	}
	same := true
	stands.inside.each(top, func(at string, it *Item) {
		e := listed[at]
		if e == nil || e.Kind != it.Kind || e.Target != it.Target {
			same = false
			return
		}
		if e.Kind == manifest.File {
			same = same && e.Size == it.Size && (e.ModTime.IsZero() || e.ModTime.Sub(it.ModTime).Abs() <= 2*time.Second)
		}
	})
	return same
}

// Place is Writer's. All names become final at once.
func (w *memoryWriter) Place(ctx context.Context, plan Plan) ([]Placed, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed || w.placed:
		return nil, ErrClosed
	case !w.ledger.Complete():
		return nil, ErrIncomplete
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	}
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	p := &memoryPlacing{shelf: &w.store.shelf, given: make(map[string]bool)}
	if err := p.choose(w, plan); err != nil {
		return nil, err
	}
	tree := w.build()
	var placed []Placed
	for _, m := range p.moves {
		done := Placed{Name: m.name, Final: m.Name, There: m.there}
		if it := tree[m.name]; m.there {
			p.drop(it)
		} else {
			p.put(&done, it, m.Target)
		}
		placed = append(placed, done)
	}
	w.placed = true
	return placed, nil
}

// build makes things of the entries that are there.
func (w *memoryWriter) build() folder {
	top := make(folder)
	dirs := map[string]folder{".": top}
	for i := range w.shape.M.Entries {
		e := &w.shape.M.Entries[i]
		parent := dirs[path.Dir(e.Path)]
		if w.ledger.Gone(i) && e.Kind != manifest.Dir || parent == nil {
			continue
		}
		it := &Item{Kind: e.Kind, Target: e.Target, Exec: e.Exec, ModTime: e.ModTime}
		switch e.Kind {
		case manifest.Dir:
			it.inside = make(folder)
			dirs[e.Path] = it.inside
		case manifest.File:
			if it.data = w.files[i].blob; it.data == nil {
				it.data = new(blob)
			}
			w.store.shelf.used -= it.data.cut(max(w.files[i].size, 0))
			it.Content, it.Size = it.data, it.data.size
		}
		parent[path.Base(e.Path)] = it
	}
	return top
}

// A memoryPlacing gives things their final names.
type memoryPlacing struct {
	shelf *memoryShelf
	given map[string]bool // final names
	moves []memoryMove
}

// A memoryMove is one top-level name and where it goes.
type memoryMove struct {
	name string
	Target
	there bool // something equal stays instead
}

// choose looks for names that are taken before anything changes.
func (p *memoryPlacing) choose(w *memoryWriter, plan Plan) error {
	for _, i := range w.shape.Roots {
		e := &w.shape.M.Entries[i]
		if w.opts.Losses.Has(int(i)) || e.Kind != manifest.Dir && w.ledger.Gone(int(i)) {
			continue
		}
		m := memoryMove{name: e.Path, Target: plan[e.Path]}
		if m.Name == "" {
			m.Name = m.name
		}
		if m.Exists == Refuse && e.Kind == manifest.File && m.Same != "" {
			stands, f := p.shelf.top[m.Same], &w.files[i]
			if m.there = stands != nil && stands.Kind == manifest.File && equal(stands.data, f.blob, max(f.size, 0)); m.there {
				m.Name = m.Same
			}
		}
		if err := CheckFinal(m.Name); err != nil {
			return err
		}
		if !m.there && (p.given[m.Name] || !p.mayTake(e.Kind, m.Target)) {
			if !m.Yield {
				return &ExistsError{Name: m.Name}
			}
			p.yield(&m)
		}
		if p.given[m.Name] {
			return &ExistsError{Name: m.Name}
		}
		p.given[m.Name] = true
		p.moves = append(p.moves, m)
	}
	return nil
}

// mayTake reports whether nothing that is there forbids the target.
func (p *memoryPlacing) mayTake(kind manifest.Kind, to Target) bool {
	stands := p.shelf.top[to.Name]
	switch {
	case stands == nil || to.Exists == Replace:
		return true
	case to.Exists == Refuse:
		return false
	}
	return (kind == manifest.Dir) == (stands.Kind == manifest.Dir)
}

// yield has m take the first free name.
func (p *memoryPlacing) yield(m *memoryMove) {
	first := m.Name
	if m.Same != "" && CheckFinal(m.Same) == nil {
		first = m.Same
	}
	m.Exists = Refuse
	m.Name = FreeName(first, func(name string) error {
		if p.given[name] {
			return nil
		}
		_, err := p.shelf.top.look(name)
		return err
	})
}

// put gives a top-level thing its final name.
func (p *memoryPlacing) put(done *Placed, it *Item, to Target) {
	if p.shelf.top == nil {
		p.shelf.top = make(folder)
	}
	stands := p.shelf.top[to.Name]
	if stands == nil || to.Exists == Replace {
		p.drop(stands)
		p.shelf.top[to.Name] = it
		return
	}
	p.merge(done, p.shelf.top, to.Name, it, to.Exists, "")
}

// merge puts it into d, where something has its name. at is where that is, below the
// final name.
func (p *memoryPlacing) merge(done *Placed, d folder, name string, it *Item, how Exists, at string) {
	stands := d[name]
	switch {
	case stands == nil:
		d[name] = it
	case it.Kind == manifest.Dir && stands.Kind == manifest.Dir:
		names := slices.Collect(maps.Keys(it.inside))
		sort.Sort(sort.StringSlice(names)) // slices.Sort for strings would be 20 kB more of a page
		for _, name := range names {
			p.merge(done, stands.inside, name, it.inside[name], how, path.Join(at, name))
		}
		if how == MergeRename {
			stands.ModTime = it.ModTime // it is what was sent
		}
	case how == MergeRename && it.Kind == stands.Kind && it.Target == stands.Target &&
		(it.data == nil || it.Size == stands.Size && equal(stands.data, it.data, it.Size)):
		p.drop(it) // the same
	case how == MergeRename:
		free := d.free(name)
		done.Beside = append(done.Beside, path.Join(path.Dir(at), free))
		d[free] = it
	case it.Kind == manifest.Dir || stands.Kind == manifest.Dir || how != MergeReplace:
		done.Skipped = append(done.Skipped, at)
		p.drop(it)
	default:
		p.drop(stands)
		d[name] = it
	}
}

// drop gives back the room of what isn't there any more.
func (p *memoryPlacing) drop(it *Item) {
	if it == nil {
		return
	}
	if it.data != nil {
		p.shelf.used -= it.data.taken()
	}
	for _, inside := range it.inside {
		p.drop(inside)
	}
}

// equal reports whether a has size bytes, which are the first of b.
func equal(a, b *blob, size int64) bool {
	if a.size != size || b == nil {
		return a.size == size && size == 0
	}
	x, y := io.NewSectionReader(a, 0, size), io.NewSectionReader(b, 0, size)
	p, q := make([]byte, blockSize), make([]byte, blockSize)
	for {
		n, err := io.ReadFull(x, p)
		m, _ := io.ReadFull(y, q)
		if !bytes.Equal(p[:n], q[:m]) {
			return false
		}
		if err != nil {
			return true
		}
	}
}
