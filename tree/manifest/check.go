package manifest

import (
	"fmt"
	"math"
	"strings"

	"sesame/internal/safetext"
)

// Together the paths and targets of n entries may take textBase + n*textEach
// bytes. Front coding can say a 4 KiB path in 5 bytes, so without this a small
// message could fill a receiver's memory.
const (
	textBase = 16 << 20
	textEach = 192
)

// An Error says which entry of a manifest breaks which rule. A manifest with
// one bad entry is refused as a whole: nothing in it is repaired.
type Error struct {
	// Entry counts from 0; -1 if the rule is about the whole.
	Entry int
	// Path is the entry's path as far as it could be read, safe to show.
	Path string
	// Rule is what is wrong, to follow the path in a sentence.
	Rule string
}

func (e *Error) Error() string {
	switch {
	case e.Entry < 0:
		return "manifest " + e.Rule
	case e.Path == "":
		return fmt.Sprintf("manifest entry %d %s", e.Entry, e.Rule)
	}
	return fmt.Sprintf("manifest entry %d (%s) %s", e.Entry, e.Path, e.Rule)
}

func entryError(i int, path, rule string) *Error {
	return &Error{Entry: i, Path: safetext.Line(path, 80), Rule: rule}
}

// A checker takes the entries of a manifest in order and refuses the first that
// breaks a rule. It remembers one path and where its elements end, whatever the
// number of entries, because the order makes the rest visible: a second entry
// of one path, or one whose directory is missing, can't be in its place.
//
// Source: doc/native.md §6.4.
type checker struct {
	n     int   // entries so far
	total int64 // bytes of their files
	text  int64 // bytes of their paths and targets
	prev  string
	above []ancestor // prev and the directories it is in, top-level first
}

type ancestor struct {
	end  int // length of its path, a prefix of prev
	kind Kind
}

// add returns an *Error, or nil.
func (c *checker) add(e *Entry) error {
	rule := c.rule(e)
	if rule == "" {
		rule = c.order(e)
	}
	if rule != "" {
		return entryError(c.n, e.Path, rule)
	}
	c.n++
	return nil
}

// rule checks e by itself and against the sums.
func (c *checker) rule(e *Entry) string {
	if c.n == MaxEntries {
		return "is one too many"
	}
	if rule := pathRule(e.Path); rule != "" {
		return rule
	}
	switch {
	case e.Kind != File && e.Kind != Dir && e.Kind != Link:
		return "is of an unknown kind"
	case e.Kind != File && (e.Exec || e.Size != 0):
		return "has a size or an x-bit, but is no file"
	case e.Size < 0 && e.Size != StreamSize:
		return "has a negative size"
	case e.Size > math.MaxInt64-c.total:
		return "makes the total more than can be counted"
	case e.Kind != Link && e.Target != "":
		return "has a target, but is no link"
	case e.Kind == Link && !e.ModTime.IsZero():
		return "is a link with a time"
	case !e.ModTime.IsZero() && !e.ModTime.Equal(clampTime(e.ModTime.UnixNano())):
		return "has a time out of range"
	}
	if e.Kind == Link {
		if wrong := targetRule(e.Path, e.Target); wrong != CauseUnsaid {
			return wrong.words()
		}
	}
	c.text += int64(len(e.Path) + len(e.Target))
	if c.text > textBase+textEach*int64(c.n+1) {
		return "makes the paths too long altogether"
	}
	if e.Size > 0 {
		c.total += e.Size
	}
	return ""
}

// order checks that e comes after all before it, and right below a directory
// that was listed.
func (c *checker) order(e *Entry) string {
	path, prev := e.Path, c.prev
	same := sharedPrefix(prev, path)
	if c.n > 0 {
		switch {
		case same == len(path) && same == len(prev):
			return "is listed twice"
		case same == len(path), same < len(prev) && rank(path[same]) < rank(prev[same]):
			return "is out of order"
		}
	}
	for len(c.above) > 0 {
		end := c.above[len(c.above)-1].end
		if end <= same && path[end] == '/' {
			break
		}
		c.above = c.above[:len(c.above)-1]
	}
	parent := strings.LastIndexByte(path, '/')
	if parent >= 0 {
		if len(c.above) == 0 || c.above[len(c.above)-1].end != parent {
			return "is in a directory that isn't listed"
		}
		if c.above[len(c.above)-1].kind != Dir {
			return "is inside something that is no directory"
		}
	}
	c.above = append(c.above, ancestor{len(path), e.Kind})
	c.prev = path
	return ""
}

// rank orders bytes so that paths compare element by element.
func rank(b byte) byte {
	if b == '/' {
		return 0
	}
	return b // never 0: NUL is in no path
}

func sharedPrefix(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// pathRule returns what is wrong with a path by itself, or "".
func pathRule(path string) string {
	switch {
	case path == "":
		return "has an empty path"
	case len(path) > MaxPath:
		return "has too long a path"
	case path[0] == '/':
		return "has an absolute path"
	case path[len(path)-1] == '/':
		return "ends in a slash"
	}
	depth := 0
	for name := range strings.SplitSeq(path, "/") {
		if wrong := NameRule(name); wrong != CauseUnsaid {
			return wrong.words()
		}
		depth++
	}
	if depth > MaxDepth {
		return "is too deep"
	}
	return ""
}

// NameRule returns what is wrong with one element of a path in a list, wherever that
// will be written: CauseUnsaid if nothing is.
func NameRule(name string) Cause {
	switch {
	case name == "":
		return CauseEmptyName
	case name == ".", name == "..":
		return CauseDots
	case len(name) > MaxName:
		return CauseLongName
	case Reserved(name):
		return CausePartial
	}
	return textRule(name)
}

// textRule returns what is wrong with the characters of a name or target. No system
// can have NUL. All others are somewhere in ordinary names: what one system takes for
// something else, and what is dangerous to show, is a matter of Rules.Fit and of who
// shows it.
func textRule(s string) Cause {
	if strings.IndexByte(s, 0) >= 0 {
		return CauseControl
	}
	return CauseUnsaid
}

// targetRule returns what is wrong with where the link at path leads, CauseUnsaid if nothing is. A
// target is some ".." and then names, never ".." after a name. The directories
// a link is in are real ones, so its ".." lead where they say, and what follows
// leads only down; should a name there be a link, the same holds for it. So no
// chain of links leaves the top-level directory, whatever the file system
// thinks of upper and lower case. Source: doc/native.md §6.5.
func targetRule(path, target string) Cause {
	switch {
	case target == "":
		return CauseLinkEmpty
	case len(target) > MaxPath:
		return CauseLinkLong
	case target[0] == '/':
		return CauseLinkAbsolute
	case textRule(target) != CauseUnsaid:
		return CauseLinkCharacters
	}
	up := strings.Count(path, "/") - 1 // how often .. stays inside
	if up < 0 {
		return CauseLinkTop
	}
	down := false
	for name := range strings.SplitSeq(target, "/") {
		switch {
		case name == "" || name == ".":
		case name == ".." && down:
			return CauseLinkUpAgain
		case name == "..":
			if up--; up < 0 {
				return CauseLinkOutside
			}
		default:
			down = true
		}
	}
	if base := path[strings.LastIndexByte(path, '/')+1:]; target == base || target == "./"+base {
		return CauseLinkItself
	}
	return CauseUnsaid
}

// checkSkipped checks what a sender says it left out.
func checkSkipped(skipped []Skipped) error {
	if len(skipped) > MaxSkipped {
		return &Error{Entry: -1, Rule: "names too many things that were left out"}
	}
	for _, s := range skipped {
		if rule := skippedRule(s); rule != "" {
			return &Error{Entry: -1, Rule: rule}
		}
	}
	return nil
}

// Limits on the texts of Skipped, in bytes.
const (
	maxSkippedPath = 1024
	maxSkippedSays = 256
)

func skippedRule(s Skipped) string {
	switch {
	case s.Path == "" || s.Why == Reason{}:
		return "leaves something out without saying what or why"
	case len(s.Path) > maxSkippedPath || len(s.Why.Says) > maxSkippedSays:
		return "says too much about something that was left out"
	case !safetext.Plain(s.Path) || !safetext.Plain(s.Why.Says):
		return "has unprintable text about something that was left out"
	}
	return ""
}
