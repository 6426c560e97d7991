// Package classic moves text, files and directories to and from any program of the
// Magic Wormhole family.
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
// A text is one message each way and needs no transit, whatever the peer is. A
// directory or several things at once cross as one zip archive that is written
// while it is sent. Either side ends the transfer at any time and tells the other
// why.
//
// Source: doc/transfer.md; it is the "file transfer v1" of Magic Wormhole.
package classic

import (
	"log/slog"
	"time"

	"sesame/transfer"
	"sesame/transit"
)

// AppID is the application that classic file transfer is spoken in. Peers meet
// only under the same one.
const AppID = "lothar.com/wormhole/text-or-file-xfer"

// MaxText is the largest message, in bytes of JSON, that every peer can take. A
// text that needs more than that is better sent as a file.
const MaxText = 16000

// maxIdle is how long a peer may take or give nothing before the transfer fails.
const maxIdle = 60 * time.Second

// settings are a Config with what stands in for the network in tests.
type settings struct {
	transfer.Config
	listen listenFunc // default: transit
}

// with returns settings for cfg, which may be nil.
func with(cfg *transfer.Config) *settings {
	var s settings
	if cfg != nil {
		s.Config = *cfg
	}
	return &s
}

// complete returns a copy with every field set that is used here.
func (s *settings) complete() *settings {
	c := *s
	if c.Progress == nil {
		c.Progress = func(transfer.Progress) {}
	}
	if c.Connected == nil {
		c.Connected = func(transit.Path) {}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.listen == nil {
		c.listen = listenTransit(c.Transit, c.Connected)
	}
	return &c
}
