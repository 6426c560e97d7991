// Package rendezvous brings together two programs whose users know the same
// code, and gives them an encrypted channel for small messages.
//
// They meet at a mailbox server, which both can reach and neither has to trust:
//
//	A                            server                            B
//	Dial, Allocate  ──────────►  nameplate 7
//	"7-crossover-clockwork"  ─ ─ ─ ─ ─  spoken  ─ ─ ─ ─ ─ ─ ─ ─ ─►
//	Meet  claim, open, pake ──►          ◄── claim, open, pake  Meet
//	      version           ──►          ◄── version
//	Send  0, 1, …           ──►          ◄── 0, 1, …            Send
//	Close                   ──►          ◄──                    Close
//
// Package pake makes the key of which the code is the password. Who doesn't know
// the code has one guess, and a wrong one shows at both ends as ErrWrongCode.
// The server learns addresses, times and sizes.
//
// If both sides have a Config.Native, the channel is native: the first message of
// each carries half of a second, post-quantum key exchange, and sizes are padded.
// The programs need no more than to look at Channel.Native.
//
// Connections that break are made again without the caller's help; what a server
// has forgotten is told to it again. The protocol is that of the Magic Wormhole
// programs, which can be at the other end.
//
// Source: doc/mailbox.md, doc/native.md §1 and §2.
package rendezvous

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"sesame/pake"
)

// A Config says where and as what to meet. Nil and the zero value are ready to
// use.
type Config struct {
	// URL is the mailbox server: ws:// or wss://, with its path. Default:
	// DefaultURL.
	URL string
	// AppID names the application: only equal ones meet. Default: that of Magic
	// Wormhole's file transfer.
	AppID string
	// Version is a JSON object of at most 64 KiB that the peer gets, encrypted,
	// before anything else. It should have a key "app_versions" with an object,
	// and can't have a key "sesame".
	// Default: {"app_versions":{}}.
	Version json.RawMessage
	// Native announces to the peer that this side speaks the native protocol too;
	// a peer that doesn't won't notice. Default: nil, which makes every channel a
	// classic one.
	Native *Native
	// Token is what the server's operator gave out to those who may use it; no other server
	// should get it. It goes only to a server that asks for one. Default: none.
	Token string
	// HTTPClient makes the connections. Browsers ignore it. Default: one of its
	// own with the standard library's settings.
	HTTPClient *HTTPClient
	// DialTimeout is how long it may take to connect. Default 15 s.
	DialTimeout time.Duration
	// Functions are called one at a time, must return soon, and must not call the
	// Client.

	// Unanswered is called when the other side has been at the mailbox but hasn't
	// answered for 10 seconds: its computer may be asleep, or offline. Default:
	// nothing is.
	Unanswered func()
	// Busy is called when the server can't keep anything just now. It is asked again
	// after that time. Default: nothing is.
	Busy func(again time.Duration)
	// Working is called when a server wants work done before it serves, and that has
	// taken a second. It takes about so long in all, a minute at most. Default:
	// nothing is.
	Working func(about time.Duration)
	// Returned is called when this side, while it waited for the other one,
	// couldn't hear it for a time, because the process didn't run or had no
	// connection, and finds nobody in the mailbox now. Default: nothing is.
	Returned func(away time.Duration)
	// Logger gets what happens to connections: no codes, keys or messages.
	// Default: silence.
	Logger *slog.Logger
}

// DefaultURL is the public Magic Wormhole mailbox server, over TLS.
const DefaultURL = "wss://relay.magic-wormhole.io/v1"

const (
	defaultAppID = "lothar.com/wormhole/text-or-file-xfer"
	defaultWords = 2
	maxWords     = 12
)

// withDefaults returns a copy with every field set, and the parsed URL.
func (c *Config) withDefaults() (Config, *url.URL, error) {
	var full Config
	if c != nil {
		full = *c
	}
	if full.URL == "" {
		full.URL = DefaultURL
	}
	if full.AppID == "" {
		full.AppID = defaultAppID
	}
	if full.Version == nil {
		full.Version = json.RawMessage(`{"app_versions":{}}`)
	}
	if full.DialTimeout <= 0 {
		full.DialTimeout = waitReply
	}
	if full.Unanswered == nil {
		full.Unanswered = func() {}
	}
	if full.Busy == nil {
		full.Busy = func(time.Duration) {}
	}
	if full.Working == nil {
		full.Working = func(time.Duration) {}
	}
	if full.Returned == nil {
		full.Returned = func(time.Duration) {}
	}
	if full.Logger == nil {
		full.Logger = slog.New(slog.DiscardHandler)
	}
	u, err := url.Parse(full.URL)
	if err != nil {
		return full, nil, fmt.Errorf("rendezvous: address of the mailbox server: %w", err)
	}
	if (u.Scheme != "ws" && u.Scheme != "wss") || u.Host == "" {
		return full, nil, fmt.Errorf("rendezvous: the address of a mailbox server looks like wss://example.org/v1, not like %q", full.URL)
	}
	if v := bytes.TrimSpace(full.Version); len(v) > maxVersion || !json.Valid(v) || v[0] != '{' {
		return full, nil, errors.New("rendezvous: Config.Version must be a JSON object of at most 64 KiB")
	}
	if memberOf(full.Version) != nil {
		return full, nil, fmt.Errorf("rendezvous: Config.Version has a key %q", nativeMember)
	}
	if n := full.Native; n != nil {
		room := announce(full.Version, n, make([]byte, pake.EncapsulationKeySize), make([]byte, bidNonceSize))
		if len(room) > maxVersion {
			return full, nil, errors.New("rendezvous: Config.Version and Config.Native are larger than 64 KiB together")
		}
	}
	return full, u, nil
}
