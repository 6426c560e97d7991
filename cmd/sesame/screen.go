package main

import (
	"cmp"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
)

// A screen is standard error as a person sees it: whole lines, and below them at
// most one that isn't final, which is progress or the question that waits for an
// answer. It may be used by several goroutines. Every text of somebody else's has
// been through safetext before it comes here.
type screen struct {
	w    io.Writer
	live bool // what isn't final is overwritten in place
	bare bool // it has no signs beyond ASCII

	mu     sync.Mutex
	line   string    // the progress line on the screen now
	prompt string    // the question that waits for an answer now
	editor io.Writer // shows it instead, below what it is given; nil if nothing does
}

// newScreen returns what f shows. restore makes the terminal what it was.
func newScreen(f *os.File) (s *screen, restore func()) {
	s, restore = &screen{w: f, bare: !hasSigns(os.Getenv)}, func() {}
	if isTerminal(f) && os.Getenv("TERM") != "dumb" {
		s.live, restore = obeysSequences(f)
	}
	return s, restore
}

// hasSigns reports whether what the environment says of the terminal lets it show more
// than ASCII. Consoles of Windows always can, and say nothing.
func hasSigns(env func(string) string) bool {
	if runtime.GOOS == "windows" {
		return true
	}
	locale := cmp.Or(env("LC_ALL"), env("LC_CTYPE"), env("LANG"))
	coding := strings.ReplaceAll(strings.ToLower(locale), "-", "")
	return env("TERM") != "dumb" && strings.Contains(coding, "utf8")
}

// own returns a text of this program's own with signs that the screen has. Names that
// somebody else gave stay as they are: they would be others.
func (s *screen) own(text string) string {
	if !s.bare {
		return text
	}
	return strings.NewReplacer("→", "->", "…", "...").Replace(text)
}

// onTerminal reports whether a person looks at it as it is written, be it live or
// not.
func (s *screen) onTerminal() bool {
	f, ok := fileOf(s.w)
	return ok && isTerminal(f)
}

// ring rings the terminal's bell once.
func (s *screen) ring() {
	if s.onTerminal() {
		s.write("\a")
	}
}

// darken lets nothing be shown any more. It is called before anything is.
func (s *screen) darken() { s.w, s.live = io.Discard, false }

// write prints text for people as it is, after taking the progress line away. A
// question that is open is put again below it.
func (s *screen) write(text string) {
	if text == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	if s.editor != nil {
		io.WriteString(s.editor, text)
		return
	}
	if s.prompt != "" {
		text = s.freshLine() + text + s.prompt
	}
	io.WriteString(s.w, text)
}

// show replaces the progress line. There is none where standard error is no
// terminal, or while a question is open.
func (s *screen) show(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.live || s.prompt != "" || s.editor != nil {
		return
	}
	if line = cut(line, s.width()-1); line == s.line {
		return
	}
	s.erase()
	io.WriteString(s.w, line)
	s.line = line
}

// open shows the question that is answered next.
func (s *screen) open(question string) {
	const answer = "_____" // stands where it will
	prompt := strings.TrimSuffix(s.rows(question+answer), answer) + " "
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	io.WriteString(s.w, prompt)
	s.prompt = prompt
}

// edit has e show the question that is answered next, and what is typed.
func (s *screen) edit(e io.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	s.editor = e
}

// again shows the question that is open once more: others have used the screen.
func (s *screen) again() {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.editor != nil:
		s.editor.Write(nil)
	case s.prompt != "" && s.live:
		io.WriteString(s.w, eraseLine+s.prompt)
	default:
		io.WriteString(s.w, s.prompt)
	}
}

// shut notes that no question is open any more.
func (s *screen) shut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prompt, s.editor = "", nil
}

// beside has do write to something that may be on the same screen, where the
// progress line would be in its way.
func (s *screen) beside(do func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	return do()
}

// clearEcho takes away the ^C that a terminal shows.
func (s *screen) clearEcho() {
	if s.live {
		s.write(eraseLine)
	}
}

const eraseLine = "\r\x1b[K"

// freshLine is what brings the cursor to the start of an empty line.
func (s *screen) freshLine() string {
	if s.live {
		return eraseLine
	}
	return "\n"
}

// erase removes the progress line; the caller has locked the screen.
func (s *screen) erase() {
	if s.line != "" {
		io.WriteString(s.w, eraseLine)
		s.line = ""
	}
}
