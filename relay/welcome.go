package relay

import (
	"sesame/internal/addr"
	"sesame/internal/wire"
	"sesame/relay/stun"
)

// A greeting is what clients are told first.
type greeting struct {
	live  *live
	pairs int            // see Config.Pairs
	stun  *stun.Listener // nil without one
}

// to returns the greeting for a client. Keys without a value are left
// out: some clients take a null for an error.
func (g *greeting) to(c *client, pressure int, gate *permission) *wire.Welcome {
	w := g.live.now.Load().said
	w.Sesame = &wire.Extension{RelayPath: transitPath, SeatsReturn: true, Pressure: pressure, Level: gate.level, Lanes: g.pairs}
	w.Sesame.RelayPort = int(addr.Of(c.LocalAddr()).Port())
	gate.tell(&w)
	if g.stun != nil {
		w.Sesame.STUNPorts = g.stun.Ports()
	}
	if a := addr.Of(c.RemoteAddr()); a.IsValid() {
		w.YourAddress = &wire.Address{Port: int(a.Port())}
		if ip := a.Addr(); ip.Is4() {
			w.YourAddress.IPv4 = ip.String()
		} else {
			w.YourAddress.IPv6 = ip.String()
		}
	}
	return &w
}
