package native

import (
	"os"
	"slices"
	"sync"

	"sesame/internal/descriptors"
	"sesame/tree"
)

// mostOpen is how many large files a sender keeps open, where it may.
const mostOpen = 64

// An openFiles is the large files that a sender has open: it closes those that
// nobody reads now when there are more than a share of what the process may have.
// The zero value is ready; it may be used by several goroutines.
type openFiles struct {
	mu   sync.Mutex
	list []*openFile // the one that was opened first comes first
}

// add takes a file that was just opened.
func (p *openFiles) add(o *openFile) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = append(p.list, o)
	for k := 0; k < len(p.list) && len(p.list) > descriptors.Share(mostOpen); {
		if p.list[k] != o && p.list[k].rest() {
			p.list = slices.Delete(p.list, k, k+1)
		} else {
			k++
		}
	}
}

// remove forgets a file that is closed.
func (p *openFiles) remove(o *openFile) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if k := slices.Index(p.list, o); k >= 0 {
		p.list = slices.Delete(p.list, k, k+1)
	}
}

// shed closes all that nobody reads.
func (p *openFiles) shed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = slices.DeleteFunc(p.list, (*openFile).rest)
}

// An openFile is a large file while it is being sent, for several lanes at once.
// Where there are few descriptors it is closed in between, and opened again: it
// stays the same file, which the tree.Source sees to. The zero value isn't open yet.
type openFile struct {
	mu     sync.Mutex
	f      tree.Content
	users  int
	known  bool // it was open: sparse is known
	sparse bool
	closed bool
	pack   packing
}

// open returns the file. Who gets it calls release.
func (o *openFile) open(pool *openFiles, src tree.Source, i int, size int64) (tree.Content, bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return nil, false, os.ErrClosed
	}
	if err := o.reopen(pool, src, i); err != nil {
		return nil, false, err
	}
	if !o.known {
		o.known, o.sparse = true, tree.HasHole(o.f, size)
	}
	o.users++
	return o.f, o.sparse, nil
}

// reopen makes sure that the file is open. mu is held.
func (o *openFile) reopen(pool *openFiles, src tree.Source, i int) error {
	if o.f != nil {
		return nil
	}
	err := descriptors.Patiently(func() (err error) {
		o.f, err = src.Open(i)
		return err
	}, pool.shed)
	if err == nil {
		pool.add(o)
	}
	return err
}

func (o *openFile) release() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.users--; o.closed && o.users == 0 && o.f != nil {
		o.f.Close()
		o.f = nil
	}
}

// rest closes the file until it is needed again, unless somebody has it. It
// reports whether it is closed.
func (o *openFile) rest() bool {
	if !o.mu.TryLock() {
		return false
	}
	defer o.mu.Unlock()
	if o.users > 0 {
		return false
	}
	if o.f != nil {
		o.f.Close()
		o.f = nil
	}
	return true
}

// check reports whether the file is still what was listed.
func (o *openFile) check(pool *openFiles, src tree.Source, i int) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.known || o.closed {
		return nil
	}
	if err := o.reopen(pool, src, i); err != nil {
		return err
	}
	return src.Changed(o.f, i)
}

// packs reports whether packing helps, judging by the first chunk that is asked about.
func (o *openFile) packs(k *packer, scratch, chunk []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.pack == unknown {
		o.pack = k.sample(scratch, chunk)
	}
	return o.pack == pays
}

// close closes the file for good, when nobody reads it any more.
func (o *openFile) close(pool *openFiles) {
	o.mu.Lock()
	o.closed = true
	if o.users == 0 && o.f != nil {
		o.f.Close()
		o.f = nil
	}
	o.mu.Unlock()
	pool.remove(o)
}
