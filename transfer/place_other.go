//go:build !linux

package transfer

import "os"

// place moves from to the name to in dir, unless something has that name: then
// the error is fs.ErrExist.
func place(dir *os.Root, from, to string) error { return placePortably(dir, from, to) }

// syncTree makes the names in root durable; files have been synced already.
func syncTree(root *os.Root) error { return syncDir(root) }

// syncEach says that every file must be synced before syncTree.
const syncEach = true
