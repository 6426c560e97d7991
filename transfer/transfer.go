// Package transfer sends text, files and directories to one peer, and receives
// them, once the two have met and share a key.
//
// The small messages go over a [Channel] (the encrypted mailbox of package
// rendezvous is one), the bytes over a connection of package transit:
//
//	sender                                            receiver
//	0: {"transit": …}          ── channel ──►
//	1: {"offer": {"file": …}}  ── channel ──►         [somebody says yes]
//	                           ◄── channel ──         0: {"transit": …}
//	                           ◄── channel ──         1: {"answer": {"file_ack": "ok"}}
//	the bytes, sealed          ══ transit ══►         written under a hidden name,
//	                                                  synced, put in place
//	                           ◄══ transit ══         {"ack": "ok", "sha256": …}
//
// A text is one message each way and needs no transit. A directory crosses as a
// zip archive that is written while it is sent. Either side ends the transfer
// at any time with {"error": …}.
//
// Sending takes two calls, [Open] and [Send], receiving two, [Receive] and
// [Offer.Accept]. All of them block until they are done or their context ends,
// and leave no goroutine, connection or partial file behind.
//
// Nothing the peer says is believed: names can't leave the directory that the
// caller gave, nothing that exists is replaced unless the caller says so, and
// no more is written than was offered.
//
// Source: doc/transfer.md; the protocol is the "file transfer v1" of Magic
// Wormhole.
package transfer

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"time"

	"sesame/transit"
)

// AppID is the application that classic file transfer is spoken in. Peers meet
// only under the same one.
const AppID = "lothar.com/wormhole/text-or-file-xfer"

// MaxText is the largest message, in bytes of JSON, that every peer can take. A
// text that needs more than that is better sent as a file.
const MaxText = 16000

// A Channel carries small messages between two peers, encrypted and in order.
// *rendezvous.Channel is one. This package calls Send and Receive from
// different goroutines, but neither twice at a time, and never closes it.
type Channel interface {
	// Send queues msg and returns when the channel has taken charge of it.
	Send(ctx context.Context, msg []byte) error
	// Receive returns the peer's next message.
	Receive(ctx context.Context) ([]byte, error)
	// Key derives a key of size bytes for one purpose from the shared key.
	Key(purpose string, size int) []byte
	// PeerVersion returns the JSON object that the peer announced itself with.
	PeerVersion() json.RawMessage
}

// Config says how to transfer. A nil Config is the zero Config, which is ready
// to use. It isn't changed by this package and may be shared.
type Config struct {
	// Transit says how to reach the peer; default nil, transit's own defaults.
	Transit *transit.Config
	// Progress, if set, is called when bytes have moved, never twice at a
	// time. It shouldn't take long: the transfer waits. Default nil.
	Progress func(Progress)
	// Connected, if set, is called once when a path to the peer is found.
	// Default nil.
	Connected func(transit.Path)
	// Idle is how long the peer may take or give nothing before the transfer
	// fails. Default 60 s.
	Idle time.Duration
	// Logger gets what is worth knowing when something went wrong, never
	// names, texts or keys; default nil, silent.
	Logger *slog.Logger

	listen listenFunc                // default: transit
	wrap   func(io.Writer) io.Writer // what is written to disk goes through it; default nil
}

// Progress tells how far a transfer is, in bytes as they cross: of a directory
// these are the bytes of the archive. Done never falls. It reaches Total only
// when the receiver has confirmed that everything is in place.
type Progress struct {
	Done, Total int64
}

// withDefaults returns a copy of cfg with every field set.
func (cfg *Config) withDefaults() *Config {
	var c Config
	if cfg != nil {
		c = *cfg
	}
	if c.Progress == nil {
		c.Progress = func(Progress) {}
	}
	if c.Connected == nil {
		c.Connected = func(transit.Path) {}
	}
	if c.Idle <= 0 {
		c.Idle = 60 * time.Second
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.listen == nil {
		c.listen = listenTransit(c.Transit, c.Connected)
	}
	return &c
}
