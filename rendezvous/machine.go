package rendezvous

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"sesame/internal/wire"
	"sesame/pake"
)

// A stage is how far a client has come. doc/mailbox.md §4.1 draws them.
type stage int

const (
	idle       stage = iota // nothing was asked for yet
	allocating              // waiting for a nameplate from the server
	claiming                // waiting for the mailbox that belongs to a nameplate
	holding                 // has nameplate and mailbox, but no code yet
	waiting                 // our pake is in the mailbox, the peer hasn't come
	agreed                  // the peer's pake was answered, its version is missing
	confirmed               // the peer has proven that it knows the code
	closing                 // releasing the nameplate and closing the mailbox
	done                    // nothing more will be sent
)

// A machine is one client of a mailbox server without its socket and its clock:
// it is told what happened and when, and says what to send. It survives any
// number of connections. It does no locking.
//
// Source: doc/mailbox.md §4.
type machine struct {
	appID   string
	side    string
	version []byte
	token   string // for a server that wants one

	stage stage
	err   error // why the machine went to closing by itself
	mood  Mood

	// For the shell to take: commands for the current connection, work to do
	// before bind, a wish to begin a new connection at once.
	out       []wire.Command
	work      *work
	reconnect bool

	deadlines
	connection
	silence
	move move // that the last connection ended with

	welcomed bool // on any connection
	motd     []string
	relay    *wire.Extension
	ticket   string // for the server's relay, the last one
	outside  netip.Addr

	listing    bool     // a list is wanted
	nameplates []string // the last answer, nil if none

	nameplate string // as allocated or claimed
	held      hold
	mailbox   string // id, known from the first claimed
	home      string // mailbox in which the peer was heard last
	hopping   bool   // the server lost its memory: look for the peer in both places
	viaName   bool   // this time through the nameplate

	code      string
	agreement *pake.Agreement
	key       *pake.Key // of the code; erased once a native channel has its own
	verifier  []byte
	peer      string // the side whose pake was answered, "" before

	outbox      outbox
	inbox       inbox
	early       []wire.Message // from before the peer's pake
	absence     absence
	news        []func(*Config) // for the shell to tell the program
	foreign     strangers
	peerVersion []byte
	transcript  transcript
	kem         *pake.KEM // of our native announcement, nil if we made none
	upgrade     *upgrade  // nil while the channel isn't native
}

// connection is what is forgotten when a connection ends.
type connection struct {
	online bool // welcome was accepted: commands may be sent
	bound  bool
	opened bool // subscribed to the mailbox
	ending bool // close was sent
	// stale means that what comes in may be long over.
	stale bool
	// replaying means that the server is still sending stored messages. Ours
	// among them must not be added again.
	replaying bool
}

// A hold says what the server knows about us and the nameplate.
type hold int

const (
	free      hold = iota // never claimed
	claimed               // ours until released
	releasing             // release was sent, not yet answered
	released
)

// newMachine returns a machine for one code. native may be nil.
func newMachine(appID string, version []byte, native *Native) *machine {
	var side [5]byte
	rand.Read(side[:]) // never fails
	m := &machine{
		appID:     appID,
		side:      hex.EncodeToString(side[:]),
		version:   version,
		deadlines: deadlines{replies: make(map[Awaited]time.Time)},
		foreign:   strangers{},
	}
	if native != nil {
		m.introduce(version, native, pake.NewKEM())
	}
	return m
}

// connected tells that a new connection to the server is up.
func (m *machine) connected(now time.Time) {
	m.connection = connection{}
	m.move = move{}
	m.out, m.work, m.reconnect = nil, nil, false
	m.busyBy = time.Time{}
	m.expect(AwaitGreeting, now)
}

// disconnected tells that the connection is gone. The error is what the first
// connection fails with.
func (m *machine) disconnected(now time.Time, err error) {
	m.connection = connection{}
	m.out, m.work, m.reconnect = nil, nil, false
	m.offline(now)
	if !m.move.under {
		m.mute(now)
	}
	if m.stage == waiting {
		m.absence.begin(now)
		m.absence.expected = m.move.under
	}
	if m.listing || m.stage == allocating || m.stage == claiming || m.stage == agreed {
		m.need(now)
	}
	m.outbox.forget()
	switch {
	case m.stage == closing && !m.holds():
		m.stage = done
	case m.stage == closing:
		m.hurry(now)
	}
	if !m.welcomed {
		m.fail(now, err, Errory)
	}
}

// received takes one frame from the server.
func (m *machine) received(now time.Time, frame []byte) {
	if m.stage == done || m.stale {
		return
	}
	msg, err := wire.ParseMessage(frame)
	if err != nil {
		detail := strings.TrimPrefix(err.Error(), wire.ErrMalformed.Error()+": ")
		m.fail(now, fmt.Errorf("%w: %s", ErrMalformed, detail), Errory)
		return
	}
	if !m.online {
		switch {
		case msg.Type == wire.WelcomeType && m.expects(AwaitGreeting):
			m.welcome(now, msg.Welcome)
		case msg.Type == wire.ErrorType:
			m.fail(now, &ServerError{msg.Error}, Errory)
		}
		return
	}
	switch msg.Type {
	case wire.Moving:
		m.stale = true
		m.backBy = m.move.told(now, msg.After, m.stage == closing)
	case wire.TicketType:
		if wire.ValidTicket(msg.Ticket) {
			m.ticket = msg.Ticket
		}
	case wire.Nameplates:
		m.listed(msg.Nameplates)
	case wire.Allocated:
		m.allocated(now, msg.Nameplate)
	case wire.Claimed:
		m.claimed(now, msg.Mailbox)
	case wire.Released:
		if m.held == releasing {
			m.held = released
		}
		m.finish()
	case wire.MessageType:
		m.message(now, msg)
	case wire.Pong:
		m.replayed(now)
	case wire.Closed:
		m.closed()
	case wire.ErrorType:
		m.refused(now, msg)
	}
}

// refused handles the server's error messages.
func (m *machine) refused(now time.Time, msg wire.Message) {
	var orig struct{ Type string }
	_ = json.Unmarshal(msg.Orig, &orig) // whatever it is: not every server sends it
	if orig.Type == wire.Claim || orig.Type == wire.Allocate {
		delete(m.replies, AwaitClaim)
		delete(m.replies, AwaitNameplate)
	}
	switch {
	case msg.Retry > 0 && m.stage < closing:
		// What it says from here on may be over by then: all is asked again on a new
		// connection.
		wait := m.putOff(now, msg.Retry)
		m.stale = true
		m.tell(func(c *Config) { c.Busy(wait) })
	case orig.Type == wire.Release:
		m.held = released
		m.finish()
	case m.stage == closing && (orig.Type == wire.Claim || orig.Type == wire.Allocate):
		m.leave(now)
	case m.stage == closing:
		m.stage = done
	case orig.Type == wire.Ping && m.replaying:
		m.replayed(now) // the server doesn't know ping: what was stored has come
	case m.stage == agreed && m.viaName && !m.opened:
		// The server remembers that we released the nameplate, so it remembers
		// the mailbox too.
		m.held = released
		m.viaName, m.hopping, m.mailbox = false, false, m.home
		m.open(now)
	case msg.Error == wire.Crowded:
		clear(m.replies)
		m.fail(now, ErrCrowded, Errory)
	case msg.Error == wire.Reclaimed, msg.Error == wire.Used:
		clear(m.replies)
		m.fail(now, ErrCodeUsed, Errory)
	default:
		clear(m.replies)
		m.fail(now, &ServerError{msg.Error}, Errory)
	}
}

// tick tells the time. wake says when it is needed next.
func (m *machine) tick(now time.Time) {
	switch what := m.expired(now); {
	case what == nil:
	case what == errClosing:
		m.stage = done
	case m.welcomed && m.expects(AwaitGreeting) && !now.Before(m.replies[AwaitGreeting]):
		m.reconnect = true // not a reason to give up what went well so far
		delete(m.replies, AwaitGreeting)
	case what == errQuiet:
		m.quietBy = time.Time{}
		m.tell(func(c *Config) { c.Unanswered() })
	case what == errAway:
		m.backBy, m.absence.expected = time.Time{}, false
		m.mute(now)
	case what == errBusy:
		m.busyBy = time.Time{}
		m.reconnect = true
	case what == errHop:
		m.viaName = !m.viaName
		m.reconnect = true
	default:
		if unanswered, ok := what.(*UnansweredError); ok {
			unanswered.Again = m.relay != nil && m.relay.SeatsReturn
		}
		m.fail(now, what, Errory)
	}
}

// send queues a command for the current connection, after bind.
func (m *machine) send(c wire.Command) {
	if !m.bound {
		m.bound = true
		m.out = append(m.out, wire.Command{
			Type: wire.Bind, AppID: new(m.appID), Side: new(m.side), ClientVersion: []string{wire.Own, "1"}, Retry: true,
		})
	}
	m.out = append(m.out, c)
}

// fail ends the machine with an error: what it holds at the server is given
// back first. Only the first failure counts.
func (m *machine) fail(now time.Time, err error, mood Mood) {
	if m.stage >= closing {
		return
	}
	m.err = err
	m.close(now, mood)
}

// ended returns why no more can be asked of the machine, or nil.
func (m *machine) ended() error {
	switch {
	case m.err != nil:
		return m.err
	case m.stage >= closing:
		return errClosed
	}
	return nil
}

var errClosed = errors.New("rendezvous: the client is closed")
