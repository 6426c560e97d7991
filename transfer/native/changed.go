//go:build !js

package native

import (
	"errors"

	"sesame/tree/manifest"
)

// changedHow says how a file has changed, if that is what err is about.
func changedHow(err error) (how manifest.Reason, ok bool) {
	var changed *manifest.ChangedError
	if errors.As(err, &changed) {
		return changed.How, true
	}
	return manifest.Because(manifest.CauseShort), errors.Is(err, errShort)
}
