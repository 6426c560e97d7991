//go:build !linux

package pipe

import (
	"net"
	"time"
)

// Tune does nothing where the system has no such things.
func Tune(*net.TCPConn, time.Duration) {}

func widen(*net.TCPConn) {}

// kernelMemory knows nothing where the system doesn't tell.
func kernelMemory(*net.TCPConn) int { return 0 }
