package client

import "encoding/json"

// A role is what this side of a meeting does.
type role string

const (
	sends    role = "send"
	receives role = "recv" // as long as the other, so that the length tells nobody
)

// roleMember holds a role in what each side announces to the other, encrypted.
//
// Source: doc/mailbox.md §5.6.
const roleMember = "sesame-role"

// announcement returns what this side announces of itself.
func (r role) announcement() json.RawMessage {
	if r == "" {
		return nil
	}
	text, err := json.Marshal(map[string]any{"app_versions": struct{}{}, roleMember: r})
	if err != nil {
		panic("client: internal error: " + err.Error())
	}
	return text
}

// check fails if the other side, whose announcement this is, does the same as this one.
// Programs that say nothing of it may.
func (r role) check(theirs json.RawMessage) error {
	var members map[string]json.RawMessage // exact names, unlike a struct
	var other role
	if json.Unmarshal(theirs, &members) != nil || json.Unmarshal(members[roleMember], &other) != nil || other != r {
		return nil
	}
	return r.same()
}

// same is the failure of two who do the same.
func (r role) same() error {
	if r == sends {
		return Fail(BothSend)
	}
	return Fail(BothReceive)
}
