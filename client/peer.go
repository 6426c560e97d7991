package client

import (
	"sesame/rendezvous"
	"sesame/transfer"
)

// explainRejection says why the peer declined.
func explainRejection(err *transfer.Rejection) *Failure {
	switch err.Code {
	case transfer.ReasonNoRoom:
		return Fail(PeerNoRoom)
	case transfer.ReasonNoDisk:
		return Fail(PeerDisk)
	case transfer.ReasonWantsOne:
		return Fail(PeerWantsOne)
	case transfer.ReasonNoHidden:
		return Fail(PeerNoHidden)
	case transfer.ReasonHasIt:
		return Fail(PeerHasIt)
	case transfer.ReasonNotShown:
		return Fail(PeerNotShown)
	case transfer.ReasonCancelled:
		return Fail(PeerCancelled)
	case transfer.ReasonStuck:
		return Fail(PeerOther, saidBy(&transfer.PeerError{Reason: err.Reason}), programOf(rendezvous.Foreign), programOf(rendezvous.Foreign))
	}
	if err.Words == "" {
		return Fail(PeerDeclined)
	}
	return Fail(PeerSaysNo, err.Words)
}

// explainPeer says why the peer ended the transfer. One that gives no code tells a
// class at most; its words are only shown.
func explainPeer(err *transfer.PeerError) *Failure {
	switch err.Code {
	case transfer.ReasonUnverified:
		return Fail(PeerUnverified)
	case transfer.ReasonNotQuantum:
		return Fail(PeerWantsQuant)
	case transfer.ReasonFull:
		return Fail(PeerFull)
	case transfer.ReasonChanged:
		return Fail(PeerChanged, saidBy(err))
	case transfer.ReasonNotShown:
		return Fail(PeerNotShown)
	}
	switch {
	case err.Class == transfer.Cancelled:
		return Fail(PeerCancelled)
	case err.Class == transfer.Integrity:
		return Fail(PeerProtocol, saidBy(err))
	case err.Class == transfer.Disk && (err.Code != transfer.ReasonUnsaid || err.Words == ""):
		return Fail(PeerDisk)
	case err.Class == transfer.Disk:
		return Fail(PeerDiskSays, err.Words)
	}
	return Fail(PeerOther, saidBy(err), programOf(rendezvous.Foreign), programOf(rendezvous.Foreign))
}

// saidBy is what the peer says as an argument: its own words, where it has any, or the
// part for its code.
func saidBy(err *transfer.PeerError) any {
	if err.Words != "" {
		return err.Words
	}
	switch err.Code {
	case transfer.ReasonUnsaid:
		return ""
	case transfer.ReasonChanged:
		return Fail(SaysChanged)
	case transfer.ReasonRule:
		return Fail(SaysRule)
	case transfer.ReasonList:
		return Fail(SaysList)
	case transfer.ReasonGrowth:
		return Fail(SaysGrowth)
	case transfer.ReasonDamaged:
		return Fail(SaysDamaged)
	case transfer.ReasonLate:
		return Fail(SaysLate)
	case transfer.ReasonNoWay:
		return Fail(SaysNoWay)
	case transfer.ReasonStream:
		return Fail(SaysStream)
	}
	return Fail(SaysStuck)
}
