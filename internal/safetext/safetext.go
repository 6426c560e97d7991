// Package safetext makes text that somebody else wrote safe to show: file
// names, messages and errors from a peer or a server, which may hold terminal
// escape sequences, text that runs right to left, invisible characters, or a
// megabyte of anything.
//
// What it returns never moves a cursor, changes a title, reorders what stands
// next to it, or starts a new line that looks like one of ours.
package safetext

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line returns s as one printable line of at most limit characters. Characters
// that a terminal or a reader could mistake (controls, line ends, bidirectional
// and invisible formatting, private and unassigned ones) appear as \u{…},
// invalid UTF-8 bytes as \x…, a backslash as two. A cut line ends in "…".
// A limit of 0 or less means no limit.
func Line(s string, limit int) string {
	var b strings.Builder
	n := 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		piece := escape(r, s[i:i+size])
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
func Text(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == '\n' || r == '\t' || r == '\\' {
			b.WriteRune(r)
		} else {
			b.WriteString(escape(r, s[i:i+size]))
		}
		i += size
	}
	return b.String()
}

// Plain reports whether every character of s shows as itself.
func Plain(s string) bool {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r != '\\' && escape(r, s[i:i+size]) != s[i:i+size] {
			return false
		}
		i += size
	}
	return true
}

const hexDigits = "0123456789abcdef"

// escape returns how r, encoded as raw, is shown.
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
	case shown(r):
		return raw
	}
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
