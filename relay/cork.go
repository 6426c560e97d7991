package relay

import (
	"net"
	"sync"
	"time"
)

// A cork has what is written to a connection wait, so that several messages for one
// client cost one system call. Its methods may be called concurrently.
type cork struct {
	mu     sync.Mutex
	on     bool
	within time.Duration // how long a write may take, once it has held something
	held   []byte
}

// corked is how many bytes wait at most.
const corked = 16 << 10

// write writes p to conn, or has it wait. What is written stays in order: inside TLS each
// record has its number.
func (k *cork) write(conn net.Conn, p []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.on && len(k.held)+len(p) <= corked {
		if k.held == nil {
			k.held = make([]byte, 0, 1<<10)
		}
		k.held = append(k.held, p...)
		return len(p), nil
	}
	if err := k.flush(conn); err != nil {
		return 0, err
	}
	k.hurry(conn)
	return conn.Write(p)
}

// hurry says until when what is written next has to be on its way.
func (k *cork) hurry(conn net.Conn) {
	if k.within > 0 {
		conn.SetWriteDeadline(time.Now().Add(k.within))
	}
}

// flush writes what waits.
func (k *cork) flush(conn net.Conn) error {
	if len(k.held) == 0 {
		return nil
	}
	k.hurry(conn)
	_, err := conn.Write(k.held)
	k.held = k.held[:0]
	if !k.on { // who waits for long needs no memory for what he isn't sent
		k.held = nil
	}
	return err
}

// hold has what is written from now on wait. Each write may take that long, then and later.
func (k *cork) hold(within time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.on, k.within = true, within
}

// release writes what waits.
func (k *cork) release(conn net.Conn) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.on = false
	return k.flush(conn)
}
