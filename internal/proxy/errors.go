//go:build !js

package proxy

import (
	"errors"
	"io"

	"sesame/internal/neterr"
	"sesame/internal/reason"
)

// fail returns an Error.
func (s *Server) fail(why Why) *Error {
	return &Error{Source: s.source, Ambient: s.ambient, Tor: s.tor, Why: why, At: s.address()}
}

// unreached says why there is no connection with the proxy itself. The cause isn't
// wrapped on purpose: that a proxy refuses doesn't mean that a peer does.
func (s *Server) unreached(err error) *Error {
	e := s.fail(NotReached)
	e.Cause, e.timeout = reason.Find(err), late(err)
	return e
}

// broken says why a proxy that was reached didn't connect.
func (s *Server) broken(err error) error {
	var done *Error
	switch {
	case errors.As(err, &done):
		return done
	case late(err):
		e := s.fail(Silent)
		e.timeout = true
		return e
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return s.fail(HungUp)
	}
	e := s.fail(NotConnected)
	e.Cause = reason.Find(err)
	return e
}

func late(err error) bool { return neterr.Is(err, neterr.TimedOut) }
