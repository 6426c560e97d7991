package transfer

import (
	"context"

	"sesame/tree/manifest"
)

// A Sending is what a sender hands over, as a Target is a receiver's.
type Sending struct {
	// Source is what is sent. It is the caller's, who closes it.
	Source *Source
	// Listing is called now and then while what will be offered is listed, with what
	// was found so far, and Listed when it is. What Listed gets must not be changed.
	// Default nil.
	Listing func(entries int, bytes int64)
	Listed  func(*manifest.Manifest)
	// Offered is called when the offer lies before the other side, where somebody may
	// have to say yes, and Answered when that was said. Default nil.
	Offered, Answered func()
	// Named is called when it is known that something will be called otherwise there, or
	// can't be there, before anybody says yes to it. Default nil.
	Named func(*manifest.Fitted)
}

// Put tells that the offer lies before the other side. It is for the protocols, as
// what is returned, which they call when it is wanted.
func (s Sending) Put() (wanted func()) {
	if s.Offered != nil {
		s.Offered()
	}
	if s.Answered == nil {
		return func() {}
	}
	return s.Answered
}

// Fix lists what is offered from here on, whatever happens to it, and tells of it. It
// is for the protocols. Errors are Source.Scan's.
func (s Sending) Fix(ctx context.Context) (*Listing, error) {
	l, err := s.Source.look(ctx, s.Listing)
	if err != nil {
		return nil, err
	}
	if l.Files != nil {
		if err := l.Files.Mark(ctx); err != nil {
			l.Close()
			return nil, err
		}
	}
	if s.Listed != nil {
		s.Listed(l.Manifest)
	}
	return l, nil
}
