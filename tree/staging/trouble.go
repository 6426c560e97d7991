package staging

import "sesame/tree"

// isTrouble reports whether err may pass, or is of the whole disk or process.
func isTrouble(err error) bool {
	switch tree.TroubleOf(err) {
	case tree.TroubleBroken, tree.TroubleNoWrites, tree.TroubleDiskGone, tree.TroubleTooOpen, tree.TroubleMemory:
		return true
	}
	return mayPass(err)
}
