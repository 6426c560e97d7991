package manifest

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxFolded is how many UTF-16 units a name may have in each form that it is
// compared in. No file system that compares other forms than the one that is
// written has longer ones.
const maxFolded = 255

// A folding writes names as the loosest file system compares them: compatibility
// decomposed, case folded, without invisible characters. This is the
// compatibility caseless match of the Unicode Standard, §3.13. What it finds out
// about a character it keeps, because a peer chooses the names, and there are
// characters that become eighteen. The zero value is ready.
type folding struct {
	pages map[rune]*[256]glyph // by the upper bits of a character
	last  *[256]glyph          // the page of the character before, which is at
	at    rune
	a, b  []rune
}

// A glyph is what folding makes of one character.
type glyph struct {
	known       bool
	invisible   bool
	class       uint8  // canonical combining class
	apart       string // canonical decomposition, "" for itself
	folded      string // compatibility decomposition of what it is in lower case, "" for itself
	apartUnits  int    // UTF-16
	foldedUnits int
}

// fold appends name as it is compared to b. ok is false if it has no such form
// of at most maxFolded UTF-16 units: then only the same name is the same.
func (f *folding) fold(b []byte, name string) (_ []byte, ok bool) {
	f.a = f.a[:0]
	units := 0
	for _, r := range name {
		g := f.glyph(r)
		if units += g.apartUnits; units > maxFolded {
			return b, false
		}
		f.a = become(f.a, r, g.apart)
	}
	f.order(f.a)
	// Twice, as the standard has it: what is folded may have to be folded again.
	for range 2 {
		if ok := f.again(); !ok {
			return b, false
		}
	}
	for _, r := range f.a {
		if !f.glyph(r).invisible {
			b = utf8.AppendRune(b, r)
		}
	}
	return b, true
}

// again folds what is in a.
func (f *folding) again() bool {
	f.b = f.b[:0]
	units := 0
	for _, r := range f.a {
		g := f.glyph(r)
		if units += g.foldedUnits; units > maxFolded {
			return false
		}
		f.b = become(f.b, r, g.folded)
	}
	f.a, f.b = f.b, f.a
	f.order(f.a)
	return true
}

// become appends what r becomes, "" for itself.
func become(to []rune, r rune, s string) []rune {
	if s == "" {
		return append(to, r)
	}
	for _, r := range s {
		to = append(to, r)
	}
	return to
}

// order sorts marks that follow each other by their class, as they are in every
// decomposed form.
func (f *folding) order(p []rune) {
	for start := 0; start < len(p); {
		end := start
		for end < len(p) && f.glyph(p[end]).class > 0 {
			end++
		}
		if end > start+1 {
			slices.SortStableFunc(p[start:end], func(a, b rune) int { return int(f.glyph(a).class) - int(f.glyph(b).class) })
		}
		start = max(end, start+1)
	}
}

// glyph returns what is known of r, which is valid until the next call for
// another character.
func (f *folding) glyph(r rune) *glyph {
	if at := r >> 8; f.last == nil || f.at != at {
		if f.pages == nil {
			f.pages = make(map[rune]*[256]glyph)
		}
		page := f.pages[at]
		if page == nil {
			page = new([256]glyph)
			f.pages[at] = page
		}
		f.last, f.at = page, at
	}
	g := &f.last[r&0xff]
	if !g.known {
		*g = f.learn(r)
	}
	return g
}

func (f *folding) learn(r rune) glyph {
	s := string(r)
	g := glyph{
		known:     true,
		invisible: unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector),
		class:     norm.NFD.PropertiesString(s).CCC(),
	}
	apart, folded := norm.NFD.String(s), norm.NFKD.String(foldCase(r))
	g.apartUnits, g.foldedUnits = units(apart), units(folded)
	if apart != s {
		g.apart = apart
	}
	if folded != s {
		g.folded = folded
	}
	return g
}

// foldCase returns the full case folding of a character that is canonically
// decomposed. Beside package unicode's simple one that is one letter; all others that
// become several are decomposed first or compatibility decomposed afterwards. Package
// cases of golang.org/x/text has a table of its own for it, which brings all languages
// along, a thirtieth of what a page loads.
func foldCase(r rune) string {
	switch {
	case r == 'ß', r == 'ẞ':
		return "ss"
	case unicode.SimpleFold(r) == r:
		return string(r)
	case unicode.Is(unicode.Cherokee, r): // it had its capitals first
		return string(unicode.ToUpper(r))
	}
	return string(unicode.ToLower(unicode.ToUpper(r)))
}

// units returns how long s is in UTF-16.
func units(s string) int {
	n := 0
	for _, r := range s {
		if n++; r > 0xffff {
			n++
		}
	}
	return n
}
