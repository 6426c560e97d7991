package manifest

import "fmt"

// A NothingError says that nothing of what was named can be sent.
type NothingError struct {
	First Skipped // of what was left out; without a path if nothing was named
}

func (e *NothingError) Error() string {
	if e.First.Path == "" {
		return "nothing was named"
	}
	return fmt.Sprintf("nothing can be sent: %s %v", e.First.Path, e.First.Why)
}
