package manifest

import "sesame/internal/safetext"

// A ChangedError says that a file is no longer the one that was listed.
type ChangedError struct {
	Path string // as in the manifest
	How  Reason // CauseSize and those that follow it
}

func (e *ChangedError) Error() string {
	return safetext.Line(e.Path, 200) + " changed while it was sent: it " + e.How.Error()
}
