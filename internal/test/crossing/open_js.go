package crossing

import (
	"testing"
	"time"

	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
)

// File returns a source of n bytes in a file of its own, "data.bin".
func File(_ testing.TB, n int) *transfer.Source {
	m := &manifest.Manifest{Entries: []manifest.Entry{{Path: "data.bin", Kind: manifest.File, Size: int64(n), ModTime: time.Unix(1e9, 0)}}}
	return transfer.FromTree(m, tree.Bytes{Bytes(n)})
}

// Folder returns a source of n bytes in a file "f" of a directory, "top".
func Folder(_ testing.TB, n int) *transfer.Source {
	m := &manifest.Manifest{Entries: []manifest.Entry{
		{Path: "top", Kind: manifest.Dir},
		{Path: "top/f", Kind: manifest.File, Size: int64(n), ModTime: time.Unix(1e9, 0)},
	}}
	return transfer.FromTree(m, tree.Bytes{nil, Bytes(n)})
}
