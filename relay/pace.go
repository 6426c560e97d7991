package relay

import (
	"time"

	"sesame/internal/tokens"
	"sesame/internal/wire"
)

// A pace says for how long nothing more is read from a mailbox client: what one
// asks for costs the server time that others wait for. It has no clock. The zero
// pace is that of a client that has asked for nothing.
type pace struct{ left tokens.Bucket }

// What a client may ask for: twenty commands a second or a megabyte, or one list,
// and two hundred times that at once.
const (
	paceBurst   = 10 * time.Second
	paceCommand = 50 * time.Millisecond
	paceByte    = time.Second / (1 << 20)
	paceList    = time.Second
)

// after says that the client has sent a command in a frame of so many bytes, and
// returns how long it has to wait.
func (p *pace) after(command string, bytes int, now time.Time) time.Duration {
	cost := max(paceCommand, time.Duration(bytes)*paceByte)
	if command == wire.List {
		cost = max(cost, paceList)
	}
	p.left.Take(cost, now)
	return p.left.Wait(paceBurst, now)
}
