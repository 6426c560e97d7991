package doctor

import "sesame/client"

// What is found, by subject.
const (
	Addresses        client.Code = "addresses"
	AddressesNone    client.Code = "addresses-none"
	AddressesUnknown client.Code = "addresses-unknown"

	Routes     client.Code = "routes"
	RoutesNone client.Code = "routes-none"

	ProxyUsed      client.Code = "proxy-used"
	ProxyOther     client.Code = "proxy-other" // it is for servers of another sort
	ProxyElsewhere client.Code = "proxy-elsewhere"

	ServerSpeaks    client.Code = "server-speaks"
	ServerSilent    client.Code = "server-silent"
	ServerUnreached client.Code = "server-unreached"

	HTTPFails       client.Code = "http-fails"
	TLS             client.Code = "tls"
	TLSNone         client.Code = "tls-none"
	CertificateEnds client.Code = "certificate-ends"

	Clock        client.Code = "clock"
	ClockUnknown client.Code = "clock-unknown"
	ClockFast    client.Code = "clock-fast"
	ClockSlow    client.Code = "clock-slow"

	Announces        client.Code = "announces"
	AnnouncesNothing client.Code = "announces-nothing"

	Name         client.Code = "name"
	NameFails    client.Code = "name-fails"
	NameOnlyIPv4 client.Code = "name-only-ipv4"
	NameOnlyIPv6 client.Code = "name-only-ipv6"

	RelayJoins   client.Code = "relay-joins"
	RelayFails   client.Code = "relay-fails"
	RelayTickets client.Code = "relay-tickets"
	RelayHangsUp client.Code = "relay-hangs-up"
	RelayOdd     client.Code = "relay-odd" // it is none
	RelayStatus  client.Code = "relay-status"

	NAT          client.Code = "nat"
	NATNone      client.Code = "nat-none"
	NATSymmetric client.Code = "nat-symmetric"
	NATNear      client.Code = "nat-near" // the server is
	NATNoServer  client.Code = "nat-no-server"
	NATNoSTUN    client.Code = "nat-no-stun"
	NATNoIPv4    client.Code = "nat-no-ipv4"
	NATBarred    client.Code = "nat-barred" // by a proxy
	UDPBlocked   client.Code = "udp-blocked"

	IPv6        client.Code = "ipv6"
	IPv6None    client.Code = "ipv6-none"
	IPv6Unasked client.Code = "ipv6-unasked"
	IPv6Silent  client.Code = "ipv6-silent"

	Mapping         client.Code = "mapping"
	MappingNone     client.Code = "mapping-none"
	MappingNested   client.Code = "mapping-nested" // behind another NAT
	MappingNoRouter client.Code = "mapping-no-router"
	MappingFails    client.Code = "mapping-fails"

	Multicast     client.Code = "multicast"
	MulticastNone client.Code = "multicast-none"

	STUN       client.Code = "stun"
	STUNHalf   client.Code = "stun-half" // over one address family
	STUNSilent client.Code = "stun-silent"
	STUNBarred client.Code = "stun-barred" // by a proxy
)

// What all of it means.
const (
	ReachNear   client.Code = "reach-near" // this network only
	ReachNobody client.Code = "reach-nobody"

	// Directly, and others by a relay; Only where there is none.
	DirectOpen        client.Code = "direct-open"
	DirectOpenOnly    client.Code = "direct-open-only"
	DirectMapped      client.Code = "direct-mapped"
	DirectMappedOnly  client.Code = "direct-mapped-only"
	DirectMost        client.Code = "direct-most"
	DirectMostOnly    client.Code = "direct-most-only"
	DirectSome        client.Code = "direct-some"
	DirectSomeOnly    client.Code = "direct-some-only"
	DirectIPv6        client.Code = "direct-ipv6"
	DirectIPv6Only    client.Code = "direct-ipv6-only"
	DirectPerhaps     client.Code = "direct-perhaps"
	DirectPerhapsOnly client.Code = "direct-perhaps-only"

	// By a relay alone; Stuck where there is none.
	RelayedPrivate client.Code = "relayed-private"
	StuckPrivate   client.Code = "stuck-private"
	RelayedUnknown client.Code = "relayed-unknown"
	StuckUnknown   client.Code = "stuck-unknown"
	RelayedNear    client.Code = "relayed-near"
	StuckNear      client.Code = "stuck-near"

	ServerWell     client.Code = "server-well"
	ServerProblems client.Code = "server-problems"
)

// What stands within.
const (
	Address     client.Code = "address"
	AddressOn   client.Code = "address-on"
	AddressMore client.Code = "address-more"
	SortVPN     client.Code = "sort-vpn"
	SortCarrier client.Code = "sort-carrier"
	SortPrivate client.Code = "sort-private"
	SortPublic  client.Code = "sort-public"

	RouteNoIPv4 client.Code = "route-no-ipv4"
	RouteNoIPv6 client.Code = "route-no-ipv6"
	RouteDirect client.Code = "route-direct"
	RouteRouter client.Code = "route-router"
	RouteIPv6   client.Code = "route-ipv6"

	AnnouncesRelay client.Code = "announces-relay"
	AnnouncesSTUN  client.Code = "announces-stun"
	STUNAnswers    client.Code = "stun-answers"
	FamilyIPv4     client.Code = "family-ipv4"
	FamilyIPv6     client.Code = "family-ipv6"

	NATUnknown     client.Code = "nat-unknown"
	NATEndpoint    client.Code = "nat-endpoint-independent"
	NATPortless    client.Code = "nat-port-independent"
	NATAddress     client.Code = "nat-address-dependent"
	NATAddressPort client.Code = "nat-address-port-dependent"

	AdviseClock   client.Code = "advise-clock"
	AdviseBetween client.Code = "advise-between" // somebody may be
	AdviseOwn     client.Code = "advise-own"     // an authority that this computer doesn't know
	AdviseRoots   client.Code = "advise-roots"
	AdvisePlain   client.Code = "advise-plain"
	AdviseRelay   client.Code = "advise-relay"
	AdvisePort    client.Code = "advise-port"
)
