package wormhole

import "github.com/psanford/wormhole-william/rendezvous/rendezvousservertest"

// newTestRelayServer takes the place of wormhole-william's own, which has another
// name here. What runs ends with the test binary.
func newTestRelayServer() *testRelayServer {
	rs := theirTestRelayServer()
	rs.addr = rendezvousservertest.NewServer().Address()
	return rs
}
