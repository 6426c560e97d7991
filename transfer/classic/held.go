package classic

import (
	"context"

	"sesame/transfer"
)

// A heldChannel is a classic peer's channel while a person thinks about its
// offer. It reads ahead, so that a peer that gives up is noticed; what it has
// read isn't lost.
type heldChannel struct {
	transfer.Channel
	ended chan struct{} // closed when the peer gave up

	stop context.CancelFunc
	done chan struct{} // closed when nobody reads ahead any more; guards what follows
	read [][]byte
	gone error // what the peer gave up with
}

// holdChannel begins to read ahead, until release is called.
func holdChannel(ch transfer.Channel) *heldChannel {
	h := &heldChannel{Channel: ch, ended: make(chan struct{}), done: make(chan struct{})}
	var ctx context.Context
	ctx, h.stop = context.WithCancel(context.Background())
	go func() {
		defer close(h.done)
		for range maxForeign {
			data, err := ch.Receive(ctx)
			if err != nil {
				return // whether that matters will be seen
			}
			h.read = append(h.read, data)
			if m, err := parseMessage(data); err == nil && m.err != nil {
				h.gone = m.err
				close(h.ended)
				return
			}
		}
	}()
	return h
}

// release stops reading ahead. It may be called again.
func (h *heldChannel) release() {
	h.stop()
	<-h.done
}

// Receive returns first what was read ahead. release must have been called.
func (h *heldChannel) Receive(ctx context.Context) ([]byte, error) {
	if len(h.read) > 0 {
		data := h.read[0]
		h.read = h.read[1:]
		return data, nil
	}
	return h.Channel.Receive(ctx)
}
