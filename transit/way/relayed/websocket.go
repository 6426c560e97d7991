package relayed

// maxMessage is the largest WebSocket message sent, in bytes. Relays pass
// messages on as they are, and peers have limits.
const maxMessage = 32 << 10

// Piece says that a deadline that passes breaks a WebSocket even if bytes have moved.
func (c *wsConn) Piece() int { return maxMessage }

// Write sends p in messages of at most maxMessage bytes.
func (c *wsConn) Write(p []byte) (int, error) {
	n := 0
	for {
		k, err := c.Conn.Write(p[n:min(len(p), n+maxMessage)])
		if n += k; err != nil || n == len(p) {
			return n, err
		}
	}
}
