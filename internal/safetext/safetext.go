// Package safetext makes text that somebody else wrote safe to show: file
// names, messages and errors from a peer or a server, which may hold terminal
// escape sequences, text that runs right to left, invisible characters, or a
// megabyte of anything.
//
// What it returns never moves a cursor, changes a title, reorders what stands
// next to it, overdraws it, or starts a new line that looks like one of ours.
package safetext

import (
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line returns s as one printable line of at most limit characters. Characters
// that a terminal or a reader could mistake (controls, line ends, bidirectional
// and invisible formatting, private and unassigned ones, those that look like
// nothing, and what is heaped upon others) appear as \u{…}, invalid UTF-8 bytes
// as \x…, a backslash as two. A cut line ends in "…". A limit of 0 or less means no
// limit.
func Line(s string, limit int) string { return line(s, limit, "") }

// Path is Line for a path on this computer: where backslashes stand between names they
// stay as they are, so that it can be copied.
func Path(s string, limit int) string { return path(s, limit, filepath.Separator) }

func path(s string, limit int, separator rune) string {
	if separator == '\\' {
		return line(s, limit, "\\")
	}
	return Line(s, limit)
}

// line is Line, but some characters stay.
func line(s string, limit int, stay string) string {
	var b strings.Builder
	var e escaper
	n := 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		piece := e.next(r, s[i:i+size])
		if strings.ContainsRune(stay, r) {
			piece = s[i : i+size]
		}
		if width := utf8.RuneCountInString(piece); limit > 0 && n+width > limit-1 && (i+size < len(s) || n+width > limit) {
			b.WriteString("…")
			break
		} else {
			n += width
		}
		b.WriteString(piece)
		i += size
	}
	return b.String()
}

// Block returns at most lines lines of s, each as Line(…, width) makes it, with
// a last line "…" where lines were left out.
func Block(s string, lines, width int) []string {
	var out []string
	for line := range strings.Lines(s) {
		if len(out) == lines {
			return append(out, "…")
		}
		out = append(out, Line(strings.TrimRight(line, "\r\n"), width))
	}
	return out
}

// Text returns a whole text of several lines for a terminal: as Line, without
// a limit, but line feeds and tabs stay.
func Text(s string) string { return line(s, 0, "\n\t\\") }

// Again returns what somebody else's Line, perhaps an older one, is said to have
// made, as Line makes it now: backslashes stay.
func Again(s string) string { return line(s, 0, "\\") }

// Quote returns what somebody else says between quotation marks, as Line makes it,
// with at most limit characters between them. Spaces in a row become one: nobody
// can push words to where a terminal begins a new row.
func Quote(s string, limit int) string {
	for strings.Contains(s, "  ") {
		s = strings.ReplaceAll(s, "  ", " ")
	}
	return `"` + strings.ReplaceAll(Line(s, limit), `"`, `'`) + `"`
}

// Plain reports whether s holds nothing that acts on what stands around it or
// can't be seen at all. Line may escape more. It is a rule for what peers of all
// versions send, so it stays as it is.
func Plain(s string) bool {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 || !shown(r) {
			return false
		}
		i += size
	}
	return true
}

const hexDigits = "0123456789abcdef"

// maxMarks is how many marks may stand upon one character, which is more than any
// language needs. Hundreds of them draw over the lines above.
const maxMarks = 6

// An escaper escapes the characters of a text, one after another.
type escaper struct{ marks int }

// next returns how r, encoded as raw, is shown.
func (e *escaper) next(r rune, raw string) string {
	if !unicode.In(r, unicode.Mn, unicode.Me) {
		e.marks = 0
		return escape(r, raw)
	}
	if e.marks++; e.marks > maxMarks {
		return number(r)
	}
	return escape(r, raw)
}

// escape is next without what stands before.
func escape(r rune, raw string) string {
	switch {
	case r == utf8.RuneError && len(raw) == 1:
		return `\x` + string(hexDigits[raw[0]>>4]) + string(hexDigits[raw[0]&15])
	case r == '\\':
		return `\\`
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case shown(r) && !blank(r):
		return raw
	}
	return number(r)
}

// number returns r by its number.
func number(r rune) string {
	digits := ""
	for v := r; v > 0 || digits == ""; v >>= 4 {
		digits = string(hexDigits[v&15]) + digits
	}
	return `\u{` + digits + `}`
}

// shown reports whether r is visible and takes part in no bidirectional or
// invisible formatting. A plain space is the only white space that is.
func shown(r rune) bool {
	if r == ' ' {
		return true
	}
	if unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || unicode.Is(unicode.Variation_Selector, r) {
		return false
	}
	return unicode.IsGraphic(r) && !unicode.IsSpace(r)
}

// blank reports whether r is a letter or a symbol by its class that looks like
// nothing. What Unicode says is to be ignored, as the Hangul fillers, isn't shown
// anyway.
func blank(r rune) bool {
	switch r {
	case '\u2800', // braille pattern blank
		'\ufffc',     // stands for an object
		'\U00013441', // full blank of hieroglyphs
		'\U00013442', // half blank
		'\U00016fe4', // Khitan filler
		'\U0001d159': // musical null notehead
		return true
	}
	return false
}
