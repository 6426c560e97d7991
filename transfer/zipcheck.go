package transfer

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// limits is what somebody accepted.
type limits struct {
	files int
	bytes int64
	fold  bool // names that differ in case only are the same here
}

// check reads the whole list and the header of every member, and refuses the
// archive unless unpacking it does what was accepted: before the first file is
// created.
func (a *archive) check(lim limits) error {
	t := newTwins(lim.fold)
	var files int
	var total, end int64
	return a.members(func(m *member) error {
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
		if err := t.add(m.name, m.dir); err != nil {
			return err
		}
		if t.dirs > maxDirectories(lim.files) || t.dirs+files > maxEntries {
			return refuse("it holds too many directories")
		}
		return nil
	})
}

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

// twins finds paths that would meet on disk. It keeps hashes only, under a
// random seed, so that a million paths take some tens of megabytes.
type twins struct {
	seed maphash.Seed
	fold bool
	seen map[uint64]node
	dirs int // directories, named or implied
}

// A node is one path that is taken.
type node struct {
	exact uint64 // hash of the path as written
	kind  nodeKind
}

type nodeKind uint8

const (
	fileNode nodeKind = iota + 1
	impliedNode
	dirNode
)

func newTwins(fold bool) *twins {
	return &twins{seed: maphash.MakeSeed(), fold: fold, seen: make(map[uint64]node)}
}

// add takes path, and every directory that leads to it.
func (t *twins) add(path string, dir bool) error {
	for i := 0; i < len(path); i++ {
		if path[i] == '/' {
			if err := t.take(path[:i], impliedNode); err != nil {
				return err
			}
		}
	}
	if dir {
		return t.take(path, dirNode)
	}
	return t.take(path, fileNode)
}

func (t *twins) take(path string, kind nodeKind) error {
	n := node{exact: maphash.String(t.seed, path), kind: kind}
	key := n.exact
	if t.fold {
		key = maphash.String(t.seed, foldPath(path))
	}
	old, taken := t.seen[key]
	switch {
	case !taken:
		if kind != fileNode {
			t.dirs++
		}
	case old.exact != n.exact:
		return refuse("%s differs from another name in it only in a way that is lost here", quoteName(path))
	case kind == fileNode || old.kind == fileNode || kind == dirNode && old.kind == dirNode:
		return refuse("%s is in it twice", quoteName(path))
	case kind == impliedNode:
		return nil // keeps what it is
	}
	t.seen[key] = n
	return nil
}

// foldPath makes paths equal that case-insensitive file systems take for one.
func foldPath(path string) string {
	return strings.Map(func(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }, norm.NFC.String(path))
}
