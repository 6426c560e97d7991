package client

import "sesame/internal/proxy"

// A page goes through what proxies its browser knows. All that can be wrong is that one
// was named to it.

func explainProxy(p *proxy.Error, err error) *Failure {
	return Fail(Proxy, Connection(err), p.Source)
}

func viaProxy(e *proxy.Error) *Failure { return Fail(ViaBrowser, e.Source) }
