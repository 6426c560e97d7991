//go:build linux

package endtoend

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"sync"

	"sesame/internal/test/lab"
)

// A recorder passes connections on to a relay and keeps everything that goes
// through, as whoever runs the relay could.
type recorder struct {
	url     string
	address string

	mu      sync.Mutex
	streams []*recording
}

// A recording is one direction of one connection.
type recording struct {
	from string
	data []byte
}

// record puts a recorder in front of the world's relay.
func (w *world) record() *recorder {
	w.t.Helper()
	l, err := net.Listen("tcp", lab.Center+":0")
	if err != nil {
		w.t.Fatal(err)
	}
	r := &recorder{address: l.Addr().String(), url: "ws://" + l.Addr().String() + "/v1"}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { r.pass(conn, w.address) })
		}
	})
	w.t.Cleanup(func() {
		l.Close()
		w.relay.Kill()
		running.Wait()
	})
	return r
}

// pass connects client with the relay until both are done.
func (r *recorder) pass(client net.Conn, relay string) {
	defer client.Close()
	server, err := net.Dial("tcp", relay)
	if err != nil {
		return
	}
	defer server.Close()
	var both sync.WaitGroup
	both.Go(func() { r.copy(server, client, "a client") })
	both.Go(func() { r.copy(client, server, "the server") })
	both.Wait()
}

func (r *recorder) copy(to, from net.Conn, who string) {
	s := &recording{from: who}
	r.mu.Lock()
	r.streams = append(r.streams, s)
	r.mu.Unlock()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		r.mu.Lock()
		s.data = append(s.data, buf[:n]...)
		r.mu.Unlock()
		if _, writeErr := to.Write(buf[:n]); writeErr != nil || err == io.EOF {
			to.(*net.TCPConn).CloseWrite()
			return
		}
		if err != nil {
			to.Close()
			return
		}
	}
}

// upgraded begins a stream that is a WebSocket.
const upgraded = "GET /v1 HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"

// messages returns what the frames of a WebSocket hold, without their masks. A
// stream that is none has no messages. Frames that a message is split into are
// put together.
func messages(stream []byte) (all [][]byte) {
	end := bytes.Index(stream, []byte("\r\n\r\n"))
	if end < 0 || !bytes.HasPrefix(stream, []byte("GET ")) && !bytes.HasPrefix(stream, []byte("HTTP/1.1 101")) {
		return nil
	}
	stream = stream[end+4:]
	var message []byte
	for {
		kind, payload, rest := frame(stream)
		if rest == nil {
			return all
		}
		if kind&0x08 == 0 { // no ping, pong or close
			message = append(message, payload...)
			if kind&0x80 != 0 {
				all, message = append(all, message), nil
			}
		}
		stream = rest
	}
}

// frame returns the first frame of a stream, and a rest that is nil if there is
// no whole one.
func frame(b []byte) (kind byte, payload, rest []byte) {
	if len(b) < 2 {
		return 0, nil, nil
	}
	kind, masked, n, at := b[0], b[1]&0x80 != 0, uint64(b[1]&0x7f), 2
	switch {
	case n == 126 && len(b) >= 4:
		n, at = uint64(binary.BigEndian.Uint16(b[2:])), 4
	case n == 127 && len(b) >= 10:
		n, at = binary.BigEndian.Uint64(b[2:]), 10
	case n >= 126:
		return 0, nil, nil
	}
	var mask [4]byte
	if masked {
		at += copy(mask[:], b[at:])
	}
	if at > len(b) || n > uint64(len(b)-at) {
		return 0, nil, nil
	}
	payload = bytes.Clone(b[at : at+int(n)])
	for i := range payload {
		payload[i] ^= mask[i%4]
	}
	return kind, payload, b[at+int(n):]
}

// webSocket returns the beginning of a stream in which a client sends message.
func webSocket(message []byte) []byte {
	mask := [4]byte{0x5a, 0xc3, 0x17, 0x88}
	b := append([]byte(upgraded), 0x81, 0x80|126)
	b = binary.BigEndian.AppendUint16(b, uint16(len(message)))
	b = append(b, mask[:]...)
	for i, c := range message {
		b = append(b, c^mask[i%4])
	}
	return b
}
