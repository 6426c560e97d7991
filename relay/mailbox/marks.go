package mailbox

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"net/netip"
	"slices"
	"time"

	"sesame/relay/source"
	"sesame/relay/store"
)

// A mark stands for a source where sources aren't to be written down: 24 bits
// of a hash with a key that is the relay's own. Of IPv4 addresses 256 have the same. The
// second one is that of the widest network that counts.
type mark struct{ narrow, wide uint32 }

func (m mark) write(w *writer) {
	w.uint(uint64(m.narrow))
	w.uint(uint64(m.wide))
}

func readMark(r *reader) mark { return mark{uint32(r.uint()), uint32(r.uint())} }

// Marks makes them.
type marks struct{ key []byte }

// readMarks reads the key of marks from a store, or makes it.
func readMarks(ctx context.Context, s store.Store) (*marks, error) {
	k := store.Key{Kind: kindNode, Name: "marks"}
	const life = 100 * 365 * 24 * time.Hour
	for range tries {
		r, err := s.Get(ctx, k)
		if err != nil {
			return nil, err
		}
		if r.Version != 0 {
			return &marks{[]byte(r.Head)}, nil
		}
		if _, err := s.Commit(ctx, store.Put(k, 0, rand.Text(), life)); err != nil && !errors.Is(err, store.ErrConflict) {
			return nil, err
		}
	}
	return nil, store.ErrConflict
}

// of returns the mark of a source.
func (m *marks) of(s source.Source) mark {
	return mark{m.hash(s.Narrowest()), m.hash(s.Widest())}
}

func (m *marks) hash(n netip.Prefix) uint32 {
	sum := sha256.Sum256(append(slices.Clip(m.key), n.String()...))
	return uint32(sum[0])<<16 | uint32(sum[1])<<8 | uint32(sum[2])
}
