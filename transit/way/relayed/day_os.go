//go:build !js

package relayed

import (
	"io"
	"net"
	"time"

	"sesame/internal/wire"
)

// dayLeft reads when a day is over of which a relay has nothing more for us: in how long it is
// to be asked again.
func dayLeft(conn net.Conn) time.Duration {
	var rest [32]byte
	n, _ := io.ReadFull(conn, rest[:]) // up to the end
	if left, told := wire.ParseOver(string(rest[:n])); told {
		return left
	}
	return unsaidDay
}
