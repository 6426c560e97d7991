package mailbox

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"sesame/relay/store"
)

// Oddities are records that can't be read though the store says that they are as they were put: what
// wrote them had a fault. One of them mustn't keep a server from starting, and nobody can do anything with it
// but look at it.
type oddities struct {
	all []oddity
}

type oddity struct {
	key    store.Key
	record store.Record
}

// add puts a record on the list that couldn't be read, for a reason. What a newer version wrote isn't one:
// that is returned.
func (o *oddities) add(k store.Key, r store.Record, why error) error {
	if errors.Is(why, errForm) {
		o.all = append(o.all, oddity{k, r})
		return nil
	}
	return why
}

// Odd records are kept under a kind of their own, for so long.
const (
	oddKind = "odd-"
	oddLife = 7 * 24 * time.Hour
)

// setAside renames them in the store, where nobody looks for them. It says how many there are, of which kind, and nothing
// of what is in them. What the store doesn't take stays where it is.
func (o *oddities) setAside(ctx context.Context, s store.Store, log *slog.Logger) error {
	if len(o.all) == 0 {
		return nil
	}
	kinds := map[string]int{}
	stuck := 0
	var why error
	for _, r := range o.all {
		kinds[r.key.Kind]++
		err := r.setAside(ctx, s)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			stuck++
			why = err
		}
	}
	args := []any{"nameplates", kinds[kindPlate], "mailboxes", kinds[kindBox], "for", oddLife}
	if stuck > 0 {
		args = append(args, "left in their places", stuck, "error", why)
	}
	log.Warn("some of what is kept can't be read, and was set aside in the state; who waits there has to come again. Please report it", args...)
	return nil
}

// setAside copies a record, and then removes it: only a copy that is whole ends it.
func (o *oddity) setAside(ctx context.Context, s store.Store) error {
	to := store.Key{Kind: oddKind + o.key.Kind, App: o.key.App, Name: o.key.Name}
	items, err := s.Items(ctx, o.key, 0)
	if err != nil {
		return err
	}
	before, err := s.Get(ctx, to)
	if err == nil && before.Version != 0 { // of an earlier start, whole or not
		_, err = s.Commit(ctx, store.Delete(to, before.Version))
	}
	if err == nil {
		_, err = s.Commit(ctx, store.Put(to, 0, o.record.Head, oddLife))
	}
	for n, item := range items {
		if err == nil {
			_, err = s.Commit(ctx, store.Append(to, n, item))
		}
	}
	if err == nil {
		_, err = s.Commit(ctx, store.Delete(o.key, o.record.Version))
	}
	return err
}
