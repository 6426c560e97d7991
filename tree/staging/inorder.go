package staging

import (
	"os"

	"sesame/tree"
)

// An inOrder writes a file from its beginning to its end, for a disk that can't do
// it otherwise. What comes too early waits in a file of its own, which is written
// in the same way. It belongs to an arrival.
type inOrder struct {
	end   int64 // of what is written
	ahead map[int64]waitingPiece

	dir   *folder // where the other file may be
	name  string
	spare *os.File // nil while nothing waits
	size  int64    // of spare
}

// A waitingPiece lies at at in the spare file, or is n zeros if at is negative.
type waitingPiece struct{ at, n int64 }

// add takes what belongs at off of f, which hasn't been there.
func (q *inOrder) add(f *os.File, p []byte, off int64) error {
	if off < q.end { // the disk refused it in the middle, and it comes again
		p, off = p[min(q.end-off, int64(len(p))):], q.end
	}
	if off != q.end {
		return q.keep(p, off)
	}
	if _, err := f.WriteAt(p, off); err != nil {
		return err
	}
	q.end += int64(len(p))
	return q.drain(f)
}

// addZeros is add for n zeros.
func (q *inOrder) addZeros(f *os.File, off, n int64) error {
	if off < q.end {
		n, off = max(n-(q.end-off), 0), q.end
	}
	if off != q.end {
		return q.note(off, waitingPiece{-1, n})
	}
	if err := q.zeros(f, n); err != nil {
		return err
	}
	return q.drain(f)
}

func (q *inOrder) zeros(f *os.File, n int64) error {
	zeros := make([]byte, min(n, 256<<10))
	for ; n > 0; n -= min(n, int64(len(zeros))) {
		k, err := f.WriteAt(zeros[:min(n, int64(len(zeros)))], q.end)
		q.end += int64(k)
		if err != nil {
			return err
		}
	}
	return nil
}

// keep puts p aside.
func (q *inOrder) keep(p []byte, off int64) (err error) {
	if q.spare == nil {
		if q.spare, err = q.dir.create(q.name, 0o600); err != nil {
			return err
		}
	}
	if _, err := q.spare.WriteAt(p, q.size); err != nil {
		return err
	}
	at := q.size
	q.size += int64(len(p))
	return q.note(off, waitingPiece{at, int64(len(p))})
}

func (q *inOrder) note(off int64, w waitingPiece) error {
	if len(q.ahead) >= maxSpansFile {
		return tree.Rangef("too many ranges that come early")
	}
	q.ahead[off] = w
	return nil
}

// drain writes what has its turn now.
func (q *inOrder) drain(f *os.File) error {
	buf := []byte(nil)
	for {
		w, ok := q.ahead[q.end]
		if !ok {
			break
		}
		delete(q.ahead, q.end)
		if w.at < 0 {
			if err := q.zeros(f, w.n); err != nil {
				return err
			}
			continue
		}
		for w.n > 0 {
			if buf == nil {
				buf = make([]byte, 256<<10)
			}
			p := buf[:min(w.n, int64(len(buf)))]
			if _, err := q.spare.ReadAt(p, w.at); err != nil {
				return err
			}
			if _, err := f.WriteAt(p, q.end); err != nil {
				return err
			}
			q.end, w.at, w.n = q.end+int64(len(p)), w.at+int64(len(p)), w.n-int64(len(p))
		}
	}
	if len(q.ahead) > 0 {
		return nil
	}
	return q.close()
}

// close removes what waits. It may be called again, and of a nil one.
func (q *inOrder) close() error {
	if q == nil || q.spare == nil {
		return nil
	}
	q.spare.Close()
	q.spare, q.size = nil, 0
	return q.dir.remove(q.name)
}
