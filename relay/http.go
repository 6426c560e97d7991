package relay

import (
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// Paths on the server's port.
const (
	mailboxPath = "/v1"
	transitPath = "/transit"
)

type connKey struct{} // what a request came on, in its context

// serveHTTP serves what speaks HTTP: two WebSockets, and pages for people who
// look at them with a browser.
func (rc *reception) serveHTTP(w http.ResponseWriter, r *http.Request) {
	conn, _ := r.Context().Value(connKey{}).(net.Conn)
	c := below(conn)
	if c == nil {
		http.Error(w, "not a connection of this server", http.StatusInternalServerError)
		return
	}
	if !rc.proxies.forwarded(w, r, c) {
		return
	}
	if !rc.hosts.admit(r, c.LocalAddr(), time.Now()) {
		http.Error(w, wrongHost, http.StatusForbidden)
		return
	}
	upgrade := r.Header.Get("Upgrade") != ""
	mailbox := r.URL.Path == mailboxPath || strings.HasPrefix(r.URL.Path, mailboxPath+"/")
	switch {
	case c.transitOnly && upgrade, r.URL.Path == transitPath && upgrade:
		rc.serveTransit(w, r, conn)
	case c.transitOnly, r.URL.Path == transitPath:
		page(w, transitText)
	case mailbox && upgrade:
		rc.mail.serve(w, r, c)
	case mailbox:
		page(w, mailboxText)
	case r.URL.Path == "/":
		page(w, rootText)
	default:
		http.NotFound(w, r)
	}
}

const (
	wrongHost = "This server isn't reached by that name from a web page. Its log says how to allow it."

	rootText = `This is a sesame relay. It helps two computers to find each other and
carries what they send. It can't read any of it.
`
	mailboxText = `This is the mailbox server of a sesame relay. It speaks WebSocket: give its
address to sesame or to another Magic Wormhole client, not to a browser.
`
	transitText = `This is the transit relay of a sesame relay. It speaks WebSocket and plain
TCP with the clients of sesame and of Magic Wormhole, not with browsers.
`
)

func page(w http.ResponseWriter, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	io.WriteString(w, text)
}
