// Package metrics shows what a server counts to those who watch over it: a page for
// Prometheus, and two that say whether the server lives and whether it takes new work.
// They are for the operator's own network, on a port of their own: no client reaches
// them there.
package metrics

import (
	"io"
	"net/http"
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

// Handler returns the pages /metrics, /healthz and /readyz.
func Handler(s *Source) http.Handler {
	all := prometheus.NewRegistry()
	all.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &collector{s, described()})
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(all, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, nil) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if s.Ready == nil {
			say(w, nil)
			return
		}
		say(w, s.Ready())
	})
	return mux
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
