package rendezvous

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"sesame/internal/wire"
)

// minWords is how many words programs put into a code unless somebody asks for one:
// with fewer, a word is likelier to be missing.
const minWords = 2

// listed reports whether s is a nameplate followed by at least two words of the list,
// each in its place: what programs generate.
func listed(s string) bool {
	nameplate, secret, _ := strings.Cut(strings.TrimPrefix(s, LocalPrefix), "-")
	if !wire.ValidNameplate(nameplate) || nameplate[0] == '0' {
		return false
	}
	all := strings.Split(secret, "-")
	return len(all) >= minWords && inOrder(all)
}

// inOrder reports whether all are words of the list, each in its place.
func inOrder(all []string) bool {
	for i, word := range all {
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
// folding case, digits and separators; then with words that have a letter or two
// wrong; then with two words swapped; then with the words parted elsewhere.
func suggest(s string) string {
	first, rest, _ := strings.Cut(fold(s), "-")
	if local := strings.TrimSuffix(LocalPrefix, "-"); first == local || oneApart(local, first) {
		if better := suggestNumbered(rest); better != "" {
			return LocalPrefix + better
		}
	}
	return suggestNumbered(fold(s))
}

// suggestOwn returns what s, which can't be a code, was probably meant to be if
// its words are somebody's own: separated by dashes, after a number in digits.
// It is "" where there is more amiss with s than spaces and a number in words.
func suggestOwn(s string) string {
	better := unspoken(fold(s))
	problem, _ := checkForm(better)
	if digits, _, _ := strings.Cut(better, "-"); problem != "" || !strings.ContainsAny(s, " \u00a0") || digits == "" || digits[0] == '0' {
		return ""
	}
	if strings.ToLower(s) != s || strings.Trim(s, "0123456789abcdefghijklmnopqrstuvwxyz -\u00a0") != "" {
		return "" // what else is in it may be meant
	}
	return better
}

// suggestNumbered is suggest for a folded code that begins with a number.
func suggestNumbered(s string) string {
	s = unspoken(s)
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
	if better := nameplate + "-" + parted(strings.Join(typed, "")); listed(better) {
		return better
	}
	return ""
}

// parted returns the words that letters are made of, dashes left out or in the wrong
// places, joined by dashes; "" if they aren't two or more of the list, each in its
// place, or two that are swapped.
func parted(letters string) string {
	if len(letters) > MaxCode {
		return ""
	}
	if all := partedFrom(letters, 0); len(all) >= minWords {
		return strings.Join(all, "-")
	}
	if all := partedFrom(letters, 1); len(all) == 2 {
		return all[1] + "-" + all[0]
	}
	return ""
}

// partedFrom returns the words of the list that letters are made of, the first of them
// in a position, or nil.
func partedFrom(letters string, position int) []string {
	type spot struct {
		at     int
		parity int
	}
	dead := make(map[spot]bool) // nothing leads on from there
	var from func(at, position int) []string
	from = func(at, position int) []string {
		if at == len(letters) {
			return []string{}
		}
		here := spot{at, position % 2}
		if dead[here] {
			return nil
		}
		for _, word := range words(position) {
			if !strings.HasPrefix(letters[at:], word) {
				continue
			}
			if rest := from(at+len(word), position+1); rest != nil {
				return append([]string{word}, rest...)
			}
		}
		dead[here] = true
		return nil
	}
	return from(0, position)
}

// mistake says in what way s, a possible code, differs from the better one, or from any
// where that is "".
func mistake(s, better string) (problem Problem, word string) {
	typed := strings.Split(strings.TrimPrefix(fold(s), LocalPrefix), "-")
	if better == "" {
		return unlisted(typed[1:])
	}
	if fold(s) == better {
		return CodeForm, ""
	}
	meant := strings.Split(strings.TrimPrefix(better, LocalPrefix), "-")
	if len(typed) != len(meant) || strings.Join(typed, "") == strings.Join(meant, "") {
		return CodeParted, ""
	}
	for i := range typed {
		if typed[i] != meant[i] && has(words(i), typed[i]) {
			return CodeOrder, ""
		}
		if typed[i] != meant[i] && !has(words(i-1), typed[i]) {
			return CodeUnlisted, typed[i]
		}
	}
	return CodeOrder, ""
}

// unlisted says what keeps words from being those of a code that programs generate.
func unlisted(typed []string) (problem Problem, word string) {
	if len(typed) == 1 && inOrder(typed) {
		return CodeOneWord, ""
	}
	for i, word := range typed {
		if !has(words(i), word) && !has(words(i+1), word) {
			return CodeUnlisted, word
		}
	}
	return CodeMissing, ""
}

// fold brings a typed code into the form of generated ones: small letters,
// ASCII digits, single dashes for anything that separates words.
func fold(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(norm.NFKC.String(s)) {
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.Pd, r), r == '\u2212', r == '_', r == '.', r == ',', r == '/':
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
// differs by one letter, else the only one that a long word differs from by two,
// else "".
func nearest(sorted []string, word string) string {
	if has(sorted, word) {
		return word
	}
	found, several := "", false
	for _, w := range sorted {
		switch d := distance(w, word); {
		case d == 1:
			return w
		case d == 2 && len(word) >= twoWrong:
			found, several = w, found != ""
		}
	}
	if several {
		return ""
	}
	return found
}

// twoWrong is how long a word must be that two letters of may be wrong: shorter
// ones are near too much.
const twoWrong = 6

// oneApart reports whether a and b differ by one letter.
func oneApart(a, b string) bool { return distance(a, b) == 1 }

// distance returns how many bytes have to be added, left out or replaced, or
// swapped with their neighbour, to make b of a; 3 stands for more, too.
func distance(a, b string) int {
	const far = 3
	if len(a)-len(b) >= far || len(b)-len(a) >= far || len(b) > maxWord {
		return far
	}
	var rows [3][maxWord + 1]int // of the usual table, the last three
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		now, last, before := &rows[i%3], &rows[(i+2)%3], &rows[(i+1)%3]
		now[0] = i
		for j := 1; j <= len(b); j++ {
			d := last[j-1]
			if a[i-1] != b[j-1] {
				d++
			}
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, before[j-2]+1)
			}
			now[j] = min(d, last[j]+1, now[j-1]+1)
		}
	}
	return min(rows[len(a)%3][len(b)], far)
}

// maxWord is longer than any word of the list, by more than what is compared.
const maxWord = 24
