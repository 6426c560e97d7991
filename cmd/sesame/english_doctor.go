package main

import (
	"time"

	"sesame/client"
	"sesame/client/doctor"
)

// argumentsOf returns the names of a code's arguments.
func argumentsOf(code client.Code) []string {
	for _, e := range client.Codes() {
		if e.Code == code {
			return e.Args
		}
	}
	for _, e := range doctor.Codes() {
		if e.Code == code {
			return e.Args
		}
	}
	return nil
}

// milliseconds writes a short time for people.
func milliseconds(d time.Duration) string {
	if d < 10*time.Millisecond {
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(time.Millisecond).String()
}

// A subject is a word or two for what doctor looks at, and what it says of that.
type subject struct {
	name string
	said map[client.Code]wording
}

// subjectOf returns the name of what a finding is about. What isn't doctor's own to
// find is what keeps a transfer from the server.
func subjectOf(code client.Code) string {
	for _, s := range subjects() {
		if _, ok := s.said[code]; ok {
			return s.name
		}
	}
	return "server"
}

func subjects() []subject {
	return append(subjectsHere(), subjectsBeyond()...)
}

func subjectsHere() []subject {
	const noUDP = "; UDP is not tried in transfers"
	return []subject{
		{"addresses", map[client.Code]wording{
			doctor.Addresses:        {text: "{list}"},
			doctor.AddressesNone:    {text: "this computer is in no network", hint: "connect a cable, or join a wireless network"},
			doctor.AddressesUnknown: {text: "they can't be listed: {why}", hint: "let this program use sockets of the family AF_NETLINK"},
		}},
		{"routes", map[client.Code]wording{
			doctor.Routes:     {text: "{ipv4}; {ipv6}"},
			doctor.RoutesNone: {text: "there is no way to the Internet: no default route", hint: "check the cable or the wireless network; sesame send --local works within this network"},
		}},
		{"proxy", map[client.Code]wording{
			doctor.ProxyUsed:      {text: "servers are reached through {proxy}" + noUDP},
			doctor.ProxyOther:     {text: "{variable} is for {scheme}:// servers, so {server} is reached directly; {wanted}, or --proxy, is for this one" + noUDP},
			doctor.ProxyElsewhere: {text: "there is one, but not for this server" + noUDP},
		}},
		{"multicast", map[client.Code]wording{
			doctor.Multicast:     {text: "can be received on {list}"},
			doctor.MulticastNone: {text: "no interface takes part: without a server, the other computer doesn't find this one by itself", hint: "with sesame send --local, type the address that it shows"},
		}},
		{"port mapping", map[client.Code]wording{
			doctor.Mapping:         {text: "the router leads ports of {address} here"},
			doctor.MappingNone:     {text: "the router offers none (PCP, NAT-PMP, UPnP)"},
			doctor.MappingNested:   {text: "the router leads ports of {address} here, but is behind another NAT itself"},
			doctor.MappingNoRouter: {text: "not asked for: there is no router on this network that packets go through"},
			doctor.MappingFails:    {text: "not asked for: {why}"},
		}},
		{"NAT", map[client.Code]wording{
			doctor.NAT:          {text: "seen from outside as {address}; mapping is {mapping}, filtering is {filtering}"},
			doctor.NATNone:      {text: "none: {address} is this computer's own address; filtering is {filtering}"},
			doctor.NATSymmetric: {text: "seen from outside as {address}; mapping is {mapping}, filtering is {filtering} (a symmetric NAT)", hint: "where nothing else helps, have the router forward a port, or turn on its UPnP or NAT-PMP"},
			doctor.NATNear:      {text: "not known: the STUN server is on this network", hint: "name one outside: --stun HOST:PORT"},
			doctor.NATNoServer:  {text: "not known: no server could be asked", hint: "name a STUN server: --stun HOST:PORT"},
			doctor.NATNoSTUN:    {text: "not known: the server answers no STUN", hint: "name a STUN server: --stun HOST:PORT"},
			doctor.NATNoIPv4:    {text: "not known: no STUN server has an IPv4 address, or this computer has none"},
			doctor.NATBarred:    {text: "not looked at: where servers are reached through a proxy, transfers use no UDP", hint: "--proxy none looks without it"},
		}},
		{"UDP", map[client.Code]wording{
			doctor.UDPBlocked: {text: "blocked, here or there: no STUN server answers", hint: "direct ways then need TCP: the same network, IPv6, or a port that the router leads here"},
		}},
		{"IPv6", map[client.Code]wording{
			doctor.IPv6:        {text: "works, from {address}; filtering is {filtering}"},
			doctor.IPv6None:    {text: "this computer has none"},
			doctor.IPv6Unasked: {text: "there is a route; no server with an IPv6 address could be asked whether it works"},
			doctor.IPv6Silent:  {text: "there is a route, but nothing comes back", hint: "it slows other programs down, too: repair it or turn it off"},
		}},
	}
}

func subjectsBeyond() []subject {
	const skew = "set it, or certificates look invalid; if it is right, the server's is wrong"
	return []subject{
		{"server", map[client.Code]wording{
			doctor.ServerSpeaks:    {text: "{server} speaks after {rtt}"},
			doctor.ServerSilent:    {text: "{server} can be reached, and says nothing", hint: "name another server with --server"},
			doctor.ServerUnreached: {text: "{why}", hint: "check the network, or name another server with --server; within this network, sesame send --local needs none"},
		}},
		{"name", map[client.Code]wording{
			doctor.Name:         {text: "{name} is {list}"},
			doctor.NameFails:    {text: "{name}: {why}", hint: "check the records of the name"},
			doctor.NameOnlyIPv4: {text: "{name} is {list}", hint: "clients that have IPv6 alone reach it only if their network translates"},
			doctor.NameOnlyIPv6: {text: "{name} is {list}", hint: "clients that have IPv4 alone can't reach it"},
		}},
		{"HTTP", map[client.Code]wording{
			doctor.HTTPFails: {text: "{why}", hint: "{advice}"},
		}},
		{"TLS", map[client.Code]wording{
			doctor.TLS:             {text: "{version}, certificate valid for {count} more days", one: "{version}, certificate valid for one more day"},
			doctor.TLSNone:         {text: "not used: who is in between sees who meets, though not what is sent", hint: "serve wss:// to keep that from others"},
			doctor.CertificateEnds: {text: "the certificate is valid for {count} more days only", one: "the certificate is valid for one more day only", hint: "renew it"},
		}},
		{"clock", map[client.Code]wording{
			doctor.Clock:        {text: "agrees with the server's"},
			doctor.ClockUnknown: {text: "nobody told the time"},
			doctor.ClockFast:    {text: "your clock is wrong by {skew}: it is fast", hint: skew},
			doctor.ClockSlow:    {text: "your clock is wrong by {skew}: it is slow", hint: skew},
		}},
		{"announces", map[client.Code]wording{
			doctor.Announces:        {text: "{list}"},
			doctor.AnnouncesNothing: {text: "nothing: it brings computers together only, and clients use the public relay", hint: "sesame-relay offers a relay and STUN on the same port"},
		}},
		{"relay", map[client.Code]wording{
			doctor.RelayJoins:   {text: "{relay} joins two connections; there and back in {rtt}"},
			doctor.RelayFails:   {text: "{relay}: {why}", hint: "{advice}"},
			doctor.RelayTickets: {text: "{relay} joins those who have met at its own server"},
			doctor.RelayHangsUp: {text: "{relay}: it hangs up", hint: "{advice}"},
			doctor.RelayStatus:  {text: "{relay}: it is no relay: HTTP status {status}", hint: "{advice}"},
			doctor.RelayOdd:     {text: "{relay}: it says {says}, which no relay does", hint: "{advice}"},
		}},
		{"STUN", map[client.Code]wording{
			doctor.STUN:       {text: "udp {server} {list}"},
			doctor.STUNHalf:   {text: "udp {server} {answers}, not over {silent}", hint: "or {silent} doesn't work where you are"},
			doctor.STUNSilent: {text: "udp {server} doesn't answer", hint: "open its port for UDP in the firewall; or UDP is blocked where you are"},
			doctor.STUNBarred: {text: "not looked at: no UDP goes through a proxy"},
		}},
	}
}

// saidByDoctor is what subjects say, what all of it means, and what stands within.
func saidByDoctor() map[client.Code]wording {
	all := make(map[client.Code]wording)
	for _, s := range append(subjects(), subject{said: diagnoses()}, subject{said: partsOfFindings()}) {
		for code, w := range s.said {
			all[code] = w
		}
	}
	return all
}

func diagnoses() map[client.Code]wording {
	const (
		open    = "Transfers will go directly with nearly everyone; with people whose network lets nothing but web pages through"
		mapped  = "Transfers will go directly with nearly everyone, since the router lets them in; with people whose network lets nothing but web pages through"
		most    = "Transfers will go directly with most people; with someone behind a symmetric NAT"
		some    = "Transfers will go directly with people whose router is open to it (no NAT, or a filter that looks at addresses at most); with someone behind a stricter one"
		ipv6    = "Transfers may go directly with people who have IPv6, too; with everybody else"
		perhaps = "Transfers go directly where that is possible; no STUN server could say how often; with everybody else"
		relayed = " they go through the relay."
		nothing = " there is no way, as no relay can be reached."

		private = "Transfers go through a relay, as our addresses are to be told to nobody"
		unknown = "Transfers go through a relay, as this computer knows no address of its own to be reached at"
		near    = "Transfers go directly to computers on the same network, to others through a relay"
		stuck   = ", and no relay can be reached: name another one with --relay."
	)
	return map[client.Code]wording{
		doctor.ReachNear:         {text: "Nothing can be sent to other networks as long as no server can be reached; on this network, sesame send --local needs none."},
		doctor.ReachNobody:       {text: "Nothing can be sent: this computer is in no network."},
		doctor.DirectOpen:        {text: open + relayed},
		doctor.DirectOpenOnly:    {text: open + nothing},
		doctor.DirectMapped:      {text: mapped + relayed},
		doctor.DirectMappedOnly:  {text: mapped + nothing},
		doctor.DirectMost:        {text: most + relayed},
		doctor.DirectMostOnly:    {text: most + nothing},
		doctor.DirectSome:        {text: some + relayed},
		doctor.DirectSomeOnly:    {text: some + nothing},
		doctor.DirectIPv6:        {text: ipv6 + relayed},
		doctor.DirectIPv6Only:    {text: ipv6 + nothing},
		doctor.DirectPerhaps:     {text: perhaps + relayed},
		doctor.DirectPerhapsOnly: {text: perhaps + nothing},
		doctor.RelayedPrivate:    {text: private + "."},
		doctor.StuckPrivate:      {text: private + stuck},
		doctor.RelayedUnknown:    {text: unknown + "."},
		doctor.StuckUnknown:      {text: unknown + stuck},
		doctor.RelayedNear:       {text: near + "."},
		doctor.StuckNear:         {text: near + stuck},
		doctor.ServerWell:        {text: "The server does what it announces."},
		doctor.ServerProblems:    {text: "There are {count} problems.", one: "There is one problem."},
	}
}

func partsOfFindings() map[client.Code]wording {
	return map[client.Code]wording{
		doctor.Address:        {text: "{address} ({sort})"},
		doctor.AddressOn:      {text: "{address} ({sort}) on {name}"},
		doctor.AddressMore:    {text: "{count} more"},
		doctor.SortVPN:        {text: "VPN"},
		doctor.SortCarrier:    {text: "shared by a carrier's NAT, or VPN"},
		doctor.SortPrivate:    {text: "private"},
		doctor.SortPublic:     {text: "public"},
		doctor.RouteNoIPv4:    {text: "no IPv4"},
		doctor.RouteNoIPv6:    {text: "no IPv6"},
		doctor.RouteDirect:    {text: "IPv4 from {address}, not by way of a router on this network"},
		doctor.RouteRouter:    {text: "IPv4 from {address} by way of {router}"},
		doctor.RouteIPv6:      {text: "IPv6 from {address}"},
		doctor.AnnouncesRelay: {text: "a relay at {at}"},
		doctor.AnnouncesSTUN:  {text: "STUN at {at}"},
		doctor.STUNAnswers:    {text: "answers over {family} in {rtt}"},
		doctor.FamilyIPv4:     {text: "IPv4"},
		doctor.FamilyIPv6:     {text: "IPv6"},
		doctor.NATUnknown:     {text: "unknown"},
		doctor.NATEndpoint:    {text: "endpoint-independent"},
		doctor.NATPortless:    {text: "endpoint-independent or address-dependent"},
		doctor.NATAddress:     {text: "address-dependent"},
		doctor.NATAddressPort: {text: "address-and-port-dependent"},
		doctor.AdviseClock:    {text: hintClock},
		doctor.AdviseBetween:  {text: hintBetween},
		doctor.AdviseOwn:      {text: hintOwn},
		doctor.AdviseRoots:    {text: hintRoots},
		doctor.AdvisePlain:    {text: hintPlain},
		doctor.AdviseRelay:    {text: "name another relay with --relay; direct ways need none"},
		doctor.AdvisePort:     {text: "it is announced to clients: open its port in the firewall, or have the proxy in front pass it on"},
	}
}
