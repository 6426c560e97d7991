//go:build !linux

package transit

import (
	"net"
	"time"
)

// tcpRTT is only known on Linux.
func tcpRTT(net.Conn) time.Duration { return 0 }
