//go:build !linux

package relay

import (
	"net"
	"time"
)

// setUserTimeout does nothing where the system has no such thing.
func setUserTimeout(*net.TCPConn, time.Duration) {}
