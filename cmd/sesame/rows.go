package main

import (
	"strings"

	"golang.org/x/term"
	"golang.org/x/text/width"

	"sesame/internal/safetext"
)

// A terminal begins a new row where a line is too long for it. What somebody else
// wrote could be made so long that a row looks like a line of this program. So
// lines are broken here, and what goes on below is indented.

// hang is how much further a line that goes on is indented.
const hang = "    "

// rows breaks lines that the screen would break.
func (s *screen) rows(text string) string {
	if !s.live {
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		body := strings.TrimLeft(line, " ")
		indent := line[:len(line)-len(body)]
		b.WriteString(indent + fold(body, s.room(indent+hang), indent+hang))
	}
	return b.String()
}

// rowsAround is rows but for lines that stand apart, which are commands.
func (s *screen) rowsAround(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, hang) {
			line = s.rows(line)
		}
		b.WriteString(line)
	}
	return b.String()
}

// fold breaks text between words, where a terminal would break it anywhere. A
// log gets one long line.
func (s *screen) fold(text, indent string) string {
	if !s.live {
		return text
	}
	return fold(text, s.room(indent), indent)
}

// room is how many columns there are behind an indent. The last one stays free.
func (s *screen) room(indent string) int { return max(s.width()-1-len(indent), 20) }

func (s *screen) width() int {
	if f, ok := fileOf(s.w); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 1 {
			return w
		}
	}
	return 80
}

// fold breaks text into lines of at most room columns: between words, and within
// one that is longer than that. Each line but the first begins with indent.
func fold(text string, room int, indent string) string {
	var b strings.Builder
	n := 0
	next := func() { b.WriteString("\n" + indent); n = 0 }
	for i, word := range strings.Split(text, " ") {
		length := columns(word)
		switch {
		case i == 0:
		case n+1+length > room && length <= room:
			next()
		default:
			b.WriteByte(' ')
			n++
		}
		for _, r := range word {
			c := columnsOf(r)
			if n+c > room && r != '\n' {
				next()
			}
			b.WriteRune(r)
			n += c
		}
	}
	return b.String()
}

// framed returns a text of somebody else's as it is shown on a terminal of that
// many columns: each row begins with a bar, as none of this program's lines does.
func framed(text string, width int) string {
	const bar = "| "
	var b strings.Builder
	for line := range strings.Lines(safetext.Text(text)) {
		b.WriteString(bar + fold(strings.TrimSuffix(line, "\n"), max(width-1-len(bar), 20), bar) + "\n")
	}
	return b.String()
}

// columns is how many columns of a terminal s takes at most.
func columns(s string) (n int) {
	for _, r := range s {
		n += columnsOf(r)
	}
	return n
}

// columnsOf is columns for one character.
func columnsOf(r rune) int {
	switch {
	case r == '\t':
		return 8
	case r == '\n':
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth, width.EastAsianAmbiguous:
		return 2
	}
	return 1
}

// cut returns as much of s as has room in that many columns.
func cut(s string, room int) string {
	for i, r := range s {
		if room -= columnsOf(r); room < 0 {
			return s[:i]
		}
	}
	return s
}
