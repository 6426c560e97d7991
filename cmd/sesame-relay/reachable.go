package main

import (
	"net"
	"os"
	"strings"

	"sesame/internal/addr"
)

// reachable returns the host and port under which clients find a listener, as
// they stand in a URL. For one on all addresses it picks an address of the
// machine.
func reachable(a net.Addr) string {
	t, ok := a.(*net.TCPAddr)
	switch {
	case !ok:
		return a.String()
	case !t.IP.IsUnspecified():
		return strings.ReplaceAll(t.String(), "%", "%25") // before a zone
	}
	return addr.Join(ownHost(t.IP.To4() != nil), t.Port)
}

// ownHost returns the first address that others might know this machine by,
// otherwise its name.
func ownHost(only4 bool) string {
	up, _ := addr.Links()
	var six string
	for _, l := range up {
		if l.Flags&net.FlagLoopback != 0 {
			continue
		}
		for _, p := range l.Own {
			switch ip := p.Addr(); {
			case !addr.Tellable(ip):
			case ip.Is4():
				return ip.String()
			case six == "":
				six = ip.String()
			}
		}
	}
	if six != "" && !only4 {
		return six
	}
	if name, err := os.Hostname(); err == nil && name != "" {
		return name
	}
	return "localhost"
}
