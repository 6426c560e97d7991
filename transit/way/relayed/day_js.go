package relayed

import (
	"net"
	"time"
)

// dayLeft is for a page, which doesn't live for long, and has to be small.
func dayLeft(net.Conn) time.Duration { return unsaidDay }
