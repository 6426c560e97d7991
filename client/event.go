package client

import (
	"log/slog"
	"sync"
	"time"

	"sesame/transfer"
	"sesame/transit"
	"sesame/tree"
	"sesame/tree/manifest"
)

// An Event is something that happens while a client is at work: one of the types
// of this package whose comments say "is told". More may be added; ignore what you
// don't know.
type Event interface{ event() }

// A Note is told of what a person should know, and no program has to act on. Codes
// says what Args there are. It may be a failure that isn't the end.
type Note struct {
	Code Code
	Args []any
}

// ServerSays is told of the mailbox server's message to its users, at most 3 lines,
// safe to print.
type ServerSays struct{ Text string }

// CodeMade is told when somebody can come: this is what the receiver needs.
type CodeMade struct {
	Code string
	// Server is the mailbox server's URL, "" for the public one or none.
	Server string
	// Local says that this computer serves the mailbox. Addresses, "host:port", are
	// where it is found if the other computer doesn't find it by itself.
	Local     bool
	Addresses []string
	// Instead is the code before this one, which is worthless: somebody has tried a
	// wrong one. "" for the first code. Left is how many can be made after this one.
	Instead string
	Left    int
}

// Waiting is told when a wait begins that may take long, again with other Args when
// more is known, and when it is over. Waits may overlap: what began last is what keeps
// the two people.
type Waiting struct {
	For   Code
	Args  []any     // as Codes says
	Since time.Time // by this computer's clock
	Over  bool
}

// Connected is told of the path that carries most: the first one, another one, and, with
// Lost and nothing else, that none is left: others are looked for.
type Connected struct {
	Path   transit.Path
	Native bool // and so post-quantum; else classic
	// Same is set where only the round-trip time, or Path.Use, is known now, or has
	// changed much.
	Same bool
	Lost bool
}

// Listing is told now and then while a sender lists what there is. Done is set when
// that is over and somebody is still waited for. Final is set when it is offered:
// Manifest, which must not be changed, is what was listed, nil for a text, and Renamed
// what had to get another name.
type Listing struct {
	Entries  int
	Bytes    int64
	Done     bool
	Final    bool
	Manifest *manifest.Manifest
	Renamed  []manifest.Renamed
}

// Named is told of at a sender, when it is known that something will be called otherwise
// where it is written, or can't be there, before anybody says yes to it. There says that
// it is the receiver who gives it that name. Its parts are as in manifest.Fitted.
type Named struct {
	Renamed []manifest.Renaming
	Left    []manifest.Left
	There   bool
}

// Offered is told when a receiver has been offered something that isn't a text and
// that its Destination can take, before anybody is asked.
type Offered struct {
	Offer    *transfer.Offer
	Accepted bool // told again, since it is taken
}

// Progressed is told whenever bytes have moved. Rate is how many did in a second of the
// last four, 0 while nothing can be said.
type Progressed struct {
	transfer.Progress
	Rate int64
}

// Received is told of each top-level name that is in place.
type Received struct{ tree.Placed }

// Finished is told when all is in place and both sides know. The other side is taken
// leave of afterwards.
type Finished struct{ Report *transfer.Report }

func (Note) event()       {}
func (ServerSays) event() {}
func (CodeMade) event()   {}
func (Waiting) event()    {}
func (Connected) event()  {}
func (Listing) event()    {}
func (Offered) event()    {}
func (Named) event()      {}
func (Progressed) event() {}
func (Received) event()   {}
func (Finished) event()   {}

// A teller tells events one at a time.
type teller struct {
	mu   sync.Mutex
	tell func(Event)
	log  *slog.Logger
}

func (t *teller) event(e Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tell(e)
}

// progressed tells of bytes that have moved, at a rate that belongs to one transfer.
func (t *teller) progressed(r *rate, p transfer.Progress) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r.add(time.Now(), p.Done)
	t.tell(Progressed{p, r.perSecond()})
}

// parted tells that no path is left. The rate of what comes later begins anew.
func (t *teller) parted(r *rate) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r.forget()
	t.tell(Connected{Lost: true})
}

func (t *teller) note(code Code, args ...any) { t.event(Note{code, args}) }

// total returns report as the end of a transfer, which isn't well if something is
// missing.
func (t *teller) total(report *transfer.Report, sends bool) error {
	t.remarks(report)
	t.event(Finished{report})
	var here, there int
	for _, f := range report.Failed {
		if f.There {
			there++
		} else {
			here++
		}
	}
	for _, s := range report.Skipped {
		switch {
		case s.Missing && sends:
			here++
		case s.Missing:
			there++
		}
	}
	if here+there > 0 {
		return Fail(Incomplete, here+there, Fail(remedy(here > 0, there > 0)))
	}
	return nil
}

// remedy says who can put right what keeps something from arriving.
func remedy(here, there bool) Code {
	switch {
	case !there:
		return RemedyHere
	case !here:
		return RemedyThere
	}
	return RemedyBoth
}
