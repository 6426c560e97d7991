//go:build !linux

package relay

import (
	"net"
	"time"
)

// tune does nothing where the system has no such things.
func tune(*net.TCPConn, time.Duration) {}

func widen(*net.TCPConn) {}

// kernelMemory knows nothing where the system doesn't tell.
func kernelMemory(*net.TCPConn) int { return 0 }
