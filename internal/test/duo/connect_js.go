package duo

import (
	"net"
	"testing"
)

// connect returns both ends of a pipe in memory: a page has no TCP.
func connect(testing.TB) (net.Conn, net.Conn) { return net.Pipe() }
