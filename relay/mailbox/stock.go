package mailbox

import (
	"sesame/relay/source"
)

// A stock is what sources have here: mailboxes, and bytes in them, which count for who
// made the mailbox. When all there may be is taken, who has most makes room. Of mailboxes
// from before a restart it isn't known who made them; they count for nobody.
//
// It has no clock and does no locking.
type stock struct {
	boxes *source.Holdings[*local]
	bytes *source.Weights[*local]
}

func newStock(l *Limits) stock {
	return stock{source.NewHoldings[*local](l.MailboxesPerSource, l.Mailboxes), source.NewWeights[*local]()}
}

func (k *stock) take(m *local) {
	k.boxes.Take(m.source, m)
	m.weight = k.bytes.Join(m.source, m)
}

func (k *stock) weigh(m *local) {
	if m.weight != nil {
		k.bytes.Set(m.weight, m.bytes)
	}
}

func (k *stock) leave(m *local) {
	if m.weight != nil {
		k.boxes.Leave(m)
		k.bytes.Leave(m.weight)
		m.weight = nil
	}
}

// spare returns the mailbox that makes room for another one of src, or nil if none does:
// of the source that has most the one that matters least, of equal ones the oldest; but the
// youngest where two have met.
func (k *stock) spare(src source.Source) (spare *local) {
	if !k.boxes.Room(src) {
		return nil // it may have no more in any case
	}
	for m := range k.boxes.Richer(src) {
		if spare == nil || m.matters() < spare.matters() || m.matters() == spare.matters() && m.matters() == meeting {
			spare = m
		}
	}
	return spare
}

// heavy returns the mailbox that makes room for a message in one of src, or nil if none
// does.
func (k *stock) heavy(src source.Source) *local {
	if w := k.bytes.Richer(src); w != nil {
		return w.Of
	}
	return nil
}

// meeting is how much a mailbox matters where two listen.
const meeting = 2

// matters is how much a mailbox does: by how many of its two sides listen here.
func (m *local) matters() (n int) {
	for _, p := range m.here {
		if p.listening > 0 {
			n++
		}
	}
	return min(n, meeting)
}
