package storetest

import (
	"context"
	"time"

	"sesame/relay/store"
)

// Singly is a store whose changes are committed one at a time.
type Singly struct{ store.Store }

// Put commits a store.Put alone.
func (s Singly) Put(ctx context.Context, k store.Key, was uint64, head string, life time.Duration) (version uint64, err error) {
	versions, err := s.Commit(ctx, store.Put(k, was, head, life))
	if err != nil {
		return 0, err
	}
	return versions[0], nil
}

// Append commits a store.Append alone.
func (s Singly) Append(ctx context.Context, k store.Key, n int, item string) error {
	_, err := s.Commit(ctx, store.Append(k, n, item))
	return err
}

// Delete commits a store.Delete alone.
func (s Singly) Delete(ctx context.Context, k store.Key, was uint64) error {
	_, err := s.Commit(ctx, store.Delete(k, was))
	return err
}
