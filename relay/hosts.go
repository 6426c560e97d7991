package relay

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"sesame/internal/addr"
	"sesame/internal/safetext"
)

// hosts knows the names of this server. A web page that says it was loaded from
// here, under a name that isn't one of them, was loaded from somebody who has
// made that name point here since (DNS rebinding): a browser can't tell, the
// server can. It may be used concurrently.
type hosts struct {
	names map[string]bool // in lower case
	log   *slog.Logger

	mu   sync.Mutex
	said time.Time // when the log was last told of one that isn't
}

func newHosts(names []string, log *slog.Logger) *hosts {
	h := &hosts{names: map[string]bool{"localhost": true}, log: log}
	for _, n := range names {
		h.names[hostName(n)] = true
	}
	return h
}

// hostName brings a host into the form in which it is compared.
func hostName(host string) string {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if ip, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return ip.Unmap().WithZone("").String()
	}
	return host
}

// quietTime is how long the log isn't told of the next wrong name: strangers send
// as many as they like.
const quietTime = time.Minute

// admit reports whether a request may be served that came in at an address of this
// machine. Only those of web pages are looked at; programs send no Origin.
func (h *hosts) admit(r *http.Request, at net.Addr, now time.Time) bool {
	if len(r.Header["Origin"]) == 0 {
		return true
	}
	host := hostName(addr.Host(r.Host))
	if h.names[host] || ownAddress(host, at) {
		return true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.said.IsZero() || now.Sub(h.said) >= quietTime {
		h.said = now
		h.log.Warn("refused a web page that calls this server by a name it doesn't know; if the name is right, start with --name and that name",
			"name", safetext.Line(host, 80))
	}
	return false
}

// ownAddress reports whether host is an address of this machine, as that is at
// which a request came in.
func ownAddress(host string, at net.Addr) bool {
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	if addr.Of(at).Addr() == ip || ip.IsLoopback() {
		return true
	}
	return slices.ContainsFunc(addr.Own(), func(p netip.Prefix) bool { return p.Addr() == ip })
}
