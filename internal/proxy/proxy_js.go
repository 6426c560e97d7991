package proxy

import (
	"context"
	"errors"
	"net"
)

// What follows is what there is in a browser: it goes through the proxies that it
// knows itself, and none can be named to it.

// TorAddress is where Tor listens on other systems.
const TorAddress = "127.0.0.1:9050"

// TorURL returns "": Parse says why.
func TorURL(_, _ string) string { return "" }

// A Server is a proxy. There is none.
type Server struct{}

// Parse returns an error.
func Parse(source, _ string) (*Server, error) {
	return nil, &Error{Source: source, Why: Misnamed}
}

func (*Server) String() string        { return "no proxy" }
func (*Server) Tor() (*Server, error) { return nil, errors.ErrUnsupported }

// Dial returns an error.
func (*Server) Dial(_ context.Context, _, _ string) (net.Conn, error) {
	return nil, errors.ErrUnsupported
}

// Settings name no proxy.
type Settings struct{}

// Always returns none.
func Always(*Server) Settings { return Settings{} }

// FromEnvironment returns none: a page has no environment.
func FromEnvironment(func(name string) (string, bool)) (Settings, error) { return Settings{}, nil }

// Empty returns true.
func (Settings) Empty() bool { return true }

// Routes returns the direct way.
func (Settings) Routes(_, _ string) []*Server { return []*Server{nil} }

// Unused returns nothing.
func (Settings) Unused(_, _ string) (ignored, wanted string) { return "", "" }
