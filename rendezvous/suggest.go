package rendezvous

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"sesame/internal/safetext"
	"sesame/internal/wire"
)

// listed reports whether s is a nameplate followed by words of the list, each in
// its place: what programs generate.
func listed(s string) bool {
	nameplate, secret, _ := strings.Cut(strings.TrimPrefix(s, LocalPrefix), "-")
	if !wire.ValidNameplate(nameplate) || nameplate[0] == '0' {
		return false
	}
	for i, word := range strings.Split(secret, "-") {
		if !has(words(i), word) {
			return false
		}
	}
	return true
}

func has(sorted []string, word string) bool {
	_, ok := slices.BinarySearch(sorted, word)
	return ok
}

// suggest returns the listed code that s was probably meant to be, or "": after
// folding case, digits and separators; then with words that have one letter
// wrong; then with two words swapped.
func suggest(s string) string {
	first, rest, _ := strings.Cut(fold(s), "-")
	if local := strings.TrimSuffix(LocalPrefix, "-"); first == local || oneApart(local, first) {
		if better := suggestNumbered(rest); better != "" {
			return LocalPrefix + better
		}
	}
	return suggestNumbered(fold(s))
}

// suggestNumbered is suggest for a folded code that begins with a number.
func suggestNumbered(s string) string {
	nameplate, secret, _ := strings.Cut(s, "-")
	typed := strings.Split(secret, "-")
	if secret == "" || len(typed) > 16 {
		return ""
	}
	meant := make([]string, len(typed))
	for i, word := range typed {
		meant[i] = nearest(words(i), word)
	}
	if better := nameplate + "-" + strings.Join(meant, "-"); listed(better) {
		return better
	}
	if len(typed) == 2 {
		if better := nameplate + "-" + typed[1] + "-" + typed[0]; listed(better) {
			return better
		}
	}
	return ""
}

// mistake says in what way s, a possible code, differs from the better one.
func mistake(s, better string) string {
	if fold(s) == better {
		return "letters are small and words are separated by dashes"
	}
	typed, meant := strings.Split(fold(s), "-"), strings.Split(better, "-")
	if strings.HasPrefix(better, LocalPrefix) && len(typed) > 0 {
		typed, meant = typed[1:], meant[1:]
	}
	for i := range min(len(typed), len(meant)) {
		if typed[i] != meant[i] && has(words(i), typed[i]) {
			return "the words are in the wrong order"
		}
		if typed[i] != meant[i] && !has(words(i-1), typed[i]) {
			return fmt.Sprintf("not a list word: %q", safetext.Line(typed[i], 40))
		}
	}
	return "the words are in the wrong order"
}

// fold brings a typed code into the form of generated ones: small letters,
// ASCII digits, single dashes for anything that separates words.
func fold(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(norm.NFKC.String(s)) {
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.Pd, r), r == '\u2212', r == '_', r == '.', r == ',':
			r = '-'
		case !unicode.IsPrint(r):
			continue // zero-width characters and the like
		}
		if r != '-' || (b.Len() > 0 && !strings.HasSuffix(b.String(), "-")) {
			b.WriteRune(r)
		}
	}
	return strings.TrimSuffix(b.String(), "-")
}

// nearest returns word if the list has it, else the first word of the list that
// differs by one letter, else "".
func nearest(sorted []string, word string) string {
	if has(sorted, word) {
		return word
	}
	for _, w := range sorted {
		if oneApart(w, word) {
			return w
		}
	}
	return ""
}

// oneApart reports whether b is a with one byte added, left out or replaced, or
// two neighbours swapped.
func oneApart(a, b string) bool {
	if len(a) < len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(b) && a[i] == b[i] {
		i++
	}
	switch len(a) - len(b) {
	case 0:
		if i == len(b) || a[i+1:] == b[i+1:] {
			return i < len(b)
		}
		return i+1 < len(b) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
	case 1:
		return a[i+1:] == b[i:]
	}
	return false
}
