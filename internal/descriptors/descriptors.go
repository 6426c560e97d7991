// Package descriptors says how many files a process may have open, and waits where
// there are too few: other parts of it open and close some all the time.
package descriptors

import (
	"errors"
	"syscall"
	"time"
)

// Few reports whether err says that the process, or the system, has no descriptor
// left.
func Few(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// Share returns how many files somebody may keep open for later who would like to
// have most: much less than there may be, as connections need some, and others keep
// files, too. It is 2 at least.
func Share(most int) int {
	return min(max((limit()-spare)/4, 2), most)
}

// spare is what connections and the like need.
const spare = 16

// How long a descriptor is waited for, and the longest pause between two tries.
const (
	patience = 30 * time.Second
	longest  = 50 * time.Millisecond
)

// Patiently calls open until it returns something else than that there is no
// descriptor left, or for half a minute. Before it tries again it calls shed, which
// closes what isn't needed now; nil does nothing.
func Patiently(open func() error, shed func()) error {
	err := open()
	if !Few(err) {
		return err
	}
	began := time.Now()
	for pause := time.Millisecond; Few(err) && time.Since(began) < patience; pause = min(2*pause, longest) {
		if shed != nil {
			shed()
		}
		if err = open(); Few(err) {
			time.Sleep(pause)
		}
	}
	return err
}
