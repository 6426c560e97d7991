package staging

import (
	"math"
	"os"
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
