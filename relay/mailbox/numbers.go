package mailbox

import (
	"cmp"
	"container/list"
	"slices"
	"strconv"
	"time"

	"sesame/internal/wire"
	"sesame/relay/store"
)

// Numbers are the nameplates that a relay knows of, so that it finds one that is free
// at once, and knows whose quarantine is over. Whether one is really free only the
// store tells. It has no clock and does no locking; every operation takes constant time.
type numbers struct {
	apps map[string]*taken
	used list.List // of *number, in quarantine, the oldest first
	busy list.List // of *number, those that have a mailbox, the oldest first
}

// taken are the numbers of one application.
type taken struct {
	all    map[string]*number
	live   []*number          // those that have a mailbox, in no order
	digits [maxDigits + 1]int // how many there are of each length
}

// A number is a nameplate that somebody has, or that is in quarantine.
type number struct {
	key     store.Key
	index   int           // in live, as long as it has a mailbox
	since   time.Time     // likewise: when it was last seen to have one
	resting bool          // in quarantine
	turn    *list.Element // in used or busy
	version uint64        // in quarantine
	until   time.Time     // likewise
}

// maxDigits is the length of the longest number that is ever allocated.
const maxDigits = 9

// listed is how many nameplates a list has at most. Only servers with more
// than that waiting at once cut it, and then any of them may be missing.
const listed = 1000

func newNumbers() *numbers { return &numbers{apps: make(map[string]*taken)} }

// digits returns which counter the nameplate belongs to, 0 for none.
func digits(id string) int {
	if id == zeroNameplate || len(id) > maxDigits {
		return 0
	}
	return len(id)
}

// find returns what is known of a nameplate, or nil.
func (n *numbers) find(k store.Key) *number {
	if a := n.apps[k.App]; a != nil {
		return a.all[k.Name]
	}
	return nil
}

// live says that a nameplate has a mailbox.
func (n *numbers) live(k store.Key, now time.Time) {
	a := n.apps[k.App]
	if a == nil {
		a = &taken{all: make(map[string]*number)}
		n.apps[k.App] = a
	}
	o := a.all[k.Name]
	switch {
	case o == nil:
		o = &number{key: k}
		a.all[k.Name] = o
		a.digits[digits(k.Name)]++
	case o.resting:
		n.used.Remove(o.turn)
		o.resting = false
	default:
		o.since = now
		n.busy.MoveToBack(o.turn)
		return
	}
	o.since = now
	o.turn = n.busy.PushBack(o)
	o.index = len(a.live)
	a.live = append(a.live, o)
}

// rests says that a nameplate is in quarantine.
func (n *numbers) rests(k store.Key, version uint64, until time.Time) {
	n.live(k, until)
	o := n.apps[k.App].all[k.Name]
	n.delist(o)
	o.resting, o.version, o.until = true, version, until
	o.turn = n.used.PushBack(o)
}

func (n *numbers) delist(o *number) {
	n.busy.Remove(o.turn)
	a := n.apps[o.key.App]
	last := len(a.live) - 1
	a.live[o.index] = a.live[last]
	a.live[o.index].index = o.index
	a.live[last] = nil
	a.live = a.live[:last]
}

// free says that a nameplate is nobody's.
func (n *numbers) free(k store.Key) {
	o := n.find(k)
	if o == nil {
		return
	}
	if o.resting {
		n.used.Remove(o.turn)
	} else {
		n.delist(o)
	}
	a := n.apps[k.App]
	delete(a.all, k.Name)
	if a.digits[digits(k.Name)]--; len(a.all) == 0 {
		delete(n.apps, k.App)
	}
}

// rested returns the nameplate whose quarantine is over, or is to be over as there are
// more than that in it, or nil.
func (n *numbers) rested(most int, now time.Time) *number {
	e := n.used.Front()
	if e == nil || n.used.Len() <= most && now.Before(e.Value.(*number).until) {
		return nil
	}
	return e.Value.(*number)
}

// doubtful returns the nameplate that has been seen to have a mailbox for longer than any is
// kept, or nil.
func (n *numbers) doubtful(life time.Duration, now time.Time) *number {
	if e := n.busy.Front(); e != nil && now.Sub(e.Value.(*number).since) > life {
		return e.Value.(*number)
	}
	return nil
}

// later has a nameplate that is in doubt be the last that is, as if it had been seen to have its mailbox.
func (n *numbers) later(k store.Key, now time.Time) {
	if o := n.find(k); o != nil && !o.resting {
		o.since = now
		n.busy.MoveToBack(o.turn)
	}
}

// vacant returns a random number from the smallest range 1–9, 10–99, … of
// which at most half is taken. Half, so that a guess of the next one is worth
// little and so that one client can't force long numbers on all others alone. It is
// empty if there is none: not before half a billion are taken.
func (n *numbers) vacant(app string, pick func(int) int) string {
	a := n.apps[app]
	if a == nil {
		a = &taken{}
	}
	low := 1
	for d := 1; d <= maxDigits; d++ {
		if span := 9 * low; 2*a.digits[d] <= span {
			for {
				if id := strconv.Itoa(low + pick(span)); a.all[id] == nil {
					return id
				}
			}
		}
		low *= 10
	}
	return ""
}

// list returns nameplates that somebody has claimed, in no order: sorting them
// takes longer than a lock should be held.
func (n *numbers) list(app string) []wire.Nameplate {
	a := n.apps[app]
	if a == nil {
		return nil
	}
	l := make([]wire.Nameplate, min(len(a.live), listed))
	for i := range l {
		l[i].ID = a.live[i].key.Name
	}
	return l
}

// SortNameplates brings a list into the order of the numbers.
func SortNameplates(l []wire.Nameplate) {
	slices.SortFunc(l, func(x, y wire.Nameplate) int {
		return cmp.Or(cmp.Compare(len(x.ID), len(y.ID)), cmp.Compare(x.ID, y.ID))
	})
}
