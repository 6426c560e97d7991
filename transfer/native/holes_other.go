//go:build !linux

package native

import "os"

// sparse reports whether f has a hole before its end. Here holes are sent as
// the zeros that they read as.
func sparse(*os.File, int64) bool { return false }

// nextData returns where data begins at or after off.
func nextData(_ *os.File, off, _ int64) int64 { return off }
