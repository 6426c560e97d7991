package transit

import (
	"time"

	"sesame/transit/way"
)

// A rung is an address to dial.
type rung struct {
	tier    way.Tier
	both    bool          // works only if the peer dials us, too, at about the same time
	further bool          // the peer takes one more lane there beside another
	instead int           // the rung that this one stands in for, or noFallback
	wait    time.Duration // after the relays' turn has come, unless that has failed
	most    int           // lanes there may be, this one and those of the further rungs

	state     rungState
	dialled   time.Time // when that began
	crowded   bool      // it was told to end to make room for another
	stopping  bool      // the dial under way was told to end
	joined    bool      // the relay has joined it with somebody, who may count on it by now
	proven    bool      // the peer was there once
	held      bool      // there is a lane
	refused   bool      // the last dial was
	barred    bool      // never again
	tries     int       // failed dials since the search began
	strangers int       // that a relay joined us with, one after another
	failed    time.Time // when the last dial did

	since time.Time // when it became ready, or was chosen
	gone  bool      // the peer seems to have chosen it
	until time.Time // for how long a relay is asked again that resets connections
}

// spent reports whether a further port has served its time: for another lane the peer takes
// another one.
func (r *rung) spent() bool { return r.proven || r.tries >= furtherTries }

// noFallback is the number of the rung that a first one stands in for.
const noFallback = -1

type rungState int

const (
	waiting rungState = iota // isn't dialled
	dialling
	connected // reached the peer or its relay, not yet the peer's proof
	ready     // the peer has proven itself; for lanes that is the state waiting
)

// An event is something that happened to a connection.
type event struct {
	kind eventKind
	id   int // of its rung; any other number for one that was accepted
}

type eventKind int

const (
	tick         eventKind = iota // only time has passed
	connMade                      // the dial succeeded
	connJoined                    // the relay has joined it with somebody
	connReady                     // both sides have proven themselves
	connFailed                    // it is closed
	connStranger                  // it is closed, and was another's: worth another try
	connReset                     // the relay took the connection and cut it
	connRefused                   // it failed: nothing listens there
	connBarred                    // what the peer called a relay is none
	laneLost                      // a lane broke
	laneLeft                      // a lane was closed, by us or by the peer
	connChosen                    // the leader chose it (classic follower only)
)

// An action is what the world must do for a ladder.
type action struct {
	kind actionKind
	id   int
}

type actionKind int

const (
	doDial   actionKind = iota // dial the rung
	doStop                     // end its dial, which reports its failure then
	doChoose                   // tell the peer to go on with this one (classic sender only)
	doAdopt                    // go on with it: the peer said so (classic receiver only)
	doGiveUp                   // no path
)
