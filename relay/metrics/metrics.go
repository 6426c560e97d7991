// Package metrics shows what a server counts to those who watch over it: a page for
// Prometheus, and two that say whether the server lives and whether it takes new work.
// They are for the operator's own network, on a port of their own: no client reaches
// them there.
package metrics

import (
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"sesame/relay/figures"
)

// A Source is what is shown. All functions may be called at any time, at once from
// several goroutines; those that are nil show nothing.
type Source struct {
	Figures *figures.Server
	Version string // of the program
	Commit  string

	// Counts is what the server has now.
	Counts func() Counts

	// CertificateEnds is when the certificate does that ends first; false if there is
	// none.
	CertificateEnds func() (time.Time, bool)
	// StoreResets is how often the store was found damaged, and begun anew.
	StoreResets func() int64
	// Ready is nil while the server takes new work, and otherwise why it doesn't.
	Ready func() error
}

// Counts is what a server has at one moment.
type Counts struct {
	Clients   int // of mailboxes, connected
	Mailboxes int
	Waiting   int           // pipes without a partner
	Pairs     int           // of pipes
	Level     int           // of defence
	Pressure  int           // of guesses, 0 to 3
	Stalled   time.Duration // of the oldest change that waits for the store
}

// A page is one of those that are shown, with what bounds it. As on the server's port
// (relay/routes.go), none takes a body.
type page struct {
	path   string
	atOnce int64 // requests that are answered at a time
	serve  http.Handler
	now    atomic.Int64
}

// pages returns all.
func pages(s *Source) []*page {
	all := prometheus.NewRegistry()
	all.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &collector{s, described()})
	ready := func() error {
		if s.Ready == nil {
			return nil
		}
		return s.Ready()
	}
	return []*page{
		{path: "/metrics", atOnce: 4, serve: promhttp.HandlerFor(all, promhttp.HandlerOpts{Timeout: 10 * time.Second})},
		{path: "/healthz", atOnce: 16, serve: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { say(w, nil) })},
		{path: "/readyz", atOnce: 16, serve: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { say(w, ready()) })},
	}
}

// Handler returns the pages /metrics, /healthz and /readyz.
func Handler(s *Source) http.Handler {
	mux := http.NewServeMux()
	for _, p := range pages(s) {
		mux.Handle("GET "+p.path, p)
	}
	return mux
}

// ServeHTTP serves the page, if the request is within its bounds.
func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer p.now.Add(-1)
	code := 0
	switch {
	case p.now.Add(1) > p.atOnce:
		code = http.StatusServiceUnavailable
	case r.ContentLength != 0:
		code = http.StatusRequestEntityTooLarge
	}
	if code != 0 {
		w.Header().Set("Connection", "close")
		http.Error(w, http.StatusText(code), code)
		return
	}
	p.serve.ServeHTTP(w, r)
}

// say answers whether something is as it should be.
func say(w http.ResponseWriter, err error) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	if err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		io.WriteString(w, err.Error()+"\n")
		return
	}
	io.WriteString(w, "ok\n")
}
