package staging

import (
	"errors"
	"os"

	"sesame/tree"
)

// clear has [off, end), which hasn't arrived, read as zeros when the file is whole.
func (a *arrival) clear(off, end int64) error {
	if a.file.files.area.traits.gaps {
		return a.zero(off, min(end, a.stale))
	}
	if err := a.open(); err != nil {
		return err
	}
	return a.inTurn().addZeros(a.f, off, end-off)
}

// zero clears what lies in [off, end) of an adopted file.
func (a *arrival) zero(off, end int64) error {
	if off >= end {
		return nil
	}
	if err := a.open(); err != nil {
		return err
	}
	end = min(end, a.stale) // the first opening may have cut it
	off = tree.NextData(a.f, off, end)
	if off >= end {
		return nil
	}
	err := punch(a.f, off, end)
	if errors.Is(err, errors.ErrUnsupported) {
		err = writeZeros(a.f, off, end)
	}
	return err
}

// writeZeros clears [off, end) of f where holes can't be made.
func writeZeros(f *os.File, off, end int64) error {
	zeros := make([]byte, min(end-off, 256<<10))
	for off < end {
		n, err := f.WriteAt(zeros[:min(end-off, int64(len(zeros)))], off)
		if err != nil {
			return err
		}
		off = tree.NextData(f, off+int64(n), end)
	}
	return nil
}
