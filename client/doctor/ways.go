package doctor

import (
	"errors"

	"sesame/client"
	"sesame/transit/natkind"
	"sesame/transit/survey"
)

// relay says whether a relay can be used. An operator is told to mend it, anybody
// else to take another.
func relay(f *survey.Relay, operator bool) Finding {
	if f.Err == nil {
		return find(RelayJoins, f.At, f.RTT)
	}
	if errors.Is(f.Err, survey.ErrTickets) {
		return find(RelayTickets, f.At)
	}
	do := advice(f.Err, AdviseRelay)
	if operator {
		do = part(AdvisePort)
	}
	var none survey.NoRelayError
	switch {
	case errors.As(f.Err, &none) && none.Status != 0:
		return find(RelayStatus, f.At, none.Status, do)
	case errors.As(f.Err, &none):
		return find(RelayOdd, f.At, none.Said, do)
	case errors.Is(f.Err, survey.ErrHungUp):
		return find(RelayHangsUp, f.At, do)
	}
	return find(RelayFails, f.At, client.Connection(f.Err), do)
}

// nat says how UDP goes over IPv4; met is whether the mailbox server said whom to ask.
func nat(f *survey.View, met bool) Finding {
	v := &f.V4
	seen := v.Mapped.Addr().String()
	switch {
	case f.Named == 0 && !met:
		return find(NATNoServer)
	case f.Named == 0:
		return find(NATNoSTUN)
	case v.Asked == 0:
		return find(NATNoIPv4)
	case v.Answered == 0:
		return find(UDPBlocked)
	case !v.Translated && !v.Outside():
		return find(NATNear)
	case !v.Translated:
		return find(NATNone, seen, behaviour(v.Filtering))
	case v.Symmetric():
		return find(NATSymmetric, seen, behaviour(v.Mapping), behaviour(v.Filtering))
	}
	return find(NAT, seen, behaviour(v.Mapping), behaviour(v.Filtering))
}

// behaviour names what a NAT goes by, in the words of RFC 4787.
func behaviour(b natkind.Behavior) *client.Failure {
	code := NATUnknown
	switch b {
	case natkind.EndpointIndependent:
		code = NATEndpoint
	case natkind.PortIndependent:
		code = NATPortless
	case natkind.AddressDependent:
		code = NATAddress
	case natkind.AddressAndPortDependent:
		code = NATAddressPort
	}
	return part(code)
}

// ipv6 says how UDP goes over IPv6.
func ipv6(f *survey.View) Finding {
	v := &f.V6
	switch {
	case !f.Route6:
		return find(IPv6None)
	case v.Asked == 0:
		return find(IPv6Unasked)
	case v.Answered == 0:
		return find(IPv6Silent)
	}
	return find(IPv6, v.Mapped.Addr().String(), behaviour(v.Filtering))
}

func mapping(f *survey.Mapping) Finding {
	switch {
	case !f.Router:
		return find(MappingNoRouter)
	case f.Err != nil:
		return find(MappingFails, client.Connection(f.Err))
	case !f.At.IsValid():
		return find(MappingNone)
	case !f.Useful():
		return find(MappingNested, f.At.String())
	}
	return find(Mapping, f.At.String())
}

// port says how an announced STUN server answers.
func port(f *survey.Port) Finding {
	var answers []*client.Failure
	silent, v4, v6 := client.Code(""), part(FamilyIPv4), part(FamilyIPv6)
	for _, family := range []struct {
		is   *client.Failure
		seen *survey.Seen
	}{{v4, &f.V4}, {v6, &f.V6}} {
		switch s := family.seen; {
		case s.Answered > 0:
			answers = append(answers, part(STUNAnswers, family.is, s.RTT))
		case s.Asked > 0 && s.Err == nil:
			silent = family.is.Code
		}
	}
	switch {
	case len(answers) == 0:
		return find(STUNSilent, f.Server)
	case silent != "":
		return find(STUNHalf, f.Server, answers[0], part(silent))
	}
	return find(STUN, f.Server, answers)
}
