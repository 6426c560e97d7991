package main

import (
	"io"
	"os"
	"sync"
)

// An outlet is standard output or standard error. What can't be written there stops no
// transfer, but the shell learns of it. It may be used by several goroutines.
type outlet struct {
	to io.Writer

	mu   sync.Mutex
	lost error // of the first write that failed
}

func (o *outlet) Write(p []byte) (int, error) {
	n, err := o.to.Write(p)
	if err != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.lost == nil {
			o.lost = err
		}
	}
	return n, err
}

// failed returns why something that was written there is lost, or nil.
func (o *outlet) failed() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.lost == nil {
		return nil
	}
	return &unwritten{o.lost}
}

// fileOf returns the file that w writes to, if it is one.
func fileOf(w io.Writer) (*os.File, bool) {
	if o, ok := w.(*outlet); ok {
		w = o.to
	}
	f, ok := w.(*os.File)
	return f, ok
}

// An unwritten is the failure of a run in which all went well, but what it had to say.
type unwritten struct{ err error }

func (u *unwritten) Error() string { return u.err.Error() }
func (u *unwritten) Unwrap() error { return u.err }
