package rendezvous

import "sesame/internal/safetext"

// A Problem is what is wrong with a text that was typed for a code: one of the constants,
// which stay as they are. Package client has a code of the same name for each.
type Problem string

// What makes a text impossible as a code.
const (
	CodeLong     Problem = "typed-long" // more than MaxCode bytes
	CodeEmpty    Problem = "typed-empty"
	CodeNotUTF8  Problem = "typed-not-text"
	CodeUnseen   Problem = "typed-unseen"       // characters that can't be seen
	CodeNumber   Problem = "typed-no-number"    // where it begins
	CodeLocal    Problem = "typed-local-alone"  // no number after LocalPrefix
	CodeSpaces   Problem = "typed-spaces"       // within it
	CodeNoDigits Problem = "typed-other-number" // Word, where 1 to MaxNumber digits belong
	CodeZero     Problem = "typed-zero"         // before the number
	CodeNoWords  Problem = "typed-no-words"     // after the number
	CodeDashes   Problem = "typed-dashes"       // two in a row, or one at the end
)

// What makes a possible code look mistyped.
const (
	CodeForm     Problem = "typed-form"     // capitals, or other separators than dashes
	CodeParted   Problem = "typed-parted"   // dashes are elsewhere than between words
	CodeOrder    Problem = "typed-order"    // of the words
	CodeUnlisted Problem = "typed-unlisted" // Word is none of the list
	CodeOneWord  Problem = "typed-one-word" // and most have two or more
	CodeMissing  Problem = "typed-missing"  // words are, or they are in the wrong order
)

// Problems returns all of them.
func Problems() []Problem {
	return []Problem{
		CodeLong, CodeEmpty, CodeNotUTF8, CodeUnseen, CodeNumber, CodeLocal, CodeSpaces, CodeNoDigits, CodeZero, CodeNoWords, CodeDashes,
		CodeForm, CodeParted, CodeOrder, CodeUnlisted, CodeOneWord, CodeMissing,
	}
}

// A CodeError says why a typed text isn't a usable code.
type CodeError struct {
	Problem Problem
	// Word is the part of the text that Problem is about, where it is about one. It is
	// not safe to print.
	Word string
	// Suggestion is the code that was probably meant, or empty.
	Suggestion string
	// Code is the code exactly as typed, for a person who insists on it. It is
	// the zero Code where that can't work.
	Code Code
}

// Error is for logs.
func (e *CodeError) Error() string {
	s := "code: " + string(e.Problem)
	if e.Word != "" {
		s += " " + safetext.Quote(e.Word, maxShown)
	}
	if e.Suggestion != "" {
		s += ", near " + e.Suggestion
	}
	return s
}

// maxShown is how many characters of a word a log shows.
const maxShown = 40
