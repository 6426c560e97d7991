package staging

import (
	"fmt"
	"math"
	"os"
	"syscall"

	"sesame/transfer/manifest"
)

// Space returns the bytes and the files that this user can still make in dir.
// A number that isn't limited is math.MaxUint64. ok is false if the system
// doesn't say.
func Space(dir *os.Root) (free, inodes uint64, ok bool) {
	d, err := openFolder(dir)
	if err != nil {
		return 0, 0, false
	}
	defer d.close()
	return d.space()
}

// CheckSpace returns a *DiskError if what m lists doesn't fit in dir. Holes take
// no room where they can be made. Nor does what an earlier run left that Open
// would go on with: what of that isn't wanted any more is removed first.
func CheckSpace(dir *os.Root, m *manifest.Manifest) error {
	free, inodes, ok := Space(dir)
	need, count := need(m), uint64(len(m.Entries))
	if !ok || need <= free && count <= inodes {
		return nil
	}
	left := leftover(dir, m)
	switch {
	case left.placing:
		return nil // all of it has arrived, and some is in place
	case need > add(free, left.bytes):
		return &DiskError{Op: "receiving " + bytesText(need), Free: free, Err: syscall.ENOSPC, Discarded: left.bytes == 0}
	case count > add(inodes, left.count):
		return &DiskError{Op: fmt.Sprintf("making %d files and folders", count), Free: free, Err: syscall.ENOSPC, Discarded: left.bytes == 0}
	}
	return nil
}

// need is how many bytes m takes.
func need(m *manifest.Manifest) uint64 {
	n := m.Total()
	if makesHoles {
		n -= min(m.Holes, n)
	}
	return uint64(n)
}

// add adds what may be math.MaxUint64, for no limit.
func add(a, b uint64) uint64 {
	if b > math.MaxUint64-a {
		return math.MaxUint64
	}
	return a + b
}

// remains is what an earlier run left.
type remains struct {
	bytes, count uint64 // of disk; of files and directories
	placing      bool   // it had begun to give names
}

// leftover measures what Open would adopt.
func leftover(dir *os.Root, m *manifest.Manifest) (r remains) {
	t := &Tree{m: m, opts: (*Options)(nil).withDefaults()}
	var err error
	if t.dir, err = openFolder(dir); err != nil || len(m.Entries) == 0 {
		return r
	}
	defer t.dir.close()
	for _, name := range t.abandoned() {
		if t.enter(name, false) == nil {
			_, err := t.root.lstat(placingName)
			r.placing = err == nil
			r.measure(t.tree, manifest.MaxDepth)
			t.leaveStaging()
			return r
		}
		t.leaveStaging()
	}
	return r
}

// measure adds what is in d, some directories deep.
func (r *remains) measure(d *folder, deep int) {
	names, _ := d.names()
	for _, name := range names {
		st, err := d.lstat(name)
		if err != nil {
			continue
		}
		r.count++
		r.bytes += uint64(max(st.taken, 0))
		if st.kind != directory || deep == 0 {
			continue
		}
		if sub, err := d.sub(name); err == nil {
			r.measure(sub, deep-1)
			sub.close()
		}
	}
}

// spaceOf takes the numbers of statfs. A file system that makes inodes as it
// needs them has none in all.
func spaceOf(blocks, blockSize, files, filesFree uint64) (free, inodes uint64, ok bool) {
	if blockSize != 0 && blocks > math.MaxUint64/blockSize {
		free = math.MaxUint64
	} else {
		free = blocks * blockSize
	}
	if files == 0 {
		filesFree = math.MaxUint64
	}
	return free, filesFree, true
}
