package netlab

import (
	"net/netip"
	"strings"
	"text/template"
)

// A Behavior says on what a NAT's choice depends, beside the internal endpoint
// (RFC 4787 §4.1, §5).
type Behavior int

const (
	EndpointIndependent Behavior = iota
	AddressDependent
	AddressAndPortDependent
)

// A NAT says how a router translates addresses, for UDP and TCP alike.
type NAT struct {
	// Mapping says when an internal endpoint keeps its external port: always
	// (EndpointIndependent) or only towards one external endpoint
	// (AddressAndPortDependent: then each has a port drawn at random).
	Mapping Behavior
	// Filtering says who may send to a mapped port: everybody, those addresses
	// that something was sent to from it, or those endpoints. With a Mapping
	// that depends on the endpoint, so does the filter.
	Filtering Behavior
	// Hairpin lets those inside reach each other at their external endpoints,
	// whatever the filter is, and with external source addresses (RFC 4787 §6).
	Hairpin bool
	// Carrier makes it the NAT of a carrier (RFC 6888): addresses inside are of
	// 100.64.0.0/10, and those inside don't see each other directly.
	Carrier bool
	// NoUDP drops all UDP between inside and outside.
	NoUDP bool
	// Unexpected is what becomes of a packet from outside that belongs to nothing.
	Unexpected Fate
}

// A Fate is what a router does with a packet that is for nobody.
type Fate int

const (
	// Dropped: it vanishes, and nothing remembers it.
	Dropped Fate = iota
	// Answered: the router's own system takes it, as there is no filter, and says
	// that nothing is there. Linux remembers that as a flow of its own (UDP for
	// 30 s, TCP for 10 s), and a packet from inside that would look like its other
	// direction gets another port, drawn at random.
	Answered
	// Rejected: a filter says that nothing is there, and nothing is remembered.
	Rejected
)

// The kinds of NAT by their older names (RFC 3489 §5).
var (
	FullCone          = NAT{Mapping: EndpointIndependent, Filtering: EndpointIndependent}
	AddressRestricted = NAT{Mapping: EndpointIndependent, Filtering: AddressDependent}
	PortRestricted    = NAT{Mapping: EndpointIndependent, Filtering: AddressAndPortDependent}
	Symmetric         = NAT{Mapping: AddressAndPortDependent, Filtering: AddressAndPortDependent}
	SymmetricNoUDP    = NAT{Mapping: AddressAndPortDependent, Filtering: AddressAndPortDependent, NoUDP: true}
	CarrierGrade      = NAT{Mapping: EndpointIndependent, Filtering: AddressAndPortDependent, Carrier: true}
	// Answering is what a Linux router does that has masquerade, and no filter for
	// itself; Rejecting one that has such a filter, which refuses.
	Answering = NAT{Mapping: EndpointIndependent, Filtering: AddressAndPortDependent, Unexpected: Answered}
	Rejecting = NAT{Mapping: EndpointIndependent, Filtering: AddressAndPortDependent, Unexpected: Rejected}
)

// rules returns the rules of a router with that external address and
// those addresses inside.
//
// Linux keeps a port when it translates an address, unless that would make two
// flows look the same; that is endpoint-independent mapping for all but two hosts
// that use the same port. Its filter is address and port-dependent by nature:
// what belongs to no flow isn't translated. The other filters, and hairpinning,
// are made of a map of the mappings in use, which is filled behind the
// translation, and a set of who was sent to.
//
// What arrives outside and belongs to nothing is dropped unless Unexpected says
// otherwise. A refusal tells a peer that is a moment early to go away.
func (n NAT) rules(address netip.Addr, inside netip.Prefix) string {
	text := new(strings.Builder)
	err := natRules.Execute(text, map[string]any{
		"address":     address,
		"inside":      inside,
		"hairpin":     n.Hairpin,
		"noUDP":       n.NoUDP,
		"unexpected":  [...]string{Dropped: "drop", Answered: "answer", Rejected: "reject"}[n.Unexpected],
		"independent": n.Mapping == EndpointIndependent,
		"filter":      map[Behavior]string{EndpointIndependent: "none", AddressDependent: "address", AddressAndPortDependent: "flow"}[n.Filtering],
	})
	if err != nil {
		panic("netlab: " + err.Error())
	}
	return text.String()
}

var natRules = template.Must(template.New("").Parse(`
table inet filter {
	chain forward {
		type filter hook forward priority 0; policy drop
{{- if .noUDP}}
		meta l4proto udp drop
{{- end}}
		iifname lan oifname wan accept
		ct state established,related accept
		ct status dnat accept
	}
	chain input {
		type filter hook input priority 0
		iifname lan ip daddr {{.address}} drop comment "hairpin: would have been translated"
		iifname wan ct state established,related accept
		icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
{{- if eq .unexpected "drop"}}
		iifname wan drop
{{- end}}
{{- if eq .unexpected "reject"}}
		iifname wan meta l4proto tcp reject with tcp reset
		iifname wan reject
{{- end}}
	}
}
table ip nat {
	map mapped {
		comment "external endpoint: internal address; ports are kept"
		type inet_proto . inet_service : ipv4_addr
		size 65535; flags dynamic
	}
	set contacted {
		comment "external endpoint, who was sent to"
		type inet_proto . inet_service . ipv4_addr
		size 65535; flags dynamic
	}
	chain translate {
		type nat hook postrouting priority srcnat
		oifname wan masquerade {{if not .independent}}fully-random{{end}}
{{- if .hairpin}}
		oifname lan ip saddr {{.inside}} ct status dnat snat to {{.address}}
{{- end}}
	}
	chain note {
		type filter hook postrouting priority srcnat + 10
{{- if .independent}}
		meta l4proto { tcp, udp } ip saddr {{.address}} ct direction original jump keep
{{- end}}
	}
	chain keep {
		update @mapped { meta l4proto . th sport : ct original ip saddr }
		update @contacted { meta l4proto . th sport . ip daddr }
	}
	chain admit {
		type nat hook prerouting priority dstnat
{{- if .independent}}
		meta l4proto != { tcp, udp } return
		ip daddr != {{.address}} return
{{- if eq .filter "none"}}
		iifname wan dnat to meta l4proto . th dport map @mapped
{{- end}}
{{- if eq .filter "address"}}
		iifname wan meta l4proto . th dport . ip saddr @contacted dnat to meta l4proto . th dport map @mapped
{{- end}}
{{- if .hairpin}}
		iifname lan dnat to meta l4proto . th dport map @mapped
{{- end}}
{{- end}}
	}
}
`))
