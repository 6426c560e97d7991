package pipe

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"sesame/internal/tokens"
	"sesame/relay/source"
)

// A tariff says what bytes cost: for how long nothing more may be carried after some, and
// whose day's worth is used up. It has no clock and does no locking.
type tariff struct {
	limits  Limits
	all     tokens.Bucket
	sources *source.Memory[netip.Prefix, tokens.Bucket]
	days    *source.Memory[netip.Prefix, usage]
}

// A usage is what a network has had carried in a day that began with the first byte.
type usage struct {
	since time.Time
	bytes int64
}

const day = 24 * time.Hour

func newTariff(l Limits) *tariff {
	return &tariff{
		limits:  l,
		sources: source.NewMemory[netip.Prefix, tokens.Bucket](l.Remembered),
		days:    source.NewMemory[netip.Prefix, usage](l.Remembered),
	}
}

// free reports whether bytes cost nothing.
func (l *Limits) free() bool {
	return l.PairRate == 0 && l.SourceRate == 0 && l.TotalRate == 0 && l.SourceDay == 0
}

// An account is what is counted for a pair: for both its clients, and once where they are of
// one network.
type account struct {
	networks map[netip.Prefix]int // how many times as much as a source each may have
	own      tokens.Bucket
}

func newAccount(clients ...source.Source) *account {
	a := &account{networks: make(map[netip.Prefix]int)}
	for _, c := range clients {
		for n, times := range c.Networks {
			a.networks[n] = times
		}
	}
	return a
}

// carried counts bytes, and returns how long to wait before the next.
func (t *tariff) carried(a *account, bytes int64, now time.Time) (wait time.Duration) {
	charge := func(b *tokens.Bucket, rate int64) {
		if rate > 0 {
			b.Take(tokens.Bytes(bytes, rate), now)
			wait = max(wait, b.Wait(0, now))
		}
	}
	charge(&a.own, t.limits.PairRate)
	charge(&t.all, t.limits.TotalRate)
	for n, times := range a.networks {
		if t.limits.SourceRate > 0 {
			charge(t.sources.At(n), t.limits.SourceRate*int64(times))
		}
		if t.limits.SourceDay > 0 {
			u := t.days.At(n)
			if now.Sub(u.since) >= day {
				*u = usage{since: now}
			}
			u.bytes += bytes
		}
	}
	return wait
}

// spent returns for how long nothing more is carried for a source that has had its day's worth; 0
// for others.
func (t *tariff) spent(s source.Source, now time.Time) (left time.Duration) {
	if t.limits.SourceDay == 0 {
		return 0
	}
	for n, times := range s.Networks {
		if u := t.days.Peek(n); u.bytes >= t.limits.SourceDay*int64(times) {
			left = max(left, day-now.Sub(u.since))
		}
	}
	return left
}

// portion returns how many bytes to carry at once, at most some: few where few may be
// carried, so that nobody waits long for the others.
func (l *Limits) portion(most int) int {
	const least, parts = 4 << 10, 64
	for _, rate := range []int64{l.PairRate, l.SourceRate, l.TotalRate} {
		if rate > 0 {
			most = int(min(int64(most), max(least, rate/parts)))
		}
	}
	return most
}

// A meter is the tariff of all pairs. It may be used concurrently.
type meter struct {
	limits atomic.Pointer[Limits]

	mu    sync.Mutex
	rules *tariff
}

func newMeter(l Limits) *meter {
	m := &meter{rules: newTariff(l)}
	m.limits.Store(&l)
	return m
}

func (m *meter) resize(l Limits) {
	m.limits.Store(&l)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rules.limits = l
}

// carried counts bytes, and returns how long to wait before the next.
func (m *meter) carried(a *account, bytes int, now time.Time) time.Duration {
	if m.limits.Load().free() {
		return 0
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rules.carried(a, int64(bytes), now)
}

// spent is tariff.spent.
func (m *meter) spent(s source.Source, now time.Time) (left time.Duration) {
	if m.limits.Load().SourceDay == 0 {
		return 0
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rules.spent(s, now)
}

// portion is Limits.portion.
func (m *meter) portion(most int) int { return m.limits.Load().portion(most) }
