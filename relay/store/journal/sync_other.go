//go:build !linux

package journal

import "os"

// dataSync has the disk take what was written to a file.
func dataSync(f *os.File) error { return f.Sync() }
