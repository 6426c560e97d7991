package staging

import (
	"sync"
	"sync/atomic"
)

// A pool bounds the files that are open at once. The others are closed, and opened
// again when they are needed.
type pool struct {
	most int
	tick atomic.Uint64

	mu   sync.Mutex
	open openFiles
}

// use notes that f is written to now.
func (p *pool) use(f *file) { f.used.Store(p.tick.Add(1)) }

// add takes a, which is open now, and closes others if there are too many.
func (p *pool) add(a *arrival) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.open) >= p.most && p.open.closeOldest() {
	}
	p.open = append(p.open, a.file)
}

// close closes the file of a, if it is open.
func (p *pool) close(a *arrival) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open.close(a)
}

// closeAll closes all files, which nobody may use, and tells of what fails.
func (p *pool) closeAll(failed func(f *file, err error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range p.open {
		a := f.lock()
		if err := a.f.Close(); err != nil {
			failed(f, err)
		}
		a.f = nil
		a.unlock()
	}
	p.open = nil
}

// openFiles are the files of a pool, while nobody else changes them.
type openFiles []*file

// closeOldest closes the file that hasn't been used for longest, of those that
// nobody is writing to, and reports whether there is one.
func (o *openFiles) closeOldest() bool {
	var oldest *arrival
	for _, f := range *o {
		if oldest != nil && f.used.Load() >= oldest.file.used.Load() {
			continue
		}
		a := f.tryLock()
		if a == nil {
			continue
		}
		if a.active > 0 {
			a.unlock()
			continue
		}
		if oldest != nil {
			oldest.unlock()
		}
		oldest = a
	}
	if oldest == nil {
		return false
	}
	defer oldest.unlock()
	if err := o.close(oldest); err != nil && oldest.err == nil {
		oldest.err = err
	}
	return true
}

func (o *openFiles) close(a *arrival) error {
	if a.f == nil {
		return nil
	}
	list := *o
	for k, other := range list {
		if other == a.file {
			last := len(list) - 1
			list[k], list[last] = list[last], nil
			*o = list[:last]
			break
		}
	}
	err := a.f.Close()
	a.f = nil
	return err
}
