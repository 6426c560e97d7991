package mailbox

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"strings"
	"sync/atomic"
	"time"

	"sesame/relay/figures"
	"sesame/relay/store"
)

// A desk is where commands are carried out: a store, and what this relay remembers. It
// may be used concurrently.
type desk struct {
	store   *watched
	now     atomic.Pointer[Limits]
	node    uint64    // this process
	started time.Time // when it had read what is in the store
	deliver func([]Delivery)
	memory  guarded
	turns   turns
}

func newDesk(s store.Store, l Limits, deliver func([]Delivery), took *figures.Times) *desk {
	d := &desk{store: &watched{Store: s, took: took}, node: random(), deliver: deliver}
	d.now.Store(&l)
	d.memory.state = newState(&l)
	return d
}

// limits returns the limits that hold now.
func (d *desk) limits() *Limits { return d.now.Load() }

// with has f use what this relay remembers, and delivers what comes of it.
func (d *desk) with(f func(*state)) { d.memory.do(f, d.deliver) }

// alive reports whether a process of the relay is there: of one node, only this one.
func (d *desk) alive(node uint64) bool { return node == d.node }

// newMailboxID returns 64 random bits as deployed servers write them: 13
// letters and digits of base32, in lower case.
func newMailboxID() string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(binary.BigEndian.AppendUint64(nil, random())))
}

func random() uint64 {
	var b [8]byte
	rand.Read(b[:])
	return binary.BigEndian.Uint64(b[:])
}
