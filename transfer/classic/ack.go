package classic

import (
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"

	"sesame/internal/safetext"
	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
)

// An ack is the receiver's last word in a classic transfer. Some peers insist on
// the hash, and all of them ignore what they don't know. doc/transfer.md §1.4.
type ack struct {
	Ack  string    `json:"ack"`
	Sum  string    `json:"sha256"`
	Lost []ackLoss `json:"sesame-lost,omitempty"` // what the receiver's disk can't take
}

type ackLoss struct {
	Path    string              `json:"path"`
	Reason  string              `json:"reason"` // for who knows no codes
	Code    transfer.ReasonCode `json:"code,omitempty"`
	Numbers []uint64            `json:"numbers,omitempty"`
}

// lossOf is a failure as the record has it.
func lossOf(f transfer.Failure) ackLoss {
	why := transfer.ReasonOf(f.Why)
	return ackLoss{safetext.Line(f.Path, 120), safetext.Line(f.Why.Words(), 100), why.Code, why.Numbers}
}

// failure reads it again.
func (l ackLoss) failure() transfer.Failure {
	said := transfer.Reason{Code: l.Code, Numbers: l.Numbers, Words: l.Reason}
	return transfer.Failure{Path: safetext.Line(l.Path, 200), Why: said.Entry(), There: true}
}

// maxAckLosses is how many of them go into a record.
const maxAckLosses = 20

// ackMessage confirms what has that hash, all of which is in place but for lost.
func ackMessage(sum []byte, lost []transfer.Failure) []byte {
	a := ack{Ack: "ok", Sum: hex.EncodeToString(sum)}
	for i, f := range lost {
		if i == maxAckLosses {
			more := transfer.Failure{Path: f.Path, Why: manifest.Because(manifest.CauseOthers, int64(len(lost)-i-1))}
			a.Lost = append(a.Lost, lossOf(more))
			break
		}
		a.Lost = append(a.Lost, lossOf(f))
	}
	return encode(a)
}

// checkAck compares the receiver's last word with what was sent, and returns what
// it could not write. Old receivers send no hash.
func checkAck(data, sum []byte) ([]transfer.Failure, error) {
	var o object
	if len(data) > recordSize || json.Unmarshal(data, &o) != nil {
		return nil, &transfer.IntegrityError{Damage: transfer.DamagedReceipt}
	}
	if ack, err := o.str("ack"); err != nil || ack != "ok" {
		return nil, &transfer.IntegrityError{Damage: transfer.NotConfirmed}
	}
	if o["sha256"] != nil {
		theirs, err := o.str("sha256")
		if err != nil || subtle.ConstantTimeCompare([]byte(theirs), []byte(hex.EncodeToString(sum))) != 1 {
			return nil, &transfer.IntegrityError{Damage: transfer.OtherContent}
		}
	}
	var lost []ackLoss
	if raw := o["sesame-lost"]; raw != nil && json.Unmarshal(raw, &lost) != nil {
		return nil, &transfer.IntegrityError{Damage: transfer.DamagedReceipt}
	}
	var out []transfer.Failure
	for _, l := range lost {
		out = append(out, l.failure())
	}
	return out, nil
}

// failures are losses as a Report has them.
func failures(l *tree.Losses) (out []transfer.Failure) {
	for _, l := range l.List() {
		out = append(out, transfer.Failure{Path: l.Path, Why: l.Why})
	}
	return out
}
