package staging

import (
	"context"
	"crypto/rand"
	"math"
	"os"
	"strings"
	"syscall"

	"sesame/tree"
	"sesame/tree/manifest"
)

// Space returns the bytes and the files that this user can still make in dir.
// A number that isn't limited, or that the system doesn't tell, is
// math.MaxUint64. ok is false if neither is told.
func Space(dir *os.Root) (free, inodes uint64, ok bool) {
	d, err := openFolder(dir)
	if err != nil {
		return 0, 0, false
	}
	defer d.close()
	return d.space()
}

// CheckSpace returns a *tree.DiskError if what m lists doesn't fit in dir, as far as
// the system can tell. Holes take no room where they can be made. Nor does what an
// earlier run left that Open with the same options would go on with, or a file that
// stands there already and has the same size: what of that isn't wanted any more
// is removed first. Soon after ctx has ended it returns ctx's error.
func CheckSpace(ctx context.Context, dir *os.Root, m *manifest.Manifest, opts *Options) error {
	d, err := openFolder(dir)
	if err != nil {
		return nil // Open will say it
	}
	defer d.close()
	free, inodes, ok := d.space()
	need, count := needIn(d, m, free), uint64(len(m.Entries))
	if !ok || need <= free && count <= inodes {
		return nil
	}
	left := leftover(ctx, dir, m, opts)
	if need > add(free, left.bytes) {
		need -= min(mayStand(ctx, d, m), need)
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case left.placing:
		return nil // all of it has arrived, and some is in place
	case need > add(free, left.bytes):
		return &tree.DiskError{Op: tree.OpReceiving, Need: need, Free: free, Lacks: tree.LackBytes, Err: syscall.ENOSPC, Discarded: left.bytes == 0}
	case count > add(inodes, left.count):
		return &tree.DiskError{Op: tree.OpMaking, Need: count, Free: inodes, Lacks: tree.LackFiles, Err: syscall.ENOSPC, Discarded: left.bytes == 0}
	}
	return nil
}

// needIn is how many bytes m takes in d, where free are free.
func needIn(d *folder, m *manifest.Manifest, free uint64) uint64 {
	n := uint64(m.Total())
	if holes := uint64(min(m.Holes, m.Total())); n > free && holes > 0 && sparseIn(d) {
		n -= holes
	}
	return n
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
func leftover(ctx context.Context, dir *os.Root, m *manifest.Manifest, opts *Options) (r remains) {
	if len(m.Entries) == 0 {
		return r
	}
	p, err := newArea(dir, opts)
	if err != nil {
		return r
	}
	defer p.dir.close()
	first, _, _ := strings.Cut(m.Entries[0].Path, "/")
	for _, name := range p.abandoned(first) {
		d, err := p.dir.sub(name)
		if err != nil {
			continue
		}
		if _, why := p.opts.weigh(d, name); why != 0 {
			d.close()
			continue
		}
		entered := p.enter(name, d, false) == nil
		if entered {
			_, err := p.root.lstat(placingName)
			r.placing = err == nil
			r.measure(ctx, p.tree, manifest.MaxDepth)
		}
		p.leave()
		if entered {
			return r
		}
	}
	return r
}

// measure adds what is in d, some directories deep.
func (r *remains) measure(ctx context.Context, d *folder, deep int) {
	names, _ := d.names()
	for k, name := range names {
		if interrupted(ctx, k) != nil {
			return
		}
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
			r.measure(ctx, sub, deep-1)
			sub.close()
		}
	}
}

// largestBlock is more than any file system's blocks have, in bytes.
const largestBlock = 1 << 30

// spaceOf takes the numbers of statfs. A file system that makes inodes as it
// needs them has none in all. Those that aren't on a disk of this machine may
// leave everything zero, or tell numbers that can't be: more free than there is.
// What can't be known is no limit.
func spaceOf(blocks, avail, blockSize, files, filesFree uint64) (free, inodes uint64, ok bool) {
	free, inodes = math.MaxUint64, math.MaxUint64
	if blocks != 0 && avail <= blocks && blockSize > 0 && blockSize <= largestBlock && avail <= math.MaxUint64/blockSize {
		free = avail * blockSize
	}
	if files != 0 && filesFree <= files {
		inodes = filesFree
	}
	return free, inodes, free != math.MaxUint64 || inodes != math.MaxUint64
}

// probeSize is the size of a file that shows whether holes take room.
const probeSize = 1 << 20

// sparseIn reports whether what is never written of a file in d takes no room. It
// makes a file there to see, and removes it.
func sparseIn(d *folder) bool {
	if !makesHoles {
		return false
	}
	name := "." + probeName + "." + strings.ToLower(rand.Text()[:randomLen])
	f, err := d.create(name, 0o600)
	if err != nil {
		return true // nothing can be made here: that is what is said then
	}
	defer d.remove(name)
	defer f.Close()
	if f.Truncate(probeSize) != nil {
		return false // it needs room that isn't there
	}
	st, err := d.lstat(name)
	return err == nil && st.taken < probeSize/2
}

// lackOf says what is missing in d, which the system has just called full.
func lackOf(d *folder) (free uint64, what tree.Lack) {
	free, inodes, ok := d.space()
	switch {
	case !ok:
		return math.MaxUint64, tree.LackUnknown
	case inodes == 0:
		return 0, tree.LackFiles
	}
	return free, tree.LackUnknown
}
