package client

import (
	"strings"

	"sesame/transfer"
)

// What one sesame tells the other, and knows again.
const (
	SaysVerifier  = "the verifier was rejected, nothing was transferred"
	SaysNoRoom    = "the receiver's disk has not enough room"
	SaysNoDisk    = "the receiver can't write its files"
	SaysCancelled = "the person there cancelled the transfer"
	saysFull      = "the disk is full"
	saysChanged   = " changed while it was sent: it "
)

// explainRejection says why the peer declined.
func explainRejection(err *transfer.Rejection) *Failure {
	switch err.Reason {
	case "":
		return Fail(PeerDeclined)
	case SaysNoRoom:
		return Fail(PeerNoRoom)
	case SaysNoDisk:
		return Fail(PeerDisk)
	}
	return Fail(PeerSaysNo, err.Reason)
}

// explainPeer says why the peer ended the transfer.
func explainPeer(err *transfer.PeerError) *Failure {
	switch {
	case err.Message == SaysVerifier:
		return Fail(PeerUnverified)
	case err.Class == transfer.Cancelled, strings.HasSuffix(err.Message, "cancelled the transfer"):
		return Fail(PeerCancelled)
	case err.Class == transfer.Integrity:
		return Fail(PeerProtocol, err.Message)
	case strings.Contains(err.Message, saysChanged):
		return Fail(PeerChanged, err.Message)
	case err.Class == transfer.Disk && err.Message == saysFull, strings.HasSuffix(err.Message, "'s disk is full"):
		return Fail(PeerFull)
	case err.Class == transfer.Disk:
		return Fail(PeerDisk)
	}
	return Fail(PeerOther, err.Message)
}
