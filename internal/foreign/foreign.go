// Package foreign says what of an address that somebody else named may end up in
// something that this program sends. A peer, a server, a router and whoever poses
// as one of them would otherwise write requests for us, into networks that only we
// can reach.
//
//	ws://192.168.77.3:8080/admin/delete?id=1      is named
//	     192.168.77.3:8080                        counts, if the dial policy allows it
//	GET /transit                                  is sent
//
// Source: doc/transit.md §2.
package foreign

import "slices"

// Agent is the User-Agent of all HTTP requests that this program makes.
const Agent = "sesame"

// TransitPath is where sesame's relays join WebSockets.
const TransitPath = "/transit"

// relayPaths are those at which relays join WebSockets: sesame's, and the others',
// which take any and are named with this one.
var relayPaths = []string{TransitPath, "/"}

// RelayPath returns the path at which a relay is asked whose path was said to be
// so: that one if relays have it, else TransitPath. An empty path is "/".
func RelayPath(said string) string {
	if said == "" {
		said = "/"
	}
	if slices.Contains(relayPaths, said) {
		return said
	}
	return TransitPath
}

// IsRelayPath reports whether relays have the path.
func IsRelayPath(path string) bool { return slices.Contains(relayPaths, path) }

// Port reports whether somebody else may send us to a port: not to the ones of
// well-known services, where a line of text might do something.
func Port(port int) bool {
	switch {
	case port == 443:
		return true
	case port < 1024, port > 65535, port >= 6000 && port <= 6063: // privileged; none; X11
		return false
	}
	return !slices.Contains(services, port)
}

// services are the ports of well-known services from 1024 on: databases, caches,
// mail, IRC, telephony, printers, containers.
var services = []int{
	1433, 1521, 1719, 1720, 1723, 2049, 2375, 2379, 3306, 3659, 4045, 4190, 5060, 5061, 5432,
	5672, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 9042, 9100, 9200, 10080, 11211, 27017,
}
