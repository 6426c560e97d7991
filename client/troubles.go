package client

import (
	"errors"
	"io/fs"
	"math"

	"sesame/internal/safetext"
	"sesame/tree"
)

// explainDisk says what a disk has refused, and what is missing if it is full.
func explainDisk(e *tree.DiskError) *Failure {
	what := doing(e)
	switch {
	case tree.OverQuota(e.Err):
		return Fail(Quota, what, stays(e))
	case e.Full():
		return Fail(Full, what, missing(e), stays(e))
	case tree.TooLarge(e.Err):
		return Fail(TooLarge, what)
	case e.Held():
		return Fail(InUse, e.Path)
	case e.Op == tree.OpInto:
		return Fail(NoWrite, whereIs(e.Path), trouble(e.Err))
	}
	return Fail(Disk, what, trouble(e.Err))
}

// doing says what was done when a disk refused.
func doing(e *tree.DiskError) *Failure {
	switch e.Op {
	case tree.OpReceiving:
		return Fail(DoReceive, int64(min(e.Need, math.MaxInt64)))
	case tree.OpMaking:
		return Fail(DoMake, int(min(e.Need, math.MaxInt)))
	}
	if code := find(ops, string(e.Op)); code != "" {
		return Fail(code, whereIs(e.Path))
	}
	return Fail(DoUse, whereIs(e.Path))
}

var ops = []word{
	{string(tree.OpOpening), DoOpen},
	{string(tree.OpReading), DoRead},
	{string(tree.OpLooking), DoLook},
	{string(tree.OpWriting), DoWrite},
	{string(tree.OpInto), DoWriteInto},
	{string(tree.OpCreating), DoCreate},
	{string(tree.OpRemoving), DoRemove},
	{string(tree.OpPlacing), DoName},
	{string(tree.OpReplacing), DoReplace},
	{string(tree.OpSyncing), DoSync},
	{string(tree.OpUnpacking), DoUnpack},
}

// whereIs is a path of a DiskError as an argument. The folder that is received into has
// no name there.
func whereIs(path string) any {
	if path == "" || path == "." {
		return Fail(TheFolder)
	}
	return path
}

// missing says what there is too little of, nil if the system doesn't.
func missing(e *tree.DiskError) *Failure {
	const plenty = 1 << 20 // bytes
	switch {
	case e.Free == math.MaxUint64:
		return nil
	case e.Lacks == tree.LackFiles && e.Free == 0:
		return Fail(LeftNoFiles)
	case e.Lacks == tree.LackFiles:
		return Fail(LeftFiles, int(min(e.Free, math.MaxInt)))
	case e.Lacks == tree.LackUnknown && e.Free > plenty:
		return Fail(LeftOther, int64(min(e.Free, math.MaxInt64)))
	}
	return Fail(LeftBytes, int64(min(e.Free, math.MaxInt64)))
}

// stays says that what has arrived is kept, nil if it isn't.
func stays(e *tree.DiskError) *Failure {
	if e.Discarded {
		return nil
	}
	return Fail(LeftKept)
}

// trouble says what is wrong with a disk, or with what this user may do there. err must
// not be nil.
func trouble(err error) *Failure {
	if code := of(troubles[:], tree.TroubleOf(err)); code != "" {
		return Fail(code)
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return Fail(TroubleOther, said(safetext.Line(err.Error(), 120)), tree.Number(err))
}

var troubles = [...]Code{
	tree.TroubleFull:     TroubleFull,
	tree.TroubleQuota:    TroubleQuota,
	tree.TroubleTooLarge: TroubleTooLarge,
	tree.TroubleNoWrites: TroubleNoWrites,
	tree.TroubleDenied:   TroubleDenied,
	tree.TroubleMarked:   TroubleMarked,
	tree.TroubleLongName: TroubleLongName,
	tree.TroubleBadName:  TroubleBadName,
	tree.TroubleNowhere:  TroubleNowhere,
	tree.TroubleTaken:    TroubleTaken,
	tree.TroubleNoFolder: TroubleNoFolder,
	tree.TroubleFolder:   TroubleFolder,
	tree.TroubleBusy:     TroubleBusy,
	tree.TroubleMounted:  TroubleMounted,
	tree.TroubleBroken:   TroubleBroken,
	tree.TroubleDiskGone: TroubleDiskGone,
	tree.TroubleTooOpen:  TroubleTooOpen,
	tree.TroubleMemory:   TroubleMemory,
	tree.TroubleLinks:    TroubleLinks,
	tree.TroubleShort:    TroubleShort,
	tree.TroubleUnread:   TroubleUnread,
	tree.TroubleAlive:    TroubleAlive,
	tree.TroubleOthers:   TroubleOthers,
	tree.TroubleNoRename: TroubleNoRename,
	tree.TroubleOdd:      TroubleOdd,
	tree.TroubleUnable:   TroubleUnable,
}
