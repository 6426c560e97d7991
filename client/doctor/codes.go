package doctor

import (
	"slices"

	"sesame/client"
)

// A Kind says where a code stands.
type Kind byte

// The kinds of codes.
const (
	KindFinding   Kind = iota + 1 // what is told
	KindDiagnosis                 // what is returned
	KindPart                      // within another's arguments
)

// An Entry says of a code what it means, and what its arguments are, by name and in
// their order.
type Entry struct {
	Code  client.Code
	Kind  Kind
	State State // of a finding or a diagnosis
	Args  []string
}

// Codes returns the list of all codes of this package. None of them is on that of
// package client, and as there a code stays as it is from version to version.
func Codes() []Entry {
	return slices.Concat(findings(), diagnoses(), parts())
}

// stateOf returns what a code of the list means.
func stateOf(code client.Code) State {
	all := Codes()
	return all[slices.IndexFunc(all, func(e Entry) bool { return e.Code == code })].State
}

func findings() []Entry {
	const f = KindFinding
	return []Entry{
		{Addresses, f, Fine, []string{"list"}},
		{AddressesNone, f, Problem, nil},
		{AddressesUnknown, f, Problem, []string{"why"}},
		{Routes, f, Fine, []string{"ipv4", "ipv6"}},
		{RoutesNone, f, Problem, nil},
		{ProxyUsed, f, Remark, []string{"proxy"}},
		{ProxyOther, f, Remark, []string{"variable", "scheme", "server", "wanted"}},
		{ProxyElsewhere, f, Remark, nil},
		{ServerSpeaks, f, Fine, []string{"server", "rtt"}},
		{ServerSilent, f, Problem, []string{"server"}},
		{ServerUnreached, f, Problem, []string{"why"}},
		{HTTPFails, f, Problem, []string{"why", "advice"}},
		{TLS, f, Fine, []string{"version", "count"}},
		{TLSNone, f, Remark, nil},
		{CertificateEnds, f, Problem, []string{"count"}},
		{Clock, f, Fine, nil},
		{ClockUnknown, f, Remark, nil},
		{ClockFast, f, Problem, []string{"skew"}},
		{ClockSlow, f, Problem, []string{"skew"}},
		{Announces, f, Fine, []string{"list"}},
		{AnnouncesNothing, f, Remark, nil},
		{Name, f, Fine, []string{"name", "list"}},
		{NameFails, f, Problem, []string{"name", "why"}},
		{NameOnlyIPv4, f, Fine, []string{"name", "list"}},
		{NameOnlyIPv6, f, Remark, []string{"name", "list"}},
		{RelayJoins, f, Fine, []string{"relay", "rtt"}},
		{RelayFails, f, Problem, []string{"relay", "why", "advice"}},
		{RelayTickets, f, Fine, []string{"relay"}},
		{RelayHangsUp, f, Problem, []string{"relay", "advice"}},
		{RelayStatus, f, Problem, []string{"relay", "status", "advice"}},
		{RelayOdd, f, Problem, []string{"relay", "says", "advice"}},
		{NAT, f, Fine, []string{"address", "mapping", "filtering"}},
		{NATNone, f, Fine, []string{"address", "filtering"}},
		{NATSymmetric, f, Remark, []string{"address", "mapping", "filtering"}},
		{NATNear, f, Remark, nil},
		{NATNoServer, f, Remark, nil},
		{NATNoSTUN, f, Remark, nil},
		{NATNoIPv4, f, Remark, nil},
		{NATBarred, f, Remark, nil},
		{UDPBlocked, f, Problem, nil},
		{IPv6, f, Fine, []string{"address", "filtering"}},
		{IPv6None, f, Remark, nil},
		{IPv6Unasked, f, Remark, nil},
		{IPv6Silent, f, Problem, nil},
		{Mapping, f, Fine, []string{"address"}},
		{MappingNone, f, Remark, nil},
		{MappingNested, f, Remark, []string{"address"}},
		{MappingNoRouter, f, Remark, nil},
		{MappingFails, f, Remark, []string{"why"}},
		{Multicast, f, Fine, []string{"list"}},
		{MulticastNone, f, Remark, nil},
		{STUN, f, Fine, []string{"server", "list"}},
		{STUNHalf, f, Remark, []string{"server", "answers", "silent"}},
		{STUNSilent, f, Problem, []string{"server"}},
		{STUNBarred, f, Remark, nil},
	}
}

func diagnoses() []Entry {
	const d = KindDiagnosis
	return []Entry{
		{ReachNear, d, Problem, nil},
		{ReachNobody, d, Problem, nil},
		{DirectOpen, d, Fine, nil},
		{DirectOpenOnly, d, Fine, nil},
		{DirectMapped, d, Fine, nil},
		{DirectMappedOnly, d, Fine, nil},
		{DirectMost, d, Fine, nil},
		{DirectMostOnly, d, Fine, nil},
		{DirectSome, d, Fine, nil},
		{DirectSomeOnly, d, Fine, nil},
		{DirectIPv6, d, Fine, nil},
		{DirectIPv6Only, d, Fine, nil},
		{DirectPerhaps, d, Fine, nil},
		{DirectPerhapsOnly, d, Fine, nil},
		{RelayedPrivate, d, Fine, nil},
		{StuckPrivate, d, Problem, nil},
		{RelayedUnknown, d, Fine, nil},
		{StuckUnknown, d, Problem, nil},
		{RelayedNear, d, Fine, nil},
		{StuckNear, d, Problem, nil},
		{ServerWell, d, Fine, nil},
		{ServerProblems, d, Problem, []string{"count"}},
	}
}

func parts() []Entry {
	const p = KindPart
	return []Entry{
		{Address, p, 0, []string{"address", "sort"}},
		{AddressOn, p, 0, []string{"address", "sort", "name"}},
		{AddressMore, p, 0, []string{"count"}},
		{SortVPN, p, 0, nil},
		{SortCarrier, p, 0, nil},
		{SortPrivate, p, 0, nil},
		{SortPublic, p, 0, nil},
		{RouteNoIPv4, p, 0, nil},
		{RouteNoIPv6, p, 0, nil},
		{RouteDirect, p, 0, []string{"address"}},
		{RouteRouter, p, 0, []string{"address", "router"}},
		{RouteIPv6, p, 0, []string{"address"}},
		{AnnouncesRelay, p, 0, []string{"at"}},
		{AnnouncesSTUN, p, 0, []string{"at"}},
		{STUNAnswers, p, 0, []string{"family", "rtt"}},
		{FamilyIPv4, p, 0, nil},
		{FamilyIPv6, p, 0, nil},
		{NATUnknown, p, 0, nil},
		{NATEndpoint, p, 0, nil},
		{NATPortless, p, 0, nil},
		{NATAddress, p, 0, nil},
		{NATAddressPort, p, 0, nil},
		{AdviseClock, p, 0, nil},
		{AdviseBetween, p, 0, nil},
		{AdviseOwn, p, 0, nil},
		{AdviseRoots, p, 0, nil},
		{AdvisePlain, p, 0, nil},
		{AdviseRelay, p, 0, nil},
		{AdvisePort, p, 0, nil},
	}
}
