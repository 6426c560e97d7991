package mailbox

import (
	"fmt"
	"net/netip"
	"time"

	"sesame/internal/tokens"
	"sesame/relay/source"
)

// A seat is the second of the two in a mailbox where somebody waits. Who takes it has
// the one guess there is at a code; if it is wrong the two who belong together
// don't meet any more. The server can't see what was guessed. It sees whether the
// one who waited went on: then the seat was well taken, and otherwise it is
// ruined.
type seat struct {
	source    source.Source
	elsewhere bool // the one who waited came from another network
	free      bool // nobody is charged for it
	credit    bool // paid with the credit of its source
	verdict   verdict
}

// guesses keeps account of the seats that sources have taken: which came to
// nothing, and which may still do so. It has no clock and does no locking. Every
// operation takes constant time.
type guesses struct {
	burst    int
	period   time.Duration
	accounts *source.Memory[netip.Prefix, account]
	open     map[netip.Prefix]int // seats that are undecided, by the widest network
	share    gauge
}

// An account is what a source has left: a burst, and at times a credit of one seat
// more.
type account struct {
	left   tokens.Bucket
	credit bool
	next   time.Time // before that there is no further credit
}

// creditEvery is how often a source that keeps its seats gets a credit. With it,
// people who share an address with those who mistype aren't refused as soon as the
// burst is used up: one of them at a time goes on.
const creditEvery = time.Hour

// errHold says that a command has to wait until it is known what became of other
// seats of its source. It is not sent.
const errHold refusal = "wait"

func newGuesses(l Limits) *guesses {
	return &guesses{
		burst: l.RuinedPerSource, period: l.RuinedEvery,
		accounts: source.NewMemory[netip.Prefix, account](l.Remembered),
		open:     make(map[netip.Prefix]int),
	}
}

// take gives a seat to a source, unless it has ruined too many. Then the error is
// errHold if it isn't sure that it has, or else says how long it has to wait.
func (g *guesses) take(s source.Source, second guess, free bool, now time.Time) (*seat, error) {
	st := &seat{source: s, elsewhere: second.elsewhere, free: free}
	if free {
		return st, nil
	}
	wait := g.wait(s, now)
	switch {
	case wait > 0 && g.open[s.Widest()] > 0:
		return nil, errHold
	case wait > 0:
		return nil, errRuined(wait)
	}
	g.charge(st, now)
	g.open[s.Widest()]++
	return st, nil
}

// errRuined says why a source gets no seat, and for how long.
func errRuined(wait time.Duration) refusal {
	return refusal(fmt.Sprintf("too many codes from your address were wrong or came to nothing, try again in %s", inWords(wait)))
}

// inWords rounds a time up to what people say.
func inWords(d time.Duration) string {
	switch n := (d + time.Minute - 1) / time.Minute; {
	case d <= time.Minute:
		return "a minute"
	default:
		return fmt.Sprintf("%d minutes", n)
	}
}

// wait returns how long it takes until s may take a seat, at most a period; 0 is
// now.
func (g *guesses) wait(s source.Source, now time.Time) (longest time.Duration) {
	for n, times := range s.Networks {
		a := g.accounts.Peek(n)
		if !a.credit {
			longest = max(longest, a.left.Wait(source.Missing(g.burst*times, g.period/time.Duration(times)), now))
		}
	}
	return longest
}

// charge makes the source of st pay for it.
func (g *guesses) charge(st *seat, now time.Time) {
	for n, times := range st.source.Networks {
		a, period := g.accounts.At(n), g.period/time.Duration(times)
		if a.credit && a.left.Wait(source.Missing(g.burst*times, period), now) > 0 {
			a.credit, st.credit = false, true
			continue
		}
		a.left.Take(period, now)
		a.left.Limit(time.Duration(g.burst*times)*period, now)
	}
}

// settle says what became of a seat. It reports whether its source may do more
// now than before, or is known to do less.
func (g *guesses) settle(st *seat, v verdict, now time.Time) (news bool) {
	if st.verdict == v || v == undecided {
		return false
	}
	g.share.count(v, now)
	before := st.verdict
	st.verdict = v
	if st.free {
		return false
	}
	if before == undecided {
		g.decided(st)
	}
	switch {
	case v == kept:
		g.refund(st, now)
	case before == kept:
		g.charge(st, now)
	}
	return true
}

// undo takes back a seat that somebody didn't get after all.
func (g *guesses) undo(st *seat) {
	if st.free {
		return
	}
	g.decided(st)
	for n, times := range st.source.Networks {
		a := g.accounts.At(n)
		if n == st.source.Narrowest() && st.credit {
			a.credit = true
		} else {
			a.left.Return(g.period / time.Duration(times))
		}
	}
}

// decided says that a seat isn't open any more.
func (g *guesses) decided(st *seat) {
	if n := st.source.Widest(); g.open[n] > 1 {
		g.open[n]--
	} else {
		delete(g.open, n)
	}
}

// refund gives back what a seat has cost. A source that keeps a seat for which
// somebody else has waited gets a credit at times: who waits for himself earns
// nothing.
func (g *guesses) refund(st *seat, now time.Time) {
	for n, times := range st.source.Networks {
		a := g.accounts.At(n)
		switch {
		case n == st.source.Narrowest() && st.credit:
			a.credit, st.credit = true, false
		default:
			a.left.Return(g.period / time.Duration(times))
		}
		if n == st.source.Narrowest() && st.elsewhere && !now.Before(a.next) {
			a.credit, a.next = true, now.Add(creditEvery)
		}
	}
}

// A gauge tells how large a share of all seats has been ruined lately.
type gauge struct {
	minutes [10]struct{ kept, ruined int }
	newest  int64 // the minute of the last entry that was counted
	level   int
	calm    time.Time // since when the level has been higher than it need be
}

const (
	// fewRuined is how many ruined seats of ten minutes mean nothing, whatever
	// their share.
	fewRuined = 5
	// calmTime is how long it takes until the level goes down by one.
	calmTime = 5 * time.Minute
)

func (g *gauge) count(v verdict, now time.Time) {
	g.turn(now)
	m := &g.minutes[g.newest%int64(len(g.minutes))]
	switch v {
	case kept:
		m.kept++
	case ruined:
		m.ruined++
	}
}

// turn forgets what is older than ten minutes.
func (g *gauge) turn(now time.Time) {
	minute := now.Unix() / 60
	if minute-g.newest >= int64(len(g.minutes)) {
		clear(g.minutes[:])
		g.newest = minute
	}
	for g.newest < minute {
		g.newest++
		g.minutes[g.newest%int64(len(g.minutes))] = struct{ kept, ruined int }{}
	}
}

// pressure returns the level, 0 to 3: one for each quarter of all seats that is
// ruined. It rises at once, and falls slowly.
func (g *gauge) pressure(now time.Time) int {
	g.turn(now)
	var kept, ruined int
	for _, m := range g.minutes {
		kept += m.kept
		ruined += m.ruined
	}
	level := 0
	if ruined > fewRuined {
		level = min(3, 4*ruined/(kept+ruined))
	}
	switch {
	case level >= g.level:
		g.level, g.calm = level, time.Time{}
	case g.calm.IsZero():
		g.calm = now
	case now.Sub(g.calm) >= calmTime:
		g.level, g.calm = g.level-1, now
	}
	return g.level
}
