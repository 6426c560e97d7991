package relay

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"sesame/internal/wire"
	"sesame/relay/mailbox"
	"sesame/relay/pipe"
	"sesame/relay/store"
)

// ticketsRemembered is for how many tickets it is remembered how often they were used.
const ticketsRemembered = 1 << 16

// keyTime is how long the key of tickets is kept.
const keyTime = 10 * 365 * 24 * time.Hour

// keepKey has a mint go by the key in the store, and puts one there if there is none: a
// server that was started again takes the tickets that the last one gave out, and so do
// several servers that share a store. Without a mint there is none.
func keepKey(ctx context.Context, st store.Store, m *pipe.Mint) error {
	if m == nil {
		return nil
	}
	at := store.Key{Kind: "key", Name: "ticket"}
	for {
		r, err := st.Get(ctx, at)
		if err != nil {
			return err
		}
		if len(r.Head) == pipe.KeySize {
			m.Use([]byte(r.Head))
			return nil
		}
		key := make([]byte, pipe.KeySize)
		rand.Read(key)
		switch _, err := st.Commit(ctx, store.Put(at, r.Version, string(key), keyTime)); {
		case err == nil:
			m.Use(key)
			return nil
		case !errors.Is(err, store.ErrConflict):
			return err
		}
	}
}

// hand gives a client of this project a ticket for pipes, if there is a mint, on each connection: when it has a
// nameplate or a mailbox.
func (v *visitor) hand(is mailbox.Standing) {
	if v.m.mint == nil || v.ticket.Load() != 0 || is.Idle || !is.Ours {
		return
	}
	v.give(time.Now())
}

// renew gives a client another ticket when half of the time of its last one is over: it may wait for its partner
// for days, and get its pipe then.
func (v *visitor) renew(now time.Time) {
	if at := v.ticket.Load(); at != 0 && now.Sub(time.Unix(at, 0)) >= pipe.TicketLife/2 {
		v.give(now)
	}
}

func (v *visitor) give(now time.Time) {
	v.ticket.Store(now.Unix())
	v.out.put(wire.Message{Type: wire.TicketType, Ticket: v.m.mint.Issue(now)}, true)
}
