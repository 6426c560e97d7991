package main

import (
	"fmt"

	"sesame/client"
	"sesame/internal/safetext"
	"sesame/transfer"
)

// A front shows what happens to a client. Its methods are called one at a time.
type front struct {
	ui    *terminal
	meter meter
	waits *waitingRoom

	// What only one command knows.
	code     func(client.CodeMade)
	listed   func(client.Listing)
	offered  func(*transfer.Offer)
	accepted func(*transfer.Offer)
	end      string // of a transfer that went well, for people
	other    string // what the other side is called
	into     *destination
}

func newFront(ui *terminal) *front {
	return &front{ui: ui, meter: meter{ui: ui}, waits: &waitingRoom{ui: ui.teller}}
}

// tell shows an event.
func (f *front) tell(e client.Event) {
	switch e := e.(type) {
	case client.Note:
		f.note(e)
	case client.ServerSays:
		f.ui.report(serverSays{e.Text})
	case client.CodeMade:
		if e.Instead != "" {
			f.ui.report(codeDead{e.Instead, e.Left + 1})
			f.ui.ring()
		}
		f.code(e)
	case client.Waiting:
		f.waits.take(e)
	case client.Listing:
		f.listing(e)
	case client.Offered:
		if e.Accepted {
			f.accepted(e.Offer)
		} else {
			f.offered(e.Offer)
		}
	case client.Named:
		f.named(e)
	case client.Received:
		f.ui.placed(describePlaced(e, f.into))
	case client.Finished:
		f.finished(e.Report)
	default:
		f.meter.tell(e)
	}
}

// note tells of a remark, or of a failure that isn't the end.
func (f *front) note(n client.Note) {
	if n.Code.Class() == client.ClassNote {
		f.ui.note(n.Code, n.Args...)
		return
	}
	text, _ := say(n.Code, n.Args)
	f.ui.report(remark(failure{Text: text, Cause: n.Code}))
}

// listing shows how far a list is.
func (f *front) listing(l client.Listing) {
	if l.Final {
		f.waits.work("")
		for _, r := range l.Renamed {
			f.ui.note(client.NoteRenamed, r.Path, r.Name)
		}
		f.listed(l)
		return
	}
	if l.Done {
		f.waits.work("")
		return
	}
	f.waits.work(fmt.Sprintf("Listing: %s, %s", count(l.Entries, "item"), size(l.Bytes)))
}

// named shows what gets another name, or none.
func (f *front) named(n client.Named) {
	where := ""
	if n.There {
		where = f.other
	}
	f.ui.reportAll(names(n.Renamed, n.Left, where, f.ui.most()), nameEvents(n.Renamed, n.Left, n.There)...)
}

// finished shows how a transfer ended.
func (f *front) finished(report *transfer.Report) {
	f.named(client.Named{Renamed: report.Renamed})
	f.ui.reportAll(listed("Note", report.Grown, f.ui.most(), func(path string) string {
		return safetext.Line(path, 200) + " has grown since it was offered; what it held then is there"
	}), grownEvents(report.Grown)...)
	if f.end != "" { // a receiver was shown it with the offer
		f.ui.reportAll(leftOut(report.Skipped, f.ui.most()), leftOutEvents(report.Skipped)...)
	}
	if whole := (outcome{report, f.other}).tell(f.ui); whole {
		f.ui.report(done{report.Bytes, f.end})
	}
}
