package rendezvous

import (
	"encoding/json"
	"slices"
)

// A Program says what sort of program a peer is, seen from this one.
type Program byte

const (
	Foreign Program = iota // it announces no version of the native protocol
	Older                  // a sesame that speaks none but earlier versions than ours
	Newer                  // a sesame that speaks later versions, and not ours
	Alike                  // a sesame that speaks ours
)

// Program says what sort of program the peer is, by what it announced. Older, Newer
// and Foreign ones are spoken to in the classic protocol.
func (ch *Channel) Program() Program {
	ch.c.mu.Lock()
	defer ch.c.mu.Unlock()
	return programOf(ch.c.m.peerVersion)
}

// programOf reads a version for that. What makes no sense is Foreign: whether it
// may go on is for negotiate to say.
func programOf(version []byte) Program {
	var fields map[string]json.RawMessage
	var versions []float64
	if json.Unmarshal(memberOf(version), &fields) != nil || json.Unmarshal(fields["v"], &versions) != nil || len(versions) == 0 {
		return Foreign
	}
	switch {
	case slices.Contains(versions, NativeVersion):
		return Alike
	case slices.Max(versions) > NativeVersion:
		return Newer
	}
	return Older
}
