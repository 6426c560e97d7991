package relay

import (
	"net"
	"os"
	"sync"
	"time"
)

// A spare is an open file that is kept for the time when there are no others: given up,
// it lets one more connection be accepted, and told that it isn't served. Otherwise the
// system lets clients believe that they are connected, and they wait. It may be used
// concurrently.
type spare struct {
	mu   sync.Mutex
	file *os.File
}

// newSpare returns a spare, which may have no file.
func newSpare() *spare {
	f, _ := os.Open(os.DevNull)
	return &spare{file: f}
}

// takeTime is how long refuse waits for a connection: one that was there when it failed
// to be accepted is there at once, if it still is.
const takeTime = 10 * time.Millisecond

// refuse accepts a connection from l and resets it. It reports whether it could.
func (s *spare) refuse(l net.Listener) bool {
	t, ok := l.(*net.TCPListener)
	if !ok {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		s.file, _ = os.Open(os.DevNull)
		return false
	}
	s.file.Close()
	t.SetDeadline(time.Now().Add(takeTime))
	conn, err := l.Accept()
	t.SetDeadline(time.Time{})
	if err == nil {
		reset(conn)
	}
	s.file, _ = os.Open(os.DevNull)
	return err == nil
}

func (s *spare) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file != nil {
		s.file.Close()
		s.file = nil
	}
}
