package client

import (
	"errors"
	"io/fs"

	"sesame/internal/safetext"
	"sesame/transfer"
	"sesame/transit"
	"sesame/tree"
	"sesame/tree/manifest"
)

// explainFiles knows what can happen to files and disks.
func explainFiles(err error) *Failure {
	var (
		list    *transfer.ListError
		name    *transfer.NameError
		nothing *manifest.NothingError
		changed *transfer.ChangedError
		exists  *transfer.ExistsError
		disk    *transfer.DiskError
		twins   *tree.TwinsError
		path    *fs.PathError
	)
	switch {
	case errors.As(err, &list):
		return Fail(List, Explain(list.Err))
	case errors.As(err, &name):
		return Fail(Unsendable, name.Path, Explain(name.Why))
	case errors.As(err, &nothing) && nothing.First.Path == "":
		return Fail(NothingNamed)
	case errors.As(err, &nothing):
		return Fail(NothingToSend, nothing.First.Path, Explain(nothing.First.Why))
	case errors.As(err, &changed):
		return Fail(Changed, changed.Path, howChanged(changed.How))
	case errors.As(err, &exists):
		return Fail(Exists, exists.Name)
	case errors.As(err, &disk):
		return explainDisk(disk)
	case errors.As(err, &twins):
		return Fail(Twins, twins.A, twins.B)
	case errors.As(err, &path) && find(calls, path.Op) == "":
		return Fail(Disk, Fail(DoUse, whereIs(path.Path)), trouble(path.Err))
	case errors.As(err, &path):
		return Fail(Disk, Fail(find(calls, path.Op), whereIs(path.Path)), trouble(path.Err))
	}
	return nil
}

// calls are the names that package os has for what it does.
var calls = []word{
	{"open", DoOpen}, {"openat", DoOpen}, {"read", DoRead}, {"write", DoWrite}, {"stat", DoLook}, {"lstat", DoLook}, {"statat", DoLook},
	{"mkdir", DoCreate}, {"mkdirat", DoCreate}, {"remove", DoRemove}, {"unlinkat", DoRemove}, {"sync", DoSync},
}

// explainContents knows what can be wrong with what the other side sends.
func explainContents(err error) *Failure {
	var (
		damage   *transfer.IntegrityError
		protocol *transfer.ProtocolError
		listing  *manifest.Error
		nonsense *transfer.NonsenseError
		failed   *transfer.FailedError
	)
	switch {
	case errors.As(err, &damage) && of(damages[:], damage.Damage) != "":
		return Fail(PeerDamaged, Fail(of(damages[:], damage.Damage)))
	case errors.Is(err, transfer.ErrIntegrity):
		return Fail(Damaged)
	case errors.As(err, &protocol):
		return Fail(Protocol, said(safetext.Line(protocol.Rule, 200)))
	case errors.As(err, &listing):
		return Fail(BadList, said(listing.Error()))
	case errors.As(err, &nonsense) && nonsense.Archive:
		return Fail(BadArchive, said(safetext.Again(nonsense.Rule)))
	case errors.As(err, &nonsense):
		return Fail(PeerNonsense, said(safetext.Line(nonsense.Rule, 200)))
	case errors.As(err, &failed):
		return Fail(StreamFailed, Explain(failed.Why))
	case errors.Is(err, transfer.ErrGrowth):
		return Fail(Growth)
	}
	return nil
}

var damages = [...]Code{
	transfer.DamagedReceipt: HowReceipt,
	transfer.NotConfirmed:   HowUnconfirmed,
	transfer.OtherContent:   HowOther,
}

// explainLoss knows how the other computer can get lost once contents cross.
func explainLoss(err error) *Failure {
	var (
		untold *transfer.UntoldError
		gone   *transfer.GoneError
		noPath *transit.NoPathError
		late   *transfer.LateError
	)
	switch {
	case errors.As(err, &untold):
		return Fail(Untold, lossOf(untold.Err))
	case errors.Is(err, transfer.ErrLost) && errors.As(err, &noPath):
		return Fail(LostAll, tried(noPath))
	case errors.Is(err, transfer.ErrLost):
		return Fail(Lost)
	case errors.As(err, &noPath):
		return Fail(NoPath, tried(noPath))
	case errors.As(err, &gone) && gone.Sent:
		return Fail(Unconfirmed, lossOf(gone))
	case errors.As(err, &gone):
		return Fail(PeerGone, lossOf(gone))
	case errors.As(err, &late):
		return Fail(Late, Fail(of(awaitedThere[:], late.What)), late.After)
	}
	return nil
}

// lossOf says how a connection to the other computer ended.
func lossOf(err error) *Failure {
	var gone *transfer.GoneError
	if !errors.As(err, &gone) {
		return Connection(err)
	}
	if gone.After > 0 {
		return Fail(ConnStill, gone.After)
	}
	return Connection(gone.Err)
}

var awaitedThere = [...]Code{
	transfer.AwaitOffer:   AwaitOffer,
	transfer.AwaitHints:   AwaitHints,
	transfer.AwaitReceipt: AwaitTextReceipt,
}
