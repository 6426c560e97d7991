package relay

import (
	"sesame/internal/addr"
	"sesame/internal/wire"
)

// welcome returns the greeting for a client. Keys without a value are left
// out: some clients take a null for an error.
func (s *Server) welcome(c *client, pressure int) *wire.Welcome {
	w := s.live.now.Load().said
	w.Sesame = &wire.Extension{RelayPath: transitPath, SeatsReturn: true, Pressure: pressure, Lanes: s.most}
	w.Sesame.RelayPort = int(addr.Of(c.LocalAddr()).Port())
	s.live.now.Load().permit.tell(&w)
	if s.stun != nil {
		w.Sesame.STUNPorts = s.stun.Ports()
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
