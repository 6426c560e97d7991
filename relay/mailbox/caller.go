package mailbox

import (
	"sesame/internal/wire"
	"sesame/relay/source"
)

// A caller is one connection to the mailbox server: who it is and what it has
// done. Most commands may be given once per connection.
type caller struct {
	id     ID
	source source.Source
	mark   mark // of it
	local  bool // no rate holds for it

	// Of who carries out its commands, one after another.
	bound       bool
	patient     bool // it waits if it is told to
	ours        bool // its program is one of this project
	app, side   string
	didAllocate bool
	didClaim    bool
	didRelease  bool
	didClose    bool
	nameplate   string // that it tried to claim

	// Of the state.
	hold    *hold     // the command that isn't answered yet, if there is one
	mailbox *local    // that it listens to
	sits    []sitting // that it has claimed or opened
}

// idle reports whether the caller has neither a nameplate nor a mailbox, nor waits for
// one.
func (s *caller) idle() bool {
	return s.mailbox == nil && s.hold == nil && (s.didClose || len(s.sits) == 0)
}

// seat returns which seat the connection has in a mailbox, 0 for none.
func (s *caller) seat(m *local) uint64 {
	for _, p := range s.sits {
		if p.box == m {
			return p.seat
		}
	}
	return 0
}

// A refusal is an error that is sent to the client. Deployed clients know some
// of the texts.
type refusal string

func (r refusal) Error() string { return string(r) }

const (
	errNoType       refusal = "missing 'type'"
	errUnknown      refusal = "unknown type"
	errNotBound     refusal = "must bind first"
	errBound        refusal = "already bound"
	errNoAppID      refusal = "bind requires 'appid'"
	errNoSide       refusal = "bind requires 'side'"
	errNoPing       refusal = "ping requires 'ping'"
	errLongPing     refusal = "ping is too long"
	errAllocated    refusal = "you already allocated one, don't be greedy"
	errNoNameplate  refusal = "claim requires 'nameplate'"
	errBadNameplate refusal = "a nameplate is 1 to 40 digits without leading zeros"
	errClaimed      refusal = "only one claim per connection"
	errCrowded      refusal = wire.Crowded
	errReclaimed    refusal = wire.Reclaimed
	errUsed         refusal = wire.Used
	errReleased     refusal = "only one release per connection"
	errOtherPlate   refusal = "release and claim must use same nameplate"
	errNoClaim      refusal = "release without nameplate must follow claim"
	errNoMailbox    refusal = "open requires 'mailbox'"
	errOpened       refusal = "only one open per connection"
	errNotOpen      refusal = "must open mailbox before adding"
	errNoPhase      refusal = "missing 'phase'"
	errNoBody       refusal = "missing 'body'"
	errRewrite      refusal = "phase was already added with another body"
	errMailboxFull  refusal = "mailbox is full"
	errClosed       refusal = "only one close per connection"
	errOtherMailbox refusal = "open and close must use same mailbox"
	errNoOpen       refusal = "close without mailbox must follow open"
	errFull         refusal = "server is full, try again later"
	errTooFast      refusal = "too many claims from your address, try again in a minute"
	errGuessing     refusal = "too many claims of unknown nameplates from your address, try again in a minute"
	errGreedy       refusal = "too many mailboxes from your address"
	errListing      refusal = "too many lists for your address, try again in a minute"
)

// errBusy is what is told when the store doesn't answer.
const errBusy refusal = "server can't keep that now"

// moodScary is how a client closes that has met somebody with another code.
const moodScary = "scary"
