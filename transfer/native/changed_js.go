package native

import "errors"

// changedHow says how a file has changed, if that is what err is about.
func changedHow(err error) (how string, ok bool) {
	return "is shorter than it was", errors.Is(err, errShort)
}
