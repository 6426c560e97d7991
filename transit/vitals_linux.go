package transit

import (
	"net"
	"time"

	"golang.org/x/sys/unix"

	"sesame/internal/congestion"
)

// freeSlack is how much longer than the shortest a round trip may take on a line that has
// room, besides a quarter: hosts hold packets back for as long.
const freeSlack = 2 * time.Millisecond

// unsetThreshold is the slow start threshold of a connection that hasn't come to it:
// TCP_INFINITE_SSTHRESH. BBR sets one when its start is over, too.
const unsetThreshold = 1<<31 - 1

// vitalsOf returns what the system knows of a TCP connection.
func vitalsOf(conn net.Conn) (v vitals) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return v
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return v
	}
	raw.Control(func(fd uintptr) {
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			v = vitals{known: true, rtt: time.Duration(info.Rtt) * time.Microsecond, lost: info.Total_retrans > 0}
			v.slow = info.Snd_ssthresh >= unsetThreshold
			v.free = v.rtt < time.Duration(info.Min_rtt)*time.Microsecond*5/4+freeSlack
			v.more = info.Notsent_bytes > 0
		}
	})
	v.bears = congestion.Has(tcp)
	return v
}

// slowedByLoss reports whether a connection is known to have a controller that takes every
// loss for congestion.
func slowedByLoss(conn net.Conn) bool {
	v := vitalsOf(conn)
	return v.known && !v.bears
}
