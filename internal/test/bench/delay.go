//go:build linux

package main

import (
	"io"
	"net"
	"time"
)

// delayed listens, and passes on to address what comes in, both ways late.
func delayed(address string, by time.Duration) (net.Listener, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				time.Sleep(2 * by) // the handshake of TCP is a round trip, too
				far, err := net.Dial("tcp", address)
				if err != nil {
					near.Close()
					return
				}
				go late(far, near, by)
				late(near, far, by)
			}()
		}
	}()
	return l, nil
}

// late copies from src to dst, each piece by later than it came.
func late(dst, src net.Conn, by time.Duration) {
	type piece struct {
		data []byte
		due  time.Time
	}
	pieces := make(chan piece, 1024)
	go func() {
		defer close(pieces)
		for {
			buf := make([]byte, 32<<10)
			n, err := src.Read(buf)
			if n > 0 {
				pieces <- piece{buf[:n], time.Now().Add(by)}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range pieces {
		time.Sleep(time.Until(p.due))
		if _, err := dst.Write(p.data); err != nil {
			break
		}
	}
	dst.Close()
	io.Copy(io.Discard, src)
	for range pieces {
	}
}
