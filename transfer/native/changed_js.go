package native

import (
	"errors"

	"sesame/tree/manifest"
)

// changedHow says how a file has changed, if that is what err is about.
func changedHow(err error) (how manifest.Reason, ok bool) {
	return manifest.Because(manifest.CauseShort), errors.Is(err, errShort)
}
