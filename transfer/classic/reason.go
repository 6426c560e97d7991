package classic

import (
	"encoding/json"

	"sesame/transfer"
)

// reasonMember stands beside "error" where both sides speak the native protocol, and
// one ends the session before that has begun
// (doc/native.md §8.2).
const reasonMember = "sesame-reason"

type reasonJSON struct {
	Class   transfer.Class      `json:"class"`
	Code    transfer.ReasonCode `json:"code"`
	Numbers []uint64            `json:"numbers,omitempty"`
}

// maxNumbers is how many numbers of a reason are taken.
const maxNumbers = 4

// parseReason reads a reasonMember; what makes no sense is no reason.
func parseReason(raw json.RawMessage) (r transfer.Reason) {
	var in reasonJSON
	if raw != nil && json.Unmarshal(raw, &in) == nil && len(in.Numbers) <= maxNumbers {
		r.Class, r.Code, r.Numbers = in.Class, in.Code, in.Numbers
	}
	return r
}
