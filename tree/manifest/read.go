//go:build !js

package manifest

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"
)

// Read reads the whole of entry i, a file of the size of p, into p: the quick
// way for small files. It opens the file as Open does and fails as Open and
// Changed do.
func (s *Sources) Read(i int, p []byte) error {
	if i < 0 || i >= len(s.m.Entries) || s.m.Entries[i].Kind != File || s.m.Entries[i].Size != int64(len(p)) {
		return fmt.Errorf("entry %d is no file of %d bytes", i, len(p))
	}
	if done, err := s.readInside(i, p); done || err != nil {
		return err
	}
	f, err := s.Open(i)
	if err != nil {
		return err
	}
	defer f.Close()
	n, err := f.ReadAt(p, 0)
	if n < len(p) && err != io.EOF {
		return err
	}
	if err := s.Changed(f, i); err != nil || n == len(p) {
		return err
	}
	return &ChangedError{s.m.Entries[i].Path, Because(CauseShort)}
}

// readInside is Read for a file below a directory that was named. It reports
// whether it could; if not, the slow way says why.
func (s *Sources) readInside(i int, p []byte) (done bool, err error) {
	e := &s.m.Entries[i]
	slash := strings.LastIndexByte(e.Path, '/')
	if slash < 0 || e.Size == 0 {
		return false, nil
	}
	t, _ := s.find(e.Path)
	d, err := s.open(t, e.Path[:slash])
	if err != nil {
		return false, nil
	}
	defer d.release()
	st, ok := readAll(d.fd, e.Path[slash+1:], p)
	switch {
	case !ok || !s.rememberID(i, st.id):
		return false, nil
	case st.size > e.Size && s.growth.only(bytes.NewReader(p), i, e.Size):
	case st.size != e.Size:
		return true, &ChangedError{e.Path, Because(CauseSize, st.size, e.Size)}
	case !clampTime(st.time).Equal(e.ModTime):
		return true, &ChangedError{e.Path, Because(CauseWritten)}
	}
	return true, nil
}

// A fileState is what a file is after it has been read.
type fileState struct {
	id   uint64 // of fileID
	size int64
	time int64 // of the last change, nanoseconds since 1970
}

// nano returns a time in seconds and nanoseconds as nanoseconds, within the range
// that is kept.
func nano(sec, nsec int64) int64 { return unixNano(time.Unix(sec, nsec)) }
