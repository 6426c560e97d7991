package client

import (
	"fmt"
	"strings"
)

// A Failure says why a Send or a Receive didn't do all that it should. It holds no
// sentence: whoever shows it has a text for each code.
type Failure struct {
	Class Class
	Code  Code
	// Args are what Codes lists for the code: names, and what a peer says in words of
	// its own (string, as they came: not safe to print), counts (int), bytes (int64),
	// amounts of time (time.Duration), moments (time.Time), what is offered
	// (*transfer.Offer), what belongs to it and has a code of its own (*Failure), and
	// what the operating system or another program says (error, which is safe to
	// print).
	Args []any
	// Kept is set if what has arrived lies there for the next try.
	Kept bool
	// Err is the cause, if there is one.
	Err error
}

// Fail returns the failure of a code. It has hundreds of callers: if they hold it, it is
// much of what a page has to load.
//
//go:noinline
func Fail(code Code, args ...any) *Failure {
	return &Failure{Class: code.Class(), Code: code, Args: args}
}

// Error is for logs: the code, and its arguments.
func (f *Failure) Error() string {
	var b strings.Builder
	b.WriteString(string(f.Code))
	for _, a := range f.Args {
		if s, ok := a.(string); ok {
			a = fmt.Sprintf("%q", s)
		}
		fmt.Fprintf(&b, " %v", a)
	}
	return b.String()
}

// Unwrap returns Err.
func (f *Failure) Unwrap() error { return f.Err }

// Is makes failures of one code equal to errors.Is, whatever their arguments.
func (f *Failure) Is(target error) bool {
	other, ok := target.(*Failure)
	return ok && other.Code == f.Code
}
