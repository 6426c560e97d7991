package transit

import (
	"context"
	"net"
	"net/netip"
	"os"

	"sesame/transit/way"
	"sesame/transit/way/relayed"
	"sesame/transit/way/tcp"
)

// Types of hints that these tests write.
const (
	typeDirect      = way.TypeDirect
	typeUDP         = "sesame-udp-v1"
	typeOpen        = "sesame-tcp-v1"
	typeRelay       = "relay-v1"
	typeWebSocket   = "websocket"
	typeWebSocketV1 = "websocket-v1"
	typeDirectWS    = "direct-ws-v1"
	typeDirectWSS   = "direct-wss-v1"
)

// plainWays are TCP, with l as the only listener, nil for none, and relays.
func plainWays(l net.Listener) *way.Set {
	listen := func(context.Context) (net.Listener, error) {
		if l == nil {
			return nil, os.ErrInvalid
		}
		return l, nil
	}
	return new(way.Set).With(tcp.Way{Listen: listen}).With(relayed.Way{TCP: way.Dialer.Dial})
}

// plainStation opens plainWays on a computer with these addresses.
func plainStation(role Role, cfg *Config, own []netip.Prefix, l net.Listener, classic bool) *station {
	if cfg.Ways == nil {
		cfg.Ways = plainWays(l)
	}
	return openStation(context.Background(), role, cfg, own, classic)
}

func prefixes(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}
