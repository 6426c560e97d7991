package addr

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// ErrForm says that a text isn't host:port. It quotes nothing: who asked knows what
// the text was for.
var ErrForm = errors.New("is not of the form host:port")

// Split reads "host:port", or "[2001:db8::1]:port": a host, which isn't empty, and a
// port from 1 to 65535 in digits. Whether the host can be one isn't looked at. The
// error is ErrForm.
func Split(s string) (host string, port uint16, err error) {
	host, digits, err := net.SplitHostPort(s)
	port, ok := Port(digits)
	if err != nil || host == "" || !ok {
		return "", 0, ErrForm
	}
	return host, port, nil
}

// SplitListen reads what a server listens at: like Split, but without a host it
// means all addresses, and the port may be 0, for any that is free, or the name of
// a service.
func SplitListen(s string) (host, port string, err error) {
	if host, port, err = net.SplitHostPort(s); err != nil {
		return "", "", ErrForm
	}
	return host, port, nil
}

// Port reads a port from 1 to 65535 in digits.
func Port(digits string) (port uint16, ok bool) {
	n, err := strconv.ParseUint(digits, 10, 16)
	return uint16(n), err == nil && n > 0
}

// IsPort reports whether n is a port.
func IsPort(n int) bool { return n > 0 && n <= 65535 }

// Join is the reverse of Split, for any host and port.
func Join[P int | uint16](host string, port P) string {
	return net.JoinHostPort(host, strconv.Itoa(int(port)))
}

// Host returns the host of what HTTP calls one, without its port, if it has one.
func Host(authority string) string {
	if host, _, err := net.SplitHostPort(authority); err == nil {
		return host
	}
	return authority
}

// defaultPorts are those that a URL needn't name.
var defaultPorts = map[string]uint16{"ws": 80, "wss": 443, "http": 80, "https": 443}

// OfURL returns the host and port that a WebSocket's or a web page's URL leads to.
// The error is ErrForm.
func OfURL(u *url.URL) (host string, port uint16, err error) {
	port, ok := defaultPorts[strings.ToLower(u.Scheme)]
	if digits := u.Port(); digits != "" {
		port, ok = Port(digits)
	}
	if !ok || u.Hostname() == "" {
		return "", 0, ErrForm
	}
	return u.Hostname(), port, nil
}

// JoinURL returns where u leads to as "host:port", "" if that is nowhere.
func JoinURL(u *url.URL) string {
	host, port, err := OfURL(u)
	if err != nil {
		return ""
	}
	return Join(host, port)
}

// Lookup returns addresses of "host:port", at most so many, IPv4 plain. Without any
// there is an error.
func Lookup(ctx context.Context, hostport string, most int) ([]netip.AddrPort, error) {
	host, port, err := Split(hostport)
	if err != nil {
		return nil, err
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	var all []netip.AddrPort
	for _, ip := range ips[:min(len(ips), most)] {
		all = append(all, netip.AddrPortFrom(ip.Unmap(), port))
	}
	return all, nil
}

// Of returns the address and port of a socket's end, as Plain; the zero AddrPort if
// it is of another network than TCP and UDP.
func Of(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.TCPAddr:
		return Plain(a.AddrPort())
	case *net.UDPAddr:
		return Plain(a.AddrPort())
	}
	return netip.AddrPort{}
}

// Plain returns a without what has no meaning elsewhere: IPv4 isn't written as IPv6,
// and there is no zone.
func Plain(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}
