package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"

	"github.com/coreos/go-systemd/v22/activation"

	"sesame/cmd/sesame-relay/settings"
	"sesame/internal/addr"
	"sesame/internal/neterr"
	"sesame/relay/stun"
)

// Names that sockets have which are passed by who starts the program (systemd.socket(5),
// FileDescriptorName=). They stay open while the program is started again, so nobody is
// refused meanwhile.
const (
	mainSocket    = "main"
	transitSocket = "transit"
	metricsSocket = "metrics"
	stunSocket    = "stun"
)

// The sockets of a server.
type sockets struct {
	main, transit, metrics net.Listener // all but main may be nil
	stun                   *stun.Listener
}

// open takes the sockets that were passed to the program, and opens those that are
// missing.
func open(s *settings.Settings, log *slog.Logger) (*sockets, error) {
	o, err := passed()
	if err != nil {
		o.close()
		return nil, err
	}
	for _, l := range []struct {
		to           *net.Listener
		address, key string
		always       bool
	}{
		{&o.main, s.Listen, "listen", true},
		{&o.transit, s.TransitListen, "transit-listen", false},
		{&o.metrics, s.Metrics, "metrics", false},
	} {
		if *l.to != nil || l.address == "" {
			continue
		}
		if *l.to, err = net.Listen("tcp", l.address); err != nil {
			o.close()
			return nil, explain(l.address, "--"+l.key, err)
		}
	}
	switch {
	case s.NoSTUN && o.stun != nil:
		o.stun.Close() // whoever passes it doesn't know better
		o.stun = nil
	case o.stun == nil:
		o.stun = openSTUN(s, o.main.Addr(), log)
	}
	return o, nil
}

// passed returns the sockets that were passed to the program.
func passed() (*sockets, error) {
	o := new(sockets)
	var datagrams []*net.UDPConn
	for _, f := range activation.Files(true) {
		defer f.Close()
		to := map[string]*net.Listener{mainSocket: &o.main, transitSocket: &o.transit, metricsSocket: &o.metrics}[f.Name()]
		if f.Name() == stunSocket {
			c, err := net.FilePacketConn(f)
			u, ok := c.(*net.UDPConn)
			if err != nil || !ok {
				return o, fmt.Errorf("the socket %q that is passed isn't for datagrams", f.Name())
			}
			datagrams = append(datagrams, u)
			continue
		}
		switch l, err := net.FileListener(f); {
		case to == nil:
			return o, fmt.Errorf("a socket is passed that is called %q (FileDescriptorName= is one of main, transit, metrics, stun)", f.Name())
		case err != nil:
			return o, fmt.Errorf("the socket %q that is passed isn't one to listen on", f.Name())
		case *to != nil:
			l.Close()
			return o, fmt.Errorf("two sockets are passed that are called %q (let one listen on [::], which takes IPv4, too)", f.Name())
		default:
			*to = l
		}
	}
	if len(datagrams) == 0 {
		return o, nil
	}
	var err error
	if o.stun, err = stun.Of(datagrams); err != nil {
		return o, fmt.Errorf("the sockets %q that are passed aren't one port or two (BindIPv6Only=ipv6-only, and the same for 0.0.0.0 and [::])", stunSocket)
	}
	return o, nil
}

// close closes what is open, before it is served.
func (o *sockets) close() {
	for _, l := range []net.Listener{o.main, o.transit, o.metrics} {
		if l != nil {
			l.Close()
		}
	}
	if o.stun != nil {
		o.stun.Close()
	}
}

// openSTUN opens the UDP ports beside the TCP port at main. The server works
// without them, so what goes wrong is only logged, and nil returned.
func openSTUN(s *settings.Settings, main net.Addr, log *slog.Logger) *stun.Listener {
	if s.NoSTUN {
		return nil
	}
	at := s.STUNListen
	if at == "" {
		at = main.String()
	}
	l, err := stun.Listen(at)
	if err != nil && s.STUNListen == "" && strings.HasSuffix(s.Listen, ":0") {
		// Nobody has asked for this very number, and clients are told.
		host, _, _ := addr.SplitListen(at)
		l, err = stun.Listen(addr.Join(host, 0))
	}
	if err != nil {
		log.Warn("no STUN: clients behind a NAT have to ask others for their address, or to send through here", "error", err)
		return nil
	}
	return l
}

// explain says what to do about a port that can't be had.
func explain(addr, flag string, err error) error {
	hint := "give another address with " + flag
	switch neterr.Of(err) {
	case neterr.InUse:
		hint = "something else listens there: stop it or give another port with " + flag
	case neterr.Forbidden:
		hint = "ports below 1024 need a privilege: let systemd open it (doc/operating.md §1), or give a higher one with " + flag
	case neterr.NotHere:
		hint = "this machine doesn't have that address: use one of its own, or :PORT for all, with " + flag
	}
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	if dns := (*net.DNSError)(nil); errors.As(err, &dns) {
		err = fmt.Errorf("no address is known by the name %s", dns.Name)
	}
	return fmt.Errorf("can't listen on %s: %w (%s)", addr, err, hint)
}
