package relay

import (
	"net"
	"sync"
	"time"
)

// A cork has what is written to a connection wait, so that several messages for one
// client cost one system call. Its methods may be called concurrently.
type cork struct {
	mu   sync.Mutex
	on   bool
	held []byte
}

// corked is how many bytes wait at most.
const corked = 16 << 10

// write writes p to conn, or has it wait. What is written stays in order: inside TLS each
// record has its number.
func (k *cork) write(conn net.Conn, p []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.on && len(k.held)+len(p) <= corked {
		k.held = append(k.held, p...)
		return len(p), nil
	}
	if err := k.flush(conn); err != nil {
		return 0, err
	}
	return conn.Write(p)
}

// flush writes what waits.
func (k *cork) flush(conn net.Conn) error {
	if len(k.held) == 0 {
		return nil
	}
	held := k.held
	k.held = nil
	_, err := conn.Write(held)
	return err
}

// hold has what is written from now on wait.
func (k *cork) hold() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.on = true
}

// release writes what waits, which may take that long.
func (k *cork) release(conn net.Conn, within time.Duration) error {
	conn.SetWriteDeadline(time.Now().Add(within))
	defer conn.SetWriteDeadline(time.Time{})
	k.mu.Lock()
	defer k.mu.Unlock()
	k.on = false
	return k.flush(conn)
}
