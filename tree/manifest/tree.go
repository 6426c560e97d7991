package manifest

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"sesame/internal/safetext"
)

// Tree returns at most limit lines (all if it is 0) that show what is in m, with
// sizes, safe to print. Upper levels come first: where something is not shown,
// its directory's line has the sums and the last line in it says how many more
// there are.
//
//	photos/  19,998 files, 81.2 GB
//	  2019/  7,204 files, 21.0 GB
//	  index.html  12.1 kB
//	  … 31 more
func (m *Manifest) Tree(limit int) []string {
	if limit <= 0 {
		limit = math.MaxInt
	}
	t := treeOf(m, limit)
	for i := range m.Entries {
		t.add(i)
	}
	t.cut(0)
	if t.hidden > 0 {
		t.lines = append(t.lines, treeLine{entry: -1, more: t.hidden})
	}
	lines := make([]string, len(t.lines))
	for i := range t.lines {
		lines[i] = t.text(&t.lines[i])
	}
	return lines
}

// A tree shows all entries to the depth full, and of those one deeper as many
// as its shares say.
type tree struct {
	m      *Manifest
	full   int
	shares map[int]share // of directories at the depth full, by entry
	top    int           // how many top-level entries still have room
	lines  []treeLine
	hidden int         // top-level entries without a line
	open   []treeLevel // directories around the entry being added
}

// A share is how many children of a directory have a line, and how many not.
type share struct{ shown, hidden int }

type treeLine struct {
	entry int // -1: says how many more there are
	depth int
	more  int
	files int // in a directory
	bytes int64
}

type treeLevel struct {
	depth int
	line  int // in lines, -1 if it has none
	share share
}

// treeOf decides what is shown.
func treeOf(m *Manifest, limit int) *tree {
	t := &tree{m: m, top: limit, shares: make(map[int]share)}
	var at [MaxDepth + 1]int // entries by depth
	for i := range m.Entries {
		at[depth(&m.Entries[i])]++
	}
	if at[1] > limit {
		t.top = limit - 1
		t.full = 0
		return t
	}
	room := limit
	for t.full < MaxDepth && at[t.full+1] <= room {
		t.full++
		room -= at[t.full]
	}
	dir := -1
	for i := range m.Entries {
		switch depth(&m.Entries[i]) {
		case t.full:
			dir = i
		case t.full + 1:
			s := t.shares[dir]
			s.hidden++
			t.shares[dir] = s
		}
	}
	for i := 0; i < len(m.Entries) && room > 0; i++ {
		s, ok := t.shares[i]
		if !ok {
			continue
		}
		if s.hidden <= room {
			s.shown = s.hidden
			room -= s.hidden
		} else {
			s.shown = room - 1 // and a line that says how many more
			room = 0
		}
		if s.shown > 0 {
			s.hidden -= s.shown
			t.shares[i] = s
		}
	}
	return t
}

func depth(e *Entry) int { return strings.Count(e.Path, "/") + 1 }

// add gives entry i its line, or adds it to the sums of the lines above it.
func (t *tree) add(i int) {
	e := &t.m.Entries[i]
	d := depth(e)
	t.cut(d)
	line := -1
	if t.visible(d) {
		line = len(t.lines)
		t.lines = append(t.lines, treeLine{entry: i, depth: d})
	}
	switch e.Kind {
	case Dir:
		t.open = append(t.open, treeLevel{d, line, t.shares[i]})
		return
	case Link:
		return
	}
	for _, level := range t.open {
		if level.line >= 0 {
			t.lines[level.line].files++
			t.lines[level.line].bytes += max(e.Size, 0)
		}
	}
}

// visible reports whether the next entry, at depth d, has a line.
func (t *tree) visible(d int) bool {
	switch {
	case d == 1 && t.full == 0:
		if t.top == 0 {
			t.hidden++
			return false
		}
		t.top--
		return true
	case d <= t.full:
		return true
	case d > t.full+1 || t.full == 0:
		return false
	}
	s := &t.open[len(t.open)-1].share
	if s.shown == 0 {
		return false
	}
	s.shown--
	return true
}

// cut ends the directories that hold nothing at depth d.
func (t *tree) cut(d int) {
	for n := len(t.open); n > 0 && t.open[n-1].depth >= d; n-- {
		level := t.open[n-1]
		t.open = t.open[:n-1]
		if share := level.share; share.hidden > 0 && t.lines[len(t.lines)-1].depth > level.depth {
			t.lines = append(t.lines, treeLine{entry: -1, depth: level.depth + 1, more: share.hidden})
		}
	}
}

func (t *tree) text(l *treeLine) string {
	indent := strings.Repeat("  ", max(l.depth-1, 0))
	if l.entry < 0 {
		return indent + "… " + grouped(l.more) + " more"
	}
	e := &t.m.Entries[l.entry]
	line := indent + safetext.Line(e.Path[strings.LastIndexByte(e.Path, '/')+1:], 80)
	switch {
	case e.Kind == Link:
		line += " -> " + safetext.Line(e.Target, 80)
	case e.Kind == Dir && l.files == 0:
		line += "/  no files"
	case e.Kind == Dir && l.files == 1:
		line += "/  1 file, " + size(l.bytes)
	case e.Kind == Dir:
		line += "/  " + grouped(l.files) + " files, " + size(l.bytes)
	case e.Size == StreamSize:
		line += "  size unknown"
	default:
		line += "  " + size(e.Size)
	}
	if mark := mark(e); mark != "" {
		line += "  " + mark
	}
	return line
}

// grouped writes n with commas.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// size writes a number of bytes with three digits or so.
func size(n int64) string {
	if n < 1000 {
		return strconv.FormatInt(n, 10) + " B"
	}
	v, unit := float64(n)/1000, 0
	for v >= 999.95 && unit < 5 {
		v /= 1000
		unit++
	}
	return fmt.Sprintf("%.1f %cB", v, "kMGTPE"[unit])
}
