package doctor

import (
	"sesame/client"
	"sesame/transit/survey"
)

// A sum is what the conclusion depends on.
type sum struct {
	server  bool // the mailbox server can be used
	relay   bool // some relay can
	network bool // this computer is in one, and knows its addresses there
	private bool // our addresses mustn't be told
	asked   bool // whether UDP goes is known
	nat     survey.Seen
	mapped  bool // the router leads ports here
	ipv6    bool // it works
}

// see notes how this computer looks from outside.
func (s *sum) see(v *survey.View) {
	s.nat, s.ipv6 = v.V4, v.V6.Answered > 0
	s.asked = v.V4.Asked > 0 && (v.V4.Answered == 0 || v.V4.Translated || v.V4.Outside())
}

// conclude says what the facts mean. It is a Problem if no transfer to another
// network can work.
func (s *sum) conclude() Finding {
	code := s.reach()
	return Finding{stateOf(code), code, nil}
}

// reach says with whom transfers work, and how.
func (s *sum) reach() client.Code {
	switch {
	case !s.server && s.network:
		return ReachNear
	case !s.server:
		return ReachNobody
	case s.private:
		return s.ifRelay(RelayedPrivate, StuckPrivate)
	case !s.network:
		return s.ifRelay(RelayedUnknown, StuckUnknown)
	}
	switch {
	case s.asked && s.nat.Open():
		return s.ifRelay(DirectOpen, DirectOpenOnly)
	case s.mapped:
		return s.ifRelay(DirectMapped, DirectMappedOnly)
	case !s.asked:
		return s.ifRelay(DirectPerhaps, DirectPerhapsOnly)
	case s.nat.Answered > 0 && !s.nat.Symmetric():
		return s.ifRelay(DirectMost, DirectMostOnly)
	case s.nat.Answered > 0:
		return s.ifRelay(DirectSome, DirectSomeOnly)
	case s.ipv6:
		return s.ifRelay(DirectIPv6, DirectIPv6Only)
	}
	return s.ifRelay(RelayedNear, StuckNear)
}

// ifRelay returns the one if there is a relay for all others, and else the other.
func (s *sum) ifRelay(there, none client.Code) client.Code {
	if s.relay {
		return there
	}
	return none
}
