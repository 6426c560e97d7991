package mailbox

// This file is what a board has to do that is there for two clients alone, in the
// program of one of them (doc/local.md §2).

// An identity is what a client says it is.
type identity struct{ app, side string }

// A guestList knows who has bound, and from some time on who may.
type guestList struct {
	here map[*caller]struct{}
	only map[identity]bool // nil: everybody
}

const errMet refusal = "those who are to meet here have met"

// admit notes who a client is. It reports false if that one mustn't be here.
func (g *guestList) admit(s *caller) bool {
	if g.only != nil && !g.only[identity{s.app, s.side}] {
		return false
	}
	if g.here == nil {
		g.here = make(map[*caller]struct{})
	}
	g.here[s] = struct{}{}
	return true
}
