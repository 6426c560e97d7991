package transfer

import (
	"fmt"
	"runtime"
	"strings"

	"sesame/tree/manifest"
)

// A SafeName is a name for a file or directory that can be created in any
// directory and leads nowhere else: one path element, that keeps the rules of
// package manifest for names. It is the only thing that this package writes under.
// The zero SafeName is no name.
type SafeName struct {
	s string
}

// ParseName accepts a name that is safe as it is, and says what is wrong with
// any other.
func ParseName(s string) (SafeName, error) {
	if err := manifest.CheckElement(s, manifest.SystemRules(runtime.GOOS)); err != nil {
		return SafeName{}, fmt.Errorf("%s can't be used as a name: %w", quoteName(s), err)
	}
	return SafeName{s}, nil
}

// String returns the name, which is safe on disk, but not for a terminal: it
// may hold invisible or confusable characters.
func (n SafeName) String() string { return n.s }

// OfferedName makes a SafeName of what a peer calls a file or directory: the last path
// element, of which only what can't stay where r holds is escaped. What is shown to the
// user is the result and, if it isn't the last element itself, that it got another name.
func OfferedName(s string, r manifest.Rules) (SafeName, []manifest.Renaming) {
	elements := strings.FieldsFunc(s, func(r rune) bool { return r == '/' || r == '\\' })
	for len(elements) > 0 {
		if last := elements[len(elements)-1]; !manifest.IsDots(last) {
			as := manifest.FitElement(last, r)
			var renamed []manifest.Renaming
			if as != last {
				why := manifest.NameRule(last)
				if why == manifest.CauseUnsaid || why == manifest.CauseLongName {
					why = r.Wrong(last)
				}
				renamed = []manifest.Renaming{{Path: last, As: as, Why: manifest.Because(why)}}
			}
			return SafeName{as}, renamed
		}
		elements = elements[:len(elements)-1]
	}
	return SafeName{manifest.FitElement("", r)}, nil
}
