// Package figures counts what a server does, for those who run it. There are numbers
// only, under names of closed lists: nothing in them grows with the clients, and nothing
// tells one client, code or address from another.
package figures

import (
	"sync/atomic"
	"time"
)

// A Server is what one server counts. The zero value isn't ready; New makes one. All may
// be used concurrently.
type Server struct {
	Refused  *By    // connections and commands that were turned down, by Why
	Meetings *By    // clients that closed a mailbox, by how it went; mailboxes that nobody came back to
	Carried  Count  // bytes that went through pipes, both ways together
	Shakes   *Times // handshakes of TLS that succeeded
	Commits  *Times // writes of the store, until they were safe
}

// Why something was refused.
const (
	TooMany  = "too_many"  // its source has as much as it may have
	TooOften = "too_often" // its source comes too often
	Rush     = "rush"      // all together come too often
	Full     = "full"      // there is no place
	Blocked  = "blocked"   // its address is on the operator's list
	NoToken  = "no_token"  // it has shown no token, or a wrong one
	NoWork   = "no_work"   // it has shown no work, or too little
	NoTicket = "no_ticket" // it has no ticket for pipes, or none that counts, where they need one
	NoProxy  = "no_proxy"  // a proxy didn't say for whom it speaks
	Crowded  = "crowded"   // there were two already
	Unknown  = "unknown"   // claims of numbers that nobody has
	Unread   = "unread"    // a client didn't read what was sent to it
	NotSaved = "not_saved" // the store couldn't keep it
	Spent    = "spent"     // its source has had as many bytes through pipes as it may have in a day
)

// How a meeting ended, as the clients said.
const (
	Happy  = "happy"
	Lonely = "lonely"
	Scary  = "scary"
	Errory = "errory"
	Pruned = "pruned" // nobody came back
)

// Other is what isn't in a list.
const Other = "other"

// New returns figures that are all nought.
func New() *Server {
	return &Server{
		Refused:  NewBy(TooMany, TooOften, Rush, Full, Blocked, NoToken, NoTicket, NoWork, NoProxy, Crowded, Unknown, Unread, NotSaved, Spent),
		Meetings: NewBy(Happy, Lonely, Scary, Errory, Pruned),
		Shakes:   NewTimes(),
		Commits:  NewTimes(),
	}
}

// A Count only grows.
type Count struct{ n atomic.Int64 }

// Add counts n more.
func (c *Count) Add(n int64) { c.n.Add(n) }

// Sum returns the sum so far.
func (c *Count) Sum() int64 { return c.n.Load() }

// A By is a Count for each name of a list, and one for the others.
type By struct{ counts map[string]*Count }

// NewBy returns counts for names and for Other.
func NewBy(names ...string) *By {
	b := &By{counts: map[string]*Count{Other: {}}}
	for _, name := range names {
		b.counts[name] = &Count{}
	}
	return b
}

// Add counts one more of a name.
func (b *By) Add(name string) {
	c := b.counts[name]
	if c == nil {
		c = b.counts[Other]
	}
	c.Add(1)
}

// Sum returns all sums so far, noughts too.
func (b *By) Sum() map[string]int64 {
	sums := make(map[string]int64, len(b.counts))
	for name, c := range b.counts {
		sums[name] = c.Sum()
	}
	return sums
}

// bounds are those of the buckets of Times.
var bounds = [...]time.Duration{
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second,
}

// Times is how long something took, by rough steps.
type Times struct {
	steps [len(bounds)]Count // those that took at most as long as the bound, and longer than the one before
	all   Count
	sum   Count // nanoseconds
}

// NewTimes returns times of nothing.
func NewTimes() *Times { return new(Times) }

// Add counts one more.
func (t *Times) Add(d time.Duration) {
	t.all.Add(1)
	t.sum.Add(int64(d))
	for i, b := range bounds {
		if d <= b {
			t.steps[i].Add(1)
			return
		}
	}
}

// Sum returns how many there were, how long they took together, and how many took at
// most as long as each of some bounds.
func (t *Times) Sum() (n int64, sum time.Duration, within map[time.Duration]int64) {
	within = make(map[time.Duration]int64, len(bounds))
	var below int64
	for i := range t.steps {
		below += t.steps[i].Sum()
		within[bounds[i]] = below
	}
	return max(t.all.Sum(), below), time.Duration(t.sum.Sum()), within
}
