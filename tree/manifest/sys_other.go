//go:build !unix && !js

package manifest

import "io/fs"

const (
	openFlags = 0
	dirFlags  = 0
)

// fileID returns 0: this system doesn't say here which file it is.
func fileID(fs.FileInfo) uint64 { return 0 }

// surelyReadable returns false: only opening a file tells.
func surelyReadable(fs.FileInfo) bool { return false }
