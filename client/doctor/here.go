package doctor

import (
	"sesame/client"
	"sesame/transit/survey"
)

// Each subject is judged by a function of its own: what this computer is here, what
// servers do in server.go, and what gets through in ways.go.

// maxAddresses is how many addresses are named.
const maxAddresses = 12

func addresses(f *survey.Addresses) Finding {
	switch {
	case f.Err != nil:
		return find(AddressesUnknown, brief{f.Err})
	case len(f.All) == 0:
		return find(AddressesNone)
	}
	return find(Addresses, addressPhrases(f.All))
}

// addressPhrases names addresses.
func addressPhrases(all []survey.Address) (list []Phrase) {
	for _, a := range all[:min(len(all), maxAddresses)] {
		sort := Phrase{sortCode(a.Sort), nil}
		if a.Interface == "" {
			list = append(list, Phrase{Address, []any{a.IP.String(), sort}})
		} else {
			list = append(list, Phrase{AddressOn, []any{a.IP.String(), sort, a.Interface}})
		}
	}
	if n := len(all) - maxAddresses; n > 0 {
		list = append(list, Phrase{AddressMore, []any{n}})
	}
	return list
}

func sortCode(s survey.Sort) client.Code {
	switch s {
	case survey.VPN:
		return SortVPN
	case survey.Carrier:
		return SortCarrier
	case survey.Private:
		return SortPrivate
	}
	return SortPublic
}

func routes(f *survey.Routes) Finding {
	if !f.V4.IsValid() && !f.V6.IsValid() {
		return find(RoutesNone)
	}
	v4, v6 := Phrase{Code: RouteNoIPv4}, Phrase{Code: RouteNoIPv6}
	switch {
	case f.Router.IsValid():
		v4 = Phrase{RouteRouter, []any{f.V4.String(), f.Router.String()}}
	case f.V4.IsValid():
		v4 = Phrase{RouteDirect, []any{f.V4.String()}}
	}
	if f.V6.IsValid() {
		v6 = Phrase{RouteIPv6, []any{f.V6.String()}}
	}
	return find(Routes, v4, v6)
}

func proxied(f *survey.Proxy) Finding {
	switch {
	case f.Through != "":
		return find(ProxyUsed, f.Through)
	case f.Variable != "":
		return find(ProxyOther, f.Variable, f.Scheme, f.Server, f.Wanted)
	}
	return find(ProxyElsewhere)
}

func multicast(f *survey.Multicast) Finding {
	if len(f.Interfaces) == 0 {
		return find(MulticastNone)
	}
	return find(Multicast, f.Interfaces)
}
