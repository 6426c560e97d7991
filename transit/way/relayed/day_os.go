//go:build !js

package relayed

import (
	"io"
	"net"
	"time"

	"sesame/internal/wire"
)

// dayLeft reads when a day is over of which a relay has nothing more for us: in how long it is
// to be asked again. A relay that neither says more nor hangs up isn't waited for.
func dayLeft(conn net.Conn) time.Duration {
	conn.SetReadDeadline(time.Now().Add(dayWithin))
	var rest [32]byte
	n, _ := io.ReadFull(conn, rest[:]) // up to the end
	if left, told := wire.ParseOver(string(rest[:n])); told {
		return left
	}
	return unsaidDay
}

// dayWithin is how long the line may take that follows the refusal at once.
const dayWithin = 5 * time.Second
