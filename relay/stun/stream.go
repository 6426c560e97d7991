package stun

import (
	"bytes"
	"io"
	"net"
	"time"

	"sesame/internal/addr"
	"sesame/internal/stun"
)

// streamRequests is how many requests are answered on one connection.
const streamRequests = 8

// Head is how many bytes of a stream show that it is one of STUN.
const Head = 8

// head is what a stream of STUN begins with: the type, a length and the cookie
// (RFC 8489 §5).
var head = stun.New(stun.BindingRequest, stun.ID{})[:Head]

// Begins reports whether a stream whose first bytes these are can be one of STUN. It
// is false for none; Head bytes leave no doubt, and more are not looked at. The
// length is a multiple of 4.
func Begins(b []byte) bool {
	for i, c := range b[:min(len(b), Head)] {
		switch {
		case i == 2: // any length
		case i == 3 && c&3 != 0, i != 3 && c != head[i]:
			return false
		}
	}
	return len(b) > 0
}

// ServeStream answers what comes in over a connection (RFC 8489 §6.2.2), of
// which begun has been read already, until the client closes it, says
// something else than a Binding request, or has asked a few times. Who calls
// it has set a deadline for the first request, and closes the connection; a
// further one has to be there within the time between.
//
// The sender of a stream isn't forged, so an answer may be longer than its
// request. There is no other port to answer from.
func ServeStream(c net.Conn, begun []byte, between time.Duration) error {
	from, at := addr.Of(c.RemoteAddr()), addr.Of(c.LocalAddr())
	if !from.IsValid() || !at.IsValid() {
		return net.ErrClosed
	}
	o := origin{own: at}
	stream := io.MultiReader(bytes.NewReader(begun), c)
	b := make([]byte, MaxRequest)
	for range streamRequests {
		if _, err := io.ReadFull(stream, b[:stun.HeaderSize]); err != nil {
			return err
		}
		size := stun.Size(b)
		if size > MaxRequest {
			return nil
		}
		if _, err := io.ReadFull(stream, b[stun.HeaderSize:size]); err != nil {
			return err
		}
		r, ok := parse(b[:size])
		if !ok {
			return nil
		}
		if r.changeIP || r.changePort {
			r.notUnderstood(stun.ChangeRequest)
		}
		if _, err := c.Write(r.answer(nil, from, o, MaxRequest)); err != nil {
			return err
		}
		c.SetDeadline(time.Now().Add(between))
	}
	return nil
}
