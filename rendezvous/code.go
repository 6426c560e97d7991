package rendezvous

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/psanford/wormhole-william/wordlist"

	"sesame/internal/safetext"
	"sesame/internal/wire"
)

// What anybody may type for a code at most, in bytes, and for its number, in digits.
const (
	MaxCode   = 256
	MaxNumber = wire.MaxNameplate
)

// LocalPrefix begins a code whose mailbox is served by the sending program
// itself, on its own network.
const LocalPrefix = "local-"

// A Code is a phrase that two people share: a nameplate, a dash, and a secret
// that is usually made of words, as in "7-crossover-clockwork", or the same
// behind LocalPrefix. The zero Code is no code. It logs as a placeholder.
type Code struct {
	// Nameplate is the number that the server knows. What follows it is secret.
	Nameplate string
	// Local says that the sender serves the mailbox itself.
	Local bool
	text  string
}

// String returns the whole code, for people.
func (c Code) String() string { return c.text }

// Words returns how many words the code has, as far as dashes tell.
func (c Code) Words() int { return strings.Count(strings.TrimPrefix(c.text, LocalPrefix), "-") }

// LogValue returns a placeholder.
func (c Code) LogValue() slog.Value { return slog.StringValue("code(secret)") }

// ParseCode reads a code as a person typed it. It takes off ASCII white space
// at both ends and changes nothing else, because each byte matters to the peer.
// A usable code is a number and at least two words of the list, each in its place, as
// programs generate them. Anything else is a *CodeError: with a suggestion where one
// is near, and with the code where it may be meant as it is. People may choose words
// of their own, and other programs can be told to make codes of one word.
//
// Source: doc/mailbox.md §1.3.
func ParseCode(s string) (Code, error) {
	if len(s) > MaxCode {
		return Code{}, &CodeError{Problem: CodeLong}
	}
	s = strings.Trim(s, " \t\r\n")
	if problem, word := checkForm(s); problem != "" {
		return Code{}, &CodeError{problem, word, cmp.Or(suggest(s), suggestOwn(s)), Code{}}
	}
	number, local := strings.CutPrefix(s, LocalPrefix)
	nameplate, _, _ := strings.Cut(number, "-")
	code := Code{nameplate, local, s}
	if listed(s) {
		return code, nil
	}
	better := suggest(s)
	problem, word := mistake(s, better)
	return Code{}, &CodeError{problem, word, better, code}
}

// checkForm returns what makes s impossible as a code, and the part of it that this is
// about; "" if nothing does.
func checkForm(s string) (problem Problem, word string) {
	number, local := strings.CutPrefix(s, LocalPrefix)
	nameplate, secret, dash := strings.Cut(number, "-")
	switch {
	case s == "":
		return CodeEmpty, ""
	case !utf8.ValidString(s):
		return CodeNotUTF8, ""
	case strings.ContainsFunc(s, func(r rune) bool { return safetext.Line(string(r), 0) != string(r) && r != '\\' }):
		return CodeUnseen, ""
	case nameplate == "" && local:
		return CodeLocal, ""
	case nameplate == "":
		return CodeNumber, ""
	case strings.ContainsAny(s, " \u00a0\u2007\u202f\u3000"):
		return CodeSpaces, ""
	case !wire.ValidNameplate(nameplate):
		return CodeNoDigits, nameplate
	case nameplate[0] == '0':
		return CodeZero, ""
	case !dash || secret == "":
		return CodeNoWords, ""
	case slices.Contains(strings.Split(secret, "-"), ""):
		return CodeDashes, ""
	}
	return "", ""
}

// generate returns a code with words random words: 8 bits each.
func generate(nameplate string, words int) Code {
	return Code{nameplate, false, nameplate + "-" + wordlist.ChooseWords(words)}
}

// NewLocal returns a new code, with so many random words of 8 bits each, for a
// mailbox that the sender serves itself under a nameplate of 1 to 9 digits; 0
// words means 2.
func NewLocal(nameplate string, words int) (Code, error) {
	if words == 0 {
		words = defaultWords
	}
	if words < 1 || words > maxWords || !validAllocated(nameplate) {
		return Code{}, fmt.Errorf("rendezvous: a local code of nameplate %q and %d words can't be made", nameplate, words)
	}
	code := generate(nameplate, words)
	code.Local, code.text = true, LocalPrefix+code.text
	return code, nil
}

// validAllocated reports whether a nameplate that a server chose may be shown to
// a person as part of a code: 1 to 9 digits without leading zero.
func validAllocated(s string) bool {
	return wire.ValidNameplate(s) && len(s) <= 9 && s[0] != '0'
}

// Complete returns the codes that typed may be completed to, sorted: before the
// dash the nameplates that begin with it, each with a dash, and after it the
// words of the list. It needs no server: nameplates are what a list from there
// said, or nil. Where typed begins with LocalPrefix, which completes too, they
// are those of the senders on this network.
func Complete(typed string, nameplates []string) []string {
	if number, local := strings.CutPrefix(typed, LocalPrefix); local {
		all := Complete(number, nameplates)
		for i := range all {
			all[i] = LocalPrefix + all[i]
		}
		return all
	}
	if typed != "" && strings.HasPrefix(LocalPrefix, typed) {
		return []string{LocalPrefix}
	}
	last := strings.LastIndexByte(typed, '-')
	var all []string
	if last < 0 {
		var numbers []int
		for _, text := range nameplates {
			if n, err := strconv.Atoi(text); err == nil && validAllocated(text) && strings.HasPrefix(text, typed) {
				numbers = append(numbers, n)
			}
		}
		slices.Sort(numbers)
		for _, n := range slices.Compact(numbers) {
			all = append(all, strconv.Itoa(n)+"-")
		}
		return all
	}
	before, partial := typed[:last+1], typed[last+1:]
	position := strings.Count(before, "-") - 1
	for _, word := range words(position) {
		if strings.HasPrefix(word, partial) {
			if position == 0 {
				word += "-" // most codes have two words
			}
			all = append(all, before+word)
		}
	}
	return all
}

// words returns the sorted list for a position: odd words (three syllables) at
// 0, 2, …, even words (two syllables) between them. The two have no word in
// common, so a word left out or swapped shows.
func words(position int) []string {
	list := make([]string, 0, 256)
	for i := range 256 {
		pair := wordlist.RawWords[byte(i)]
		if position%2 == 0 {
			list = append(list, pair.Odd)
		} else {
			list = append(list, pair.Even)
		}
	}
	sort.Sort(sort.StringSlice(list)) // slices.Sort for strings would be 20 kB more of a page
	return list
}
