//go:build !js

package proxy

import (
	"errors"
	"io"

	"sesame/internal/neterr"
	"sesame/internal/reason"
)

// fail returns an Error; why completes "the proxy P …".
func (s *Server) fail(why string) *Error {
	name := s.String() + " (" + s.source + ")"
	if s.tor {
		name = "Tor at " + s.address()
	}
	return &Error{Source: s.source, Ambient: s.ambient, Tor: s.tor, text: name + " " + why}
}

// unreached says why there is no connection with the proxy itself. The cause is
// left out on purpose: that a proxy refuses doesn't mean that a peer does.
func (s *Server) unreached(err error) *Error {
	e := s.fail("can't be reached: " + reason.Of(err))
	e.Unreached, e.timeout = true, late(err)
	return e
}

// broken says why a proxy that was reached didn't connect.
func (s *Server) broken(err error) error {
	var done *Error
	switch {
	case errors.As(err, &done):
		return done
	case late(err):
		e := s.fail("did not answer in time")
		e.timeout = true
		return e
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return s.fail("hung up")
	}
	return s.fail("did not connect: " + reason.Of(err))
}

func late(err error) bool { return neterr.Is(err, neterr.TimedOut) }
