package classic

import (
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"sesame/internal/safetext"
	"sesame/transfer"
	"sesame/tree"
)

// An ack is the receiver's last word in a classic transfer. Some peers insist on
// the hash, and all of them ignore what they don't know. doc/transfer.md §1.4.
type ack struct {
	Ack  string    `json:"ack"`
	Sum  string    `json:"sha256"`
	Lost []ackLoss `json:"sesame-lost,omitempty"` // what the receiver's disk can't take
}

type ackLoss struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// maxAckLosses is how many of them go into a record.
const maxAckLosses = 20

// ackMessage confirms what has that hash, all of which is in place but for lost.
func ackMessage(sum []byte, lost []transfer.Failure) []byte {
	a := ack{Ack: "ok", Sum: hex.EncodeToString(sum)}
	for i, f := range lost {
		if i == maxAckLosses {
			a.Lost = append(a.Lost, ackLoss{fmt.Sprintf("%d more", len(lost)-i), "for the like"})
			break
		}
		a.Lost = append(a.Lost, ackLoss{safetext.Line(f.Path, 120), safetext.Line(f.Reason, 100)})
	}
	return encode(a)
}

// checkAck compares the receiver's last word with what was sent, and returns what
// it could not write. Old receivers send no hash.
func checkAck(data, sum []byte) ([]transfer.Failure, error) {
	var o object
	if len(data) > recordSize || json.Unmarshal(data, &o) != nil {
		return nil, fmt.Errorf("%w: the receiver's confirmation is damaged", transfer.ErrIntegrity)
	}
	if ack, err := o.str("ack"); err != nil || ack != "ok" {
		return nil, fmt.Errorf("%w: the receiver does not confirm it", transfer.ErrIntegrity)
	}
	if o["sha256"] != nil {
		theirs, err := o.str("sha256")
		if err != nil || subtle.ConstantTimeCompare([]byte(theirs), []byte(hex.EncodeToString(sum))) != 1 {
			return nil, fmt.Errorf("%w: the receiver has something else", transfer.ErrIntegrity)
		}
	}
	var lost []ackLoss
	if raw := o["sesame-lost"]; raw != nil && json.Unmarshal(raw, &lost) != nil {
		return nil, fmt.Errorf("%w: the receiver's confirmation is damaged", transfer.ErrIntegrity)
	}
	var out []transfer.Failure
	for _, l := range lost {
		out = append(out, transfer.Failure{Path: safetext.Line(l.Path, 200), Reason: atReceiver + safetext.Quote(l.Reason, 200)})
	}
	return out, nil
}

// atReceiver begins the reasons that the receiver gave.
const atReceiver = "at the receiver: "

// failures are losses as a Report has them.
func failures(l *tree.Losses) (out []transfer.Failure) {
	for _, l := range l.List() {
		out = append(out, transfer.Failure{Path: l.Path, Reason: l.Reason})
	}
	return out
}
