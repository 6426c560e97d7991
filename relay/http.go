package relay

import (
	"bufio"
	"context"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"sesame/relay/figures"
	"sesame/relay/source"
)

// A web is what speaks HTTP: two WebSockets, and pages for people who look at them with a
// browser.
type web struct {
	to      *reception
	refused *figures.By
	routes  []*route
	placard *placard
}

// A request is one with the connection that it came on.
type request struct {
	*http.Request
	conn   net.Conn
	client *client
}

type connKey struct{} // what a request came on, in its context

// newHTTP returns the server of HTTP. A client may take as long for its request as Limits say, and for
// the answer, if that isn't a WebSocket.
func newHTTP(to *reception, l *Limits, refused *figures.By) *http.Server {
	h := &web{to: to, refused: refused, placard: newPlacard()}
	h.routes = h.table(l)
	return &http.Server{
		Handler:                      h,
		DisableGeneralOptionsHandler: true, // all methods are the table's
		ReadHeaderTimeout:            l.Handshake,
		ReadTimeout:                  l.Handshake,
		WriteTimeout:                 l.Handshake,
		IdleTimeout:                  l.Handshake,
		MaxHeaderBytes:               maxHeader - 4<<10,
		ErrorLog:                     slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, c)
		},
	}
}

func (h *web) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	conn, _ := hr.Context().Value(connKey{}).(net.Conn)
	r := &request{hr, conn, below(conn)}
	if r.client == nil {
		turnDown(w, http.StatusInternalServerError, "not a connection of this server")
		return
	}
	if !h.to.proxies.forwarded(w, hr, r.client) {
		return
	}
	if !h.to.hosts.admit(hr, r.client.LocalAddr(), time.Now()) {
		turnDown(w, http.StatusForbidden, wrongHost)
		return
	}
	upgrade := r.Header.Get("Upgrade") != ""
	for _, rt := range h.routes {
		if !rt.takes(r.URL.Path, r.client.transitOnly, upgrade) {
			continue
		}
		if rt.admit(w, r, h.refused) {
			defer rt.leave()
			rt.serve(w, r)
		}
		return
	}
}

func (h *web) pipe(w http.ResponseWriter, r *request) {
	h.to.serveTransit(upgrading{w}, r.Request, r.conn)
}

func (h *web) mailbox(w http.ResponseWriter, r *request) {
	h.to.mail.serve(terse{upgrading{w}}, r.Request, r.client)
}

// An upgrading answer ends the connection if it doesn't make a WebSocket of it: each further try
// costs another.
type upgrading struct{ http.ResponseWriter }

// Unwrap is for who takes the connection over.
func (u upgrading) Unwrap() http.ResponseWriter { return u.ResponseWriter }

func (u upgrading) WriteHeader(code int) {
	if code != http.StatusSwitchingProtocols {
		u.Header().Set("Connection", "close")
	}
	u.ResponseWriter.WriteHeader(code)
}

// A terse WebSocket is one for short messages, whose clients say nothing for most of the time: it keeps little
// memory for what isn't there.
type terse struct{ upgrading }

// terseBuffer is how many bytes of a terse WebSocket are read or written at once. Most messages are
// shorter, and what is longer goes by without.
const terseBuffer = 512

// Hijack takes the connection over.
func (t terse) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(t.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	if n := rw.Reader.Buffered(); n > 0 {
		ahead, err := rw.Reader.Peek(n)
		if err != nil {
			return nil, nil, err
		}
		conn = &begun{conn, slices.Clone(ahead)}
	}
	return conn, bufio.NewReadWriter(bufio.NewReaderSize(conn, terseBuffer), bufio.NewWriterSize(conn, terseBuffer)), nil
}

// A begun connection is one of which something has been read, which comes first.
type begun struct {
	net.Conn
	first []byte
}

func (c *begun) Read(p []byte) (int, error) {
	if len(c.first) > 0 {
		n := copy(p, c.first)
		c.first = c.first[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

func (h *web) placeholder(w http.ResponseWriter, r *request) {
	_, encrypted := r.conn.(*secured)
	h.placard.show(w, r.Request, r.client, encrypted, h.to.live.now.Load().permit.contact)
}

func (h *web) mailboxPage(w http.ResponseWriter, _ *request) { text(w, mailboxText) }
func (h *web) transitPage(w http.ResponseWriter, _ *request) { text(w, transitText) }

func (h *web) nothing(w http.ResponseWriter, _ *request) {
	turnDown(w, http.StatusNotFound, "There is nothing here.")
}

const (
	wrongHost = "This server isn't reached by that name from a web page. Its log says how to allow it."

	mailboxText = `This is the mailbox server of a sesame relay. It speaks WebSocket: give its
address to sesame or to another Magic Wormhole client, not to a browser.
`
	transitText = `This is the transit relay of a sesame relay. It speaks WebSocket and plain
TCP with the clients of sesame and of Magic Wormhole, not with browsers.
`
)

// A pageRate says how often sources may look at pages. It may be used concurrently.
type pageRate struct {
	mu   sync.Mutex
	rate source.Rate
}

// allow reports whether a client may do so now, and counts it. One that no limit holds for always may.
func (p *pageRate) allow(c *client, now time.Time) bool {
	if c.guest.Exempt {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rate.Allow(c.source(), now)
}
