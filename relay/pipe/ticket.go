package pipe

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"sync"
	"time"

	"sesame/relay/source"
)

// A ticket lets a client have some pipes for some time: a mailbox client of the same server
// has been given it. It names nothing but itself.
type ticket struct {
	id    [16]byte
	until int64 // in seconds since 1970
	pipes uint16
}

// TicketLife is how long a ticket is good for: as long as any pair lasts.
const TicketLife = 24 * time.Hour

// ticketPipes is for how many connections: more than a session makes that loses its way again and
// again.
const ticketPipes = 1000

// In hexadecimal: what a ticket says, and then a part of its HMAC-SHA256.
const (
	ticketBody = 16 + 8 + 2
	ticketSeal = 16
)

// KeySize is how many bytes the key of a mint has.
const KeySize = 32

func (t ticket) body() []byte {
	b := append([]byte(nil), t.id[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(t.until))
	return binary.BigEndian.AppendUint16(b, t.pipes)
}

func seal(body, key []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(body)
	return mac.Sum(nil)[:ticketSeal]
}

// text returns the ticket as it is shown.
func (t ticket) text(key []byte) string {
	b := t.body()
	return hex.EncodeToString(append(b, seal(b, key)...))
}

// readTicket reads one that was made with a key.
func readTicket(text string, key []byte) (t ticket, ok bool) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != ticketBody+ticketSeal || !hmac.Equal(b[ticketBody:], seal(b[:ticketBody], key)) {
		return ticket{}, false
	}
	copy(t.id[:], b)
	t.until = int64(binary.BigEndian.Uint64(b[16:]))
	t.pipes = binary.BigEndian.Uint16(b[24:])
	return t, true
}

// A Mint gives out tickets, and takes them. It may be used concurrently.
type Mint struct {
	mu   sync.Mutex
	key  []byte
	used *source.Memory[[16]byte, uint16] // how many pipes each has had
}

// NewMint returns a mint with a key of its own. It remembers how often that many tickets were
// used.
func NewMint(remembered int) *Mint {
	m := &Mint{key: make([]byte, KeySize), used: source.NewMemory[[16]byte, uint16](remembered)}
	rand.Read(m.key)
	return m
}

// Use has it go by another key: that of a server that was here before, whose tickets then
// count.
func (m *Mint) Use(key []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.key = key
}

// Issue returns a new ticket.
func (m *Mint) Issue(now time.Time) string {
	t := ticket{until: now.Add(TicketLife).Unix(), pipes: ticketPipes}
	rand.Read(t.id[:])
	m.mu.Lock()
	defer m.mu.Unlock()
	return t.text(m.key)
}

// Take reports whether a ticket is good for one more pipe, and counts it.
func (m *Mint) Take(text string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, ok := readTicket(text, m.key)
	if !ok || now.Unix() >= t.until {
		return false
	}
	n := m.used.At(t.id)
	if *n >= t.pipes {
		return false
	}
	*n++
	return true
}
