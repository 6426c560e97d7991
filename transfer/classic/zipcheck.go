package classic

import (
	"bytes"
	"context"
	"encoding/binary"

	"sesame/tree/manifest"
)

// limits is what somebody accepted.
type limits struct {
	files int
	bytes int64
}

// A layout is what an archive unpacks to.
type layout struct {
	m     *manifest.Manifest
	index map[string]int32 // entries, by their path in the archive
	named map[int32]bool   // directories that are members
	top   string
	dirs  int
}

// check reads the whole list and the header of every member, and refuses the
// archive unless unpacking it below top does what was accepted: before the first
// file is created. Soon after ctx has ended it returns ctx's error.
func (a *archive) check(ctx context.Context, top string, lim limits) (*layout, error) {
	l := &layout{m: new(manifest.Manifest), index: make(map[string]int32), named: make(map[int32]bool), top: top}
	l.m.Entries = append(l.m.Entries, manifest.Entry{Path: top, Kind: manifest.Dir})
	var files int
	var total, end int64
	return l, a.members(func(m *member) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if m.offset < end || m.offset > a.start-localLen {
			return refuse("%s overlaps something else", quoteName(m.name))
		}
		data, err := a.locate(m)
		if err != nil {
			return err
		}
		if m.packed > a.start-data {
			return refuse("%s is longer than the archive", quoteName(m.name))
		}
		end = data + m.packed
		if !m.dir {
			files++
		}
		if files > lim.files {
			return refuse("it holds more than the %d files that were offered", lim.files)
		}
		if m.size > lim.bytes-total {
			return refuse("it unpacks to more than the %d bytes that were offered", lim.bytes)
		}
		total += m.size
		if err := l.add(m); err != nil {
			return err
		}
		if l.dirs > maxDirectories(lim.files) || l.dirs+files > maxEntries {
			return refuse("it holds too many directories")
		}
		return nil
	})
}

// add takes m, and every directory that leads to it.
func (l *layout) add(m *member) error {
	for i := 0; i < len(m.name); i++ {
		if m.name[i] != '/' {
			continue
		}
		k, taken := l.index[m.name[:i]]
		switch {
		case !taken:
			l.take(m.name[:i], manifest.Entry{Kind: manifest.Dir})
		case l.m.Entries[k].Kind != manifest.Dir:
			return errTwice(m.name)
		}
	}
	k, taken := l.index[m.name]
	switch {
	case m.dir && taken && l.m.Entries[k].Kind == manifest.Dir && !l.named[k]: // only implied until now
		l.m.Entries[k].ModTime = m.time
		l.named[k] = true
	case taken:
		return errTwice(m.name)
	case m.dir:
		l.named[l.take(m.name, manifest.Entry{Kind: manifest.Dir, ModTime: m.time})] = true
	default:
		l.take(m.name, manifest.Entry{Kind: manifest.File, Exec: m.exec, Size: m.size, ModTime: m.time})
	}
	return nil
}

// take appends e, which has path in the archive.
func (l *layout) take(path string, e manifest.Entry) int32 {
	e.Path = l.top + "/" + path
	if e.Kind == manifest.Dir {
		l.dirs++
	}
	k := int32(len(l.m.Entries))
	l.m.Entries = append(l.m.Entries, e)
	l.index[e.Path[len(l.top)+1:]] = k
	return k
}

func errTwice(path string) error { return refuse("%s is in it twice", quoteName(path)) }

// locate returns where the data of m begins. What stands there must not
// contradict the list.
func (a *archive) locate(m *member) (int64, error) {
	var b [localLen]byte
	if err := readAt(a.r, b[:], m.offset); err != nil {
		return 0, err
	}
	le := binary.LittleEndian
	if le.Uint32(b[:]) != localSig {
		return 0, refuse("%s is not where the list says", quoteName(m.name))
	}
	flags, method := le.Uint16(b[6:]), le.Uint16(b[8:])
	if method != m.method || (flags^m.flags)&(flagEncrypted|flagStrong|flagMasked) != 0 {
		return 0, refuse("%s is described in two ways", quoteName(m.name))
	}
	if flags&flagDescriptor == 0 {
		packed, size := int64(le.Uint32(b[18:])), int64(le.Uint32(b[22:]))
		if differs(packed, max32, m.packed) || differs(size, max32, m.size) {
			return 0, refuse("%s has two sizes", quoteName(m.name))
		}
	}
	name := []byte(m.name)
	if m.dir {
		name = append(name, '/')
	}
	nameLen, extraLen := int64(le.Uint16(b[26:])), int64(le.Uint16(b[28:]))
	if nameLen != int64(len(name)) {
		return 0, refuse("%s has two names", quoteName(m.name))
	}
	there := make([]byte, nameLen)
	if err := readAt(a.r, there, m.offset+localLen); err != nil {
		return 0, err
	}
	if !bytes.Equal(there, name) {
		return 0, refuse("%s has two names", quoteName(m.name))
	}
	return m.offset + localLen + nameLen + extraLen, nil
}
