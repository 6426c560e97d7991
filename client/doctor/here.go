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
		return find(AddressesUnknown, client.Connection(f.Err))
	case len(f.All) == 0:
		return find(AddressesNone)
	}
	return find(Addresses, addressParts(f.All))
}

// addressParts names addresses.
func addressParts(all []survey.Address) (list []*client.Failure) {
	for _, a := range all[:min(len(all), maxAddresses)] {
		sort := part(sortCode(a.Sort))
		if a.Interface == "" {
			list = append(list, part(Address, a.IP.String(), sort))
		} else {
			list = append(list, part(AddressOn, a.IP.String(), sort, a.Interface))
		}
	}
	if n := len(all) - maxAddresses; n > 0 {
		list = append(list, part(AddressMore, n))
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
	v4, v6 := part(RouteNoIPv4), part(RouteNoIPv6)
	switch {
	case f.Router.IsValid():
		v4 = part(RouteRouter, f.V4.String(), f.Router.String())
	case f.V4.IsValid():
		v4 = part(RouteDirect, f.V4.String())
	}
	if f.V6.IsValid() {
		v6 = part(RouteIPv6, f.V6.String())
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
