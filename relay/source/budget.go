package source

import "time"

// A Budget says how often something may be done by all together, and by each source.
//
// While more than half of what all may do is left, each may do its own. Then only those
// go on who have tried little lately: otherwise a few dozen sources, each within its own
// rate, use up everybody's, and who comes once is refused like those who come always.
// Every try counts for that, also one that is refused: counted by what they are
// granted, those who keep trying would look calm as soon as they are refused.
type Budget struct {
	all  *Limiter[struct{}]
	each Rate
	calm Rate
}

// What a source may have tried so that it counts as calm: so many times at once, and
// once every so often.
const (
	calmBurst  = 30
	calmPeriod = time.Second
)

// NewBudget returns a Budget: perSecond times by all and four times as often at once,
// each times by a source and ten times as often at once. It remembers that many sources.
func NewBudget(perSecond, each, remembered int) *Budget {
	b := &Budget{
		all:  NewLimiter[struct{}](1, time.Second, 1),
		each: NewRate(1, time.Second, remembered),
		calm: NewRate(calmBurst, calmPeriod, remembered),
	}
	b.Resize(perSecond, each)
	return b
}

// Resize changes how often it may be done from now on.
func (b *Budget) Resize(perSecond, each int) {
	b.all.Resize(4*perSecond, time.Second/time.Duration(perSecond))
	b.each.Resize(10*each, time.Second/time.Duration(each))
}

// A Refusal is why a source may not do something.
type Refusal int

const (
	Granted Refusal = iota
	// Own: the source has used up what is its own.
	Own
	// Shared: all together have used up much, and this one has tried often lately.
	Shared
	// Spent: all together have used up everything, and this one has hardly tried.
	Spent
)

// Allow says whether s may do it now, and counts that it has tried.
func (b *Budget) Allow(s Source, now time.Time) Refusal {
	calm := b.calm.Allow(s, now)
	switch {
	case !b.each.Allow(s, now):
		return Own
	case !calm && b.all.Spent(struct{}{}, now) > 0.5:
		return Shared
	case b.all.Allow(struct{}{}, now):
		return Granted
	case calm:
		return Spent
	}
	return Shared
}

// Spent returns which part of what all may do at once is used up, 0 to 1.
func (b *Budget) Spent(now time.Time) float64 { return b.all.Spent(struct{}{}, now) }
