package transfer

import (
	"errors"

	"sesame/internal/safetext"
	"sesame/tree"
	"sesame/tree/manifest"
)

var (
	// ErrRejected means that the person at the other end said no.
	ErrRejected = errors.New("the other side rejected the transfer")

	// ErrNoWay means that one side allows direct paths only, and the other only
	// relays. Nothing was offered.
	ErrNoWay = errors.New("one side takes only direct ways, and the other only relays")

	// ErrLost means that a native transfer had no path to the peer for so long
	// that waiting made no sense any more, or that the peer took nothing for too
	// long. What has arrived is kept, so the transfer can be repeated.
	ErrLost = errors.New("the other side can't be reached any more")

	// ErrGrowth means that a file of unknown size, from a native peer, takes more
	// than 64 MiB on the disk and more than 200 times what is sent. Nobody could
	// agree to that: it isn't known beforehand.
	ErrGrowth = errors.New("the stream unpacks to more than 200 times what is sent")

	// ErrIntegrity means that what arrived is not what was sent.
	ErrIntegrity = errors.New("what arrived is not what was sent")

	// ErrRatio means that an archive grows so much when it is unpacked that
	// somebody should agree to it; see Target.AnyRatio.
	ErrRatio = errors.New("the directory unpacks to more than 200 times what is sent")

	// ErrClassicPeer means that what is to be sent needs the native protocol,
	// which the peer doesn't speak.
	ErrClassicPeer = errors.New("the other program can't take a stream from this one: save it to a file and send that")
)

// A ProtocolError says which rule the peer broke. What it sent was sealed with
// the right keys, so this is no accident of the network.
type ProtocolError struct {
	Rule string // doesn't quote the peer
}

func (e *ProtocolError) Error() string {
	return "the other side breaks the protocol: " + e.Rule
}

// A ChangedError says that a file was no longer the one that was listed when it
// was sent. A classic transfer fails with it for both sides; a native one goes on
// without the file.
type ChangedError = manifest.ChangedError

// An ExistsError says that something has the name to be written already. If
// Accept returns it before anything was answered, the offer is open still.
type ExistsError = tree.ExistsError

// A DiskError is a failure of this side's file system: full, read-only, broken.
type DiskError = tree.DiskError

// quoteName shows a file name, whoever chose it.
func quoteName(name string) string { return "'" + safetext.Line(name, 120) + "'" }
