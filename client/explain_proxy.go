//go:build !js

package client

import (
	"strings"

	"sesame/internal/proxy"
)

// explainProxy says what is wrong with a proxy that was to be gone through: err is that,
// with what stands around it.
func explainProxy(p *proxy.Error, err error) *Failure {
	switch {
	case p.Tor:
		return Fail(Tor, Connection(err))
	case p.Credentials():
		return Fail(ProxyLogin, Connection(err), p.Source)
	}
	return Fail(Proxy, Connection(err), p.Source)
}

// viaProxy says what is wrong with a proxy.
func viaProxy(e *proxy.Error) *Failure {
	switch {
	case e.Why == proxy.Misnamed:
		return Fail(ViaBrowser, e.Source)
	case e.Tor:
		return Fail(ViaTor, e.At, proxyWhy(e))
	}
	return Fail(ViaProxy, e.At, e.Source, proxyWhy(e))
}

func proxyWhy(e *proxy.Error) *Failure {
	switch e.Why {
	case proxy.NotReached:
		return Fail(ViaNotReached, cause(e.Cause))
	case proxy.NotConnected:
		return Fail(ViaNotConnected, cause(e.Cause))
	case proxy.Silent:
		return Fail(ViaSilent)
	case proxy.HungUp:
		return Fail(ViaHungUp)
	case proxy.NotHTTP:
		return Fail(ViaNotHTTP, e.Said)
	case proxy.NotSOCKS:
		return Fail(ViaNotSOCKS)
	case proxy.WantsLogin:
		return Fail(ViaWantsLogin)
	case proxy.BadLogin:
		return Fail(ViaBadLogin)
	case proxy.OddLogin:
		return Fail(ViaOddLogin, said(strings.Join(e.Methods, ", ")))
	case proxy.Redirects:
		return Fail(ViaRedirects, said(e.Said))
	case proxy.Refuses:
		if e.Said == "" {
			return Fail(ViaRefuses, said(e.To))
		}
		return Fail(ViaRefusesAs, said(e.To), said(e.Said))
	case proxy.CantConnect:
		return Fail(ViaCantConnect, said(e.To), said(e.Said))
	case proxy.CantConnectAs:
		return Fail(ViaCantAs, said(e.To), said(e.Said))
	}
	return Fail(ViaBadAddress)
}
