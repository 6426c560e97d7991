package rendezvous

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A Channel carries small messages, encrypted, to and from the peer through the
// mailbox. Its methods may be called at the same time, but each message goes to
// one Receive only.
type Channel struct {
	c *Client
}

// maxUnstored is how many messages of ours may be under way.
const maxUnstored = 64

// Send queues a message for the peer, of at most 240 KiB; programs of the Magic
// Wormhole family need less than 16 KiB. It waits only if many are under way.
// Messages arrive in the order of the calls. They are sent again over each new
// connection until the server has stored them; Close waits for that.
//
// On a native channel all but the first stay here until the peer's first one has
// come: there is no key for them before. So each side has to send something
// before it waits for a second message.
func (ch *Channel) Send(ctx context.Context, msg []byte) error {
	if len(msg) > maxMessage {
		return fmt.Errorf("rendezvous: a message of %d bytes: at most %d are possible", len(msg), maxMessage)
	}
	if err := ch.c.await(ctx, func(m *machine) (bool, error) {
		return m.unstored() < maxUnstored, m.ended()
	}); err != nil {
		return err
	}
	var err error
	ch.c.step(func(m *machine, now time.Time) {
		if err = m.ended(); err == nil {
			m.say(now, msg)
		}
	})
	return err
}

// Receive returns the peer's next message, in the order in which it sent them.
// The first message of a native channel proves that the peer has the same
// transcript; if it doesn't, the error is ErrTampered.
func (ch *Channel) Receive(ctx context.Context) ([]byte, error) {
	var msg []byte
	err := ch.c.await(ctx, func(m *machine) (bool, error) {
		var ok bool
		if msg, ok = m.inbox.take(); ok {
			return true, nil
		}
		return false, m.ended()
	})
	return msg, err
}

// Check tells the channel that the network has changed. It returns at once. If
// the server doesn't answer within a second, or isn't connected, the connection is made
// anew.
func (ch *Channel) Check() {
	ch.c.doubt()
}

// Answered waits until the peer has said something after it had proven the code,
// whether or not Receive has returned it. The error is ctx's, or Receive's.
func (ch *Channel) Answered(ctx context.Context) error {
	return ch.c.await(ctx, func(m *machine) (bool, error) {
		if m.inbox.count > 0 {
			return true, nil
		}
		return false, m.ended()
	})
}

// Late returns for how long, at most, the peer had been waiting in the mailbox
// while this side couldn't hear it, because its process didn't run or had no
// connection: the peer may have given up meanwhile. It is 0 if it didn't have to
// wait.
func (ch *Channel) Late() time.Duration {
	ch.c.mu.Lock()
	defer ch.c.mu.Unlock()
	return ch.c.m.absence.late
}

// Native returns what both sides have agreed on if both speak the native
// protocol, else false.
func (ch *Channel) Native() (Outcome, bool) {
	if u := ch.c.m.upgrade; u != nil {
		return Outcome{u.outcome.Suite, slices.Clone(u.outcome.Features)}, true
	}
	return Outcome{}, false
}

// Suite names the AEAD that both sides have agreed on if both speak the native
// protocol, else it is "".
func (ch *Channel) Suite() string {
	outcome, _ := ch.Native()
	return outcome.Suite
}

// First reports whether this side is the first of a native channel, as exactly one of
// the two is (doc/native.md §2.1); it has nothing to do with who sends.
func (ch *Channel) First() bool { return ch.c.m.side < ch.c.m.peer }

// Features returns the optional parts of the native protocol that both sides
// announced, sorted: none with a classic peer.
func (ch *Channel) Features() []string {
	outcome, _ := ch.Native()
	return outcome.Features
}

// Key returns size bytes of key for a purpose. Both peers get the same.
//
// The key of a native channel stays secret even if the code's key exchange is
// broken one day. It is there once the first Receive has returned a message;
// before that Key panics.
func (ch *Channel) Key(purpose string, size int) []byte {
	ch.c.mu.Lock()
	defer ch.c.mu.Unlock()
	key := ch.c.m.key
	if u := ch.c.m.upgrade; u != nil {
		if !ch.c.m.inbox.taken {
			panic("rendezvous: Key of a native channel before the first Receive")
		}
		key = u.key
	}
	return key.Derive(purpose, size)
}

// Verifier returns 32 bytes that are the same at the peer's end if, and only if,
// nobody is in between who knows the code. They are there before anything was
// sent, so that people can compare them first.
func (ch *Channel) Verifier() []byte { return bytes.Clone(ch.c.m.verifier) }

// PeerVersion returns what the peer announced of itself: a JSON object of at
// most 64 KiB.
func (ch *Channel) PeerVersion() json.RawMessage {
	ch.c.mu.Lock()
	defer ch.c.mu.Unlock()
	return json.RawMessage(bytes.Clone(bytes.TrimSpace(ch.c.m.peerVersion)))
}

// Transcript returns the SHA-256 of everything that both peers have said to each
// other until now, as doc/mailbox.md §5.5 defines. It is the same at the peer's
// end unless somebody in between changed something.
func (ch *Channel) Transcript() []byte {
	ch.c.mu.Lock()
	defer ch.c.mu.Unlock()
	return ch.c.m.transcript.sum()
}

// Close flushes what was sent, releases and closes the mailbox with a mood and
// waits for the server's answer, until the context ends and at most 5 seconds.
// The error, if any, says what the peer may not have got. The Client is closed
// too.
func (ch *Channel) Close(ctx context.Context, mood Mood) error {
	part(ch.c, func(*machine) Mood { return mood })
	select {
	case <-ch.c.ended:
	case <-ctx.Done():
		ch.c.cancel()
		<-ch.c.ended
	}
	ch.c.cancel()
	ch.c.mu.Lock()
	defer ch.c.mu.Unlock()
	if ch.c.m.unstored() > 0 {
		return errors.New("closed before the mailbox server had stored the last message")
	}
	return nil
}
