package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"sesame/relay/figures"
)

// names are those of what is shown. They are a promise to those who made alerts and
// dashboards of them.
type names struct {
	meetings, refused, bytes, shakes, commits, resets                    *prometheus.Desc
	clients, waiting, pairs, boxes, level, pressure, stalled, ends, info *prometheus.Desc
}

func described() names {
	d := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("sesame_"+name, help, labels, nil)
	}
	return names{
		meetings: d("meetings_total", "Clients that closed a mailbox, by what they said of it, and mailboxes that nobody came back to.", "outcome"),
		refused:  d("refused_total", "Connections and commands that were turned down, by reason.", "why"),
		bytes:    d("bytes_total", "Bytes that went through pipes, both ways together."),
		shakes:   d("handshake_seconds", "How long handshakes of TLS took."),
		commits:  d("store_commit_seconds", "How long writes of the store took, until they were safe."),
		resets:   d("store_reset_total", "How often the store was found damaged and begun anew."),
		clients:  d("clients", "Clients that are connected to mailboxes."),
		waiting:  d("waiting_pipes", "Pipes that have no partner yet."),
		pairs:    d("pairs", "Pairs of pipes."),
		boxes:    d("mailboxes", "Mailboxes that exist."),
		level:    d("level", "Level of defence, 0 to 3."),
		stalled:  d("store_stalled_seconds", "For how long the oldest change has been waiting for the store."),
		pressure: d("pressure", "How large a share of codes is guessed wrong, 0 to 3."),
		ends:     d("cert_expiry_seconds", "Seconds until the certificate ends; below 0 when it has."),
		info:     d("build_info", "What is running.", "version", "commit"),
	}
}

// A collector reads a Source when it is asked.
type collector struct {
	from  *Source
	names names
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	n := c.names
	for _, d := range []*prometheus.Desc{n.meetings, n.refused, n.bytes, n.shakes, n.commits, n.resets, n.clients, n.waiting, n.pairs, n.boxes, n.level, n.pressure, n.stalled, n.ends, n.info} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	n, s := c.names, c.from
	constant := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, kind, v, labels...)
	}
	for outcome, sum := range s.Figures.Meetings.Sum() {
		constant(n.meetings, prometheus.CounterValue, float64(sum), outcome)
	}
	for why, sum := range s.Figures.Refused.Sum() {
		constant(n.refused, prometheus.CounterValue, float64(sum), why)
	}
	constant(n.bytes, prometheus.CounterValue, float64(s.Figures.Carried.Sum()))
	to <- histogram(n.shakes, s.Figures.Shakes)
	to <- histogram(n.commits, s.Figures.Commits)
	if s.Counts != nil {
		now := s.Counts()
		for d, v := range map[*prometheus.Desc]int{n.clients: now.Clients, n.waiting: now.Waiting, n.pairs: now.Pairs, n.boxes: now.Mailboxes, n.level: now.Level, n.pressure: now.Pressure} {
			constant(d, prometheus.GaugeValue, float64(v))
		}
		constant(n.stalled, prometheus.GaugeValue, now.Stalled.Seconds())
	}
	if s.StoreResets != nil {
		constant(n.resets, prometheus.CounterValue, float64(s.StoreResets()))
	}
	if s.CertificateEnds != nil {
		if at, held := s.CertificateEnds(); held {
			constant(n.ends, prometheus.GaugeValue, time.Until(at).Seconds())
		}
	}
	constant(n.info, prometheus.GaugeValue, 1, s.Version, s.Commit)
}

func histogram(d *prometheus.Desc, t *figures.Times) prometheus.Metric {
	n, sum, within := t.Sum()
	buckets := make(map[float64]uint64, len(within))
	for bound, k := range within {
		buckets[bound.Seconds()] = uint64(k)
	}
	return prometheus.MustNewConstHistogram(d, uint64(n), sum.Seconds(), buckets)
}
