package staging

import (
	"math"
	"strings"
	"syscall"
	"testing"

	"sesame/tree"
)

// Fails if what a file system doesn't tell, or what can't be, counts as a disk that
// is full; or if a full one doesn't.
func TestSpaceThatCantBeKnown(t *testing.T) {
	const all = math.MaxUint64
	for name, c := range map[string]struct {
		blocks, avail, size, files, filesFree uint64
		free, inodes                          uint64
		ok                                    bool
	}{
		"a disk":                    {100, 40, 4096, 50, 20, 40 * 4096, 20, true},
		"full":                      {100, 0, 4096, 50, 20, 0, 20, true},
		"no more files":             {100, 40, 4096, 50, 0, 40 * 4096, 0, true},
		"inodes as needed":          {100, 40, 4096, 0, 0, 40 * 4096, all, true},
		"all zero":                  {0, 0, 0, 0, 0, all, all, false},
		"zero but for a size":       {0, 0, 4096, 0, 0, all, all, false},
		"zero but for files":        {0, 0, 0, 50, 20, all, 20, true},
		"no block size":             {100, 40, 0, 0, 0, all, all, false},
		"more free than there is":   {100, 1 << 50, 4096, 0, 0, all, all, false},
		"below zero":                {100, all - 3, 4096, 50, all, all, all, false},
		"blocks of a petabyte":      {100, 40, 1 << 50, 0, 0, all, all, false},
		"more than can be counted":  {all, all, 4096, 0, 0, all, all, false},
		"more files than there are": {100, 40, 4096, 5, 20, 40 * 4096, all, true},
	} {
		free, inodes, ok := spaceOf(c.blocks, c.avail, c.size, c.files, c.filesFree)
		if free != c.free || inodes != c.inodes || ok != c.ok {
			t.Errorf("%s: %d bytes, %d files, %v", name, free, inodes, ok)
		}
	}
}

// Fails if a full disk is explained by the wrong thing.
func TestDiskFullCause(t *testing.T) {
	for want, e := range map[string]*tree.DiskError{
		"disk full: receiving 50.0 MB: 21.0 MB free; make room and start again: what has arrived is kept":                           {Op: tree.OpReceiving, Need: 50e6, Free: 21e6, Lacks: tree.LackBytes},
		"disk full: making 501 files and folders: room for 24 more; make room and start again: what has arrived is kept":            {Op: tree.OpMaking, Need: 501, Free: 24, Lacks: tree.LackFiles},
		"disk full: writing a: no room for another file or block, though 21.0 MB are free (too many files, or space kept for root)": {Op: tree.OpWriting, Path: "a", Free: 21e6},
		"disk full: writing a: 4.1 kB free; ": {Op: tree.OpWriting, Path: "a", Free: 4096},
		"disk full: writing a; make room":     {Op: tree.OpWriting, Path: "a", Free: math.MaxUint64},
	} {
		e.Err = syscall.ENOSPC
		if got := e.Error(); !strings.HasPrefix(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
