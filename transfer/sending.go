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
