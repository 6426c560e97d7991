package mailbox

import "sesame/relay/store"

// Doubts are records of which a change failed: it may have been made all the same, and then
// what this relay remembers isn't so. It does no locking.
type doubts map[store.Key]bool

// mostDoubts is how many records are remembered in which a change failed. Of what is beyond that
// the store's own end will do.
const mostDoubts = 1 << 14

func (d doubts) add(k store.Key) {
	if len(d) < mostDoubts {
		d[k] = true
	}
}

// take returns one of them, which isn't one any more; false if there is none.
func (d doubts) take() (store.Key, bool) {
	for k := range d {
		delete(d, k)
		return k, true
	}
	return store.Key{}, false
}
