package relay

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"sesame/relay/figures"
	"sesame/relay/source"
)

// This file is all that is served over HTTP, in one table, with what bounds each. How many connections
// there are, and of whom, is bound before (package door), and what goes on inside a WebSocket is
// where that is served. No route takes a body.

// Paths on the server's port.
const (
	mailboxPath = "/v1"
	transitPath = "/transit"
)

// A route is one thing that is served.
type route struct {
	takes   func(path string, transitOnly, upgrade bool) bool
	methods []string
	header  int       // bytes that a request may have before what would be its body
	atOnce  int       // requests that are answered at a time; 0: what is inside is bound where it is served
	rate    *pageRate // of a source; nil: that of connections holds
	serve   func(http.ResponseWriter, *request)
	now     atomic.Int64 // how many are answered
}

// maxHeader is how many bytes a request may have on any route. net/http adds 4 KiB to what it
// is told.
const maxHeader = 8 << 10

// table returns the routes. The first one that takes a request serves it; the last one takes all.
func (h *web) table(l *Limits) []*route {
	// A browser asks for a page and its icon. Who reads it again and again is a program.
	pages := &pageRate{rate: source.NewRate(60, time.Second, l.Remembered)}
	looks := []string{http.MethodGet, http.MethodHead}
	return []*route{
		{takes: isPipe, methods: []string{http.MethodGet}, header: maxHeader, atOnce: 0, rate: nil, serve: h.pipe},
		{takes: isMailbox, methods: []string{http.MethodGet}, header: maxHeader, atOnce: 0, rate: nil, serve: h.mailbox},
		{takes: isTransitPage, methods: looks, header: maxHeader / 2, atOnce: 64, rate: pages, serve: h.transitPage},
		{takes: isMailboxPage, methods: looks, header: maxHeader / 2, atOnce: 64, rate: pages, serve: h.mailboxPage},
		{takes: isRoot, methods: looks, header: maxHeader / 2, atOnce: 64, rate: pages, serve: h.placeholder},
		{takes: isOther, methods: looks, header: maxHeader / 2, atOnce: 64, rate: pages, serve: h.nothing},
	}
}

func isPipe(path string, transitOnly, upgrade bool) bool {
	return upgrade && (transitOnly || path == transitPath)
}

func isTransitPage(path string, transitOnly, _ bool) bool { return transitOnly || path == transitPath }

func isMailbox(path string, transitOnly, upgrade bool) bool {
	return upgrade && isMailboxPage(path, transitOnly, upgrade)
}

func isMailboxPage(path string, _, _ bool) bool {
	return path == mailboxPath || strings.HasPrefix(path, mailboxPath+"/")
}

func isRoot(path string, _, _ bool) bool { return path == "/" }
func isOther(string, bool, bool) bool    { return true }

// admit reports whether a request is within the bounds of its route, and has answered it if it isn't. Who
// was admitted leaves.
func (rt *route) admit(w http.ResponseWriter, r *request, refused *figures.By) bool {
	switch {
	case !slices.Contains(rt.methods, r.Method):
		w.Header().Set("Allow", strings.Join(rt.methods, ", "))
		turnDown(w, http.StatusMethodNotAllowed, "That isn't done here.")
	case r.ContentLength != 0:
		turnDown(w, http.StatusRequestEntityTooLarge, "Nothing is taken here: give this server's address to sesame.")
	case headerSize(r.Request) > rt.header:
		turnDown(w, http.StatusRequestHeaderFieldsTooLarge, "The request is too long.")
	case rt.rate != nil && !rt.rate.allow(r.client, time.Now()):
		refused.Add(figures.TooOften)
		w.Header().Set("Retry-After", "60")
		turnDown(w, http.StatusTooManyRequests, "You come too often. Try again in a minute.")
	case rt.now.Add(1) > int64(rt.atOnce) && rt.atOnce > 0:
		rt.now.Add(-1)
		refused.Add(figures.Full)
		turnDown(w, http.StatusServiceUnavailable, "This server is busy. Try again later.")
	default:
		return true
	}
	return false
}

func (rt *route) leave() { rt.now.Add(-1) }

// headerSize returns how many bytes a request has, about.
func headerSize(r *http.Request) int {
	n := len(r.Method) + len(r.RequestURI) + len(r.Host)
	for key, values := range r.Header {
		for _, v := range values {
			n += len(key) + len(v) + len(": \r\n")
		}
	}
	return n
}

// turnDown answers why a request isn't served, and ends the connection: each further one costs another.
func turnDown(w http.ResponseWriter, code int, why string) {
	w.Header().Set("Connection", "close")
	headers(w, "text/plain; charset=utf-8")
	http.Error(w, why, code)
}
