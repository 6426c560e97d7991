package tty

import (
	"cmp"
	"strings"
	"unicode/utf8"
)

// A display is what a terminal shows: rows of characters, and a cursor that what is
// written next goes to. It knows the sequences that this project's programs write, and
// passes over others. Every character is one column wide.
type display struct {
	columns, rows int

	cells  [][]rune // the last rows of them are on the screen
	top    int      // the first of those
	x, y   int      // the cursor; y counts from the first row of cells
	escape []byte   // a sequence that hasn't ended
	bells  int
	wraps  int // rows that ended because they were full
}

func newDisplay(columns, rows int) *display {
	return &display{columns: cmp.Or(columns, 80), rows: cmp.Or(rows, 24), cells: make([][]rune, 1)}
}

// write shows what a program wrote. It returns what is no whole character yet.
func (d *display) write(p []byte) (rest []byte) {
	for len(p) > 0 {
		if len(d.escape) > 0 {
			d.escape = append(d.escape, p[0])
			p = p[1:]
			d.sequence()
			continue
		}
		if !utf8.FullRune(p) {
			return p
		}
		r, n := utf8.DecodeRune(p)
		p = p[n:]
		d.put(r)
	}
	return nil
}

func (d *display) put(r rune) {
	switch r {
	case '\a':
		d.bells++
	case '\b':
		d.x = max(min(d.x, d.columns-1)-1, 0)
	case '\r':
		d.x = 0
	case '\n':
		d.down()
	case '\t':
		d.x = min(d.x/8*8+8, d.columns-1)
	case 0x1b:
		d.escape = []byte{0x1b}
	default:
		if d.x >= d.columns { // the last column was written, and more comes
			d.x = 0
			d.down()
			d.wraps++
		}
		row := d.cells[d.y]
		for len(row) <= d.x {
			row = append(row, ' ')
		}
		row[d.x] = r
		d.cells[d.y] = row
		d.x++
	}
}

func (d *display) down() {
	if d.y++; d.y == len(d.cells) {
		d.cells = append(d.cells, nil)
	}
	d.top = max(d.top, d.y-d.rows+1)
}

// sequence obeys what was begun by an escape, once it is whole.
func (d *display) sequence() {
	s := d.escape
	last := s[len(s)-1]
	if len(s) == 2 && last == '[' || last >= '0' && last <= '?' {
		return
	}
	d.escape = nil
	if s[1] != '[' {
		return
	}
	n := 0
	for _, b := range s[2 : len(s)-1] {
		if b >= '0' && b <= '9' {
			n = n*10 + int(b-'0')
		}
	}
	d.x = min(d.x, d.columns-1)
	switch last {
	case 'A':
		d.y = max(d.y-max(n, 1), d.top)
	case 'B':
		for range max(n, 1) {
			d.down()
		}
	case 'C':
		d.x = min(d.x+max(n, 1), d.columns-1)
	case 'D':
		d.x = max(d.x-max(n, 1), 0)
	case 'K':
		if n == 0 {
			d.cells[d.y] = d.cells[d.y][:min(d.x, len(d.cells[d.y]))]
		}
	}
}

// text returns the rows from one on, without the space behind them and empty ones at
// the end.
func (d *display) text(from int) string {
	var b strings.Builder
	for _, row := range d.cells[from:] {
		b.WriteString(strings.TrimRight(string(row), " ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}
