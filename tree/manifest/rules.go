package manifest

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Lacks is a set of what some disk, or some program, can't have in names, or of which
// it can't tell one from the other. The bits are those of doc/native.md §6.6.
type Lacks uint32

const (
	LacksBytes     Lacks = 1 << iota // what isn't UTF-8
	LacksControls                    // tabs and line ends; no other control is in a name anywhere
	LacksSigns                       // < > : " | ? *
	LacksBackslash                   // it separates names
	LacksEnds                        // a dot or a space at the end
	LacksDevices                     // CON, NUL.txt, …
	LacksCase                        // README beside readme, or one spelling of é beside another
	LacksLinks                       // symbolic links
	LacksMarks                       // marks of direction, and what else is neither seen nor a space
	LacksDrives                      // a letter and a colon at the beginning

	lacksAll Lacks = 1<<iota - 1
)

// Rules says what names may be somewhere. The zero value is of a disk that can have
// every name: then only what no name should be (doc/transfer.md §3.4) is wrong. Rules
// can be compared, and what follows from them is the same everywhere.
type Rules struct {
	Lacks Lacks
	// Longest is how many bytes a name may have, at least MinLongest; 0 for MaxName.
	Longest int
}

// MinLongest is the least that Rules.Longest may be.
const MinLongest = 64

// SystemRules is what no disk helps against on a system, by the name that Go has for it.
func SystemRules(system string) Rules {
	switch system {
	case "windows":
		return Rules{Lacks: LacksBytes | LacksControls | LacksSigns | LacksBackslash | LacksEnds | LacksDevices}
	case "darwin", "ios", "js":
		return Rules{Lacks: LacksBytes}
	}
	return Rules{}
}

// Everywhere is what no disk and no system helps against somewhere: names that are right
// by it can be had wherever files can.
func Everywhere() Rules { return Rules{Lacks: lacksAll, Longest: MinLongest} }

// And returns what is right by both.
func (r Rules) And(other Rules) Rules {
	return Rules{r.Lacks | other.Lacks, min(r.longest(), other.longest())}
}

func (r Rules) lacks(what Lacks) bool { return r.Lacks&what != 0 }

// longest is Longest in its bounds.
func (r Rules) longest() int {
	if r.Longest == 0 {
		return MaxName
	}
	return min(max(r.Longest, MinLongest), MaxName)
}

// Wrong says why a name that a list may have can't stay as it is, CauseUnsaid if it can.
func (r Rules) Wrong(name string) Cause {
	for i := 0; i < len(name); {
		c, size := utf8.DecodeRuneInString(name[i:])
		if why := r.wrongRune(c, size); why != CauseUnsaid {
			return why
		}
		i += size
	}
	switch {
	case IsDots(name):
		return CauseDots
	case r.lacks(LacksDrives) && startsWithDrive(name):
		return CauseSign
	case r.lacks(LacksEnds) && endsBadly(name):
		return CauseEnd
	case r.lacks(LacksDevices) && windowsDevice(name):
		return CauseDeviceName
	case len(name) > r.longest():
		return CauseLongName
	}
	return CauseUnsaid
}

// wrongRune is Wrong for one character, which has size bytes in the name.
func (r Rules) wrongRune(c rune, size int) Cause {
	switch {
	case c == utf8.RuneError && size == 1:
		if r.lacks(LacksBytes) {
			return CauseNotUTF8
		}
	case c == '\t', c == '\n', c == '\r':
		if r.lacks(LacksControls) {
			return CauseControl
		}
	case unicode.IsControl(c): // terminals obey them, whatever program shows them a name
		return CauseControl
	case c == '\u202d', c == '\u202e': // "exe.jpg" is what people see of a program then
		return CauseReversed
	case c == '/', c == '\\' && r.lacks(LacksBackslash): // no list has the former
		return CauseBackslash
	case c < utf8.RuneSelf && r.lacks(LacksSigns) && strings.ContainsRune(windowsChars, c):
		return CauseSign
	case c >= utf8.RuneSelf && r.lacks(LacksMarks) && invisible(c):
		return CauseMark
	}
	return CauseUnsaid
}

// invisible reports whether c is among what programs refuse that fear for a screen.
func invisible(c rune) bool {
	switch {
	case unicode.Is(unicode.Bidi_Control, c), c == 0x2028, c == 0x2029:
		return true
	}
	return c >= 0xE0000 && c <= 0xE007F || c == 0xFEFF || c&0xFFFE == 0xFFFE
}

func startsWithDrive(name string) bool {
	return len(name) > 1 && name[1] == ':' && (name[0]|0x20 >= 'a' && name[0]|0x20 <= 'z')
}

// Fit returns what a name that a list may have becomes where these rules hold, and why
// it can't stay: CauseUnsaid if it does. What is wrong of it is written as a percent
// sign and two hexadecimal digits for each byte, so that it can be read back unless it
// was too long. What comes out fits. Source: doc/transfer.md §3.4.
func (r Rules) Fit(name string) (fit string, why Cause) {
	if why = r.Wrong(name); why == CauseUnsaid {
		return name, why
	}
	out := r.escape(name)
	if len(out) > r.longest() {
		stem, ext := SplitExt(out)
		out = r.mend(Shorten(stem, r.longest()-len(ext)) + ext)
	}
	if Reserved(out) { // only what was cut can be; it begins with a dot
		out = "_" + out[1:]
	}
	return out, why
}

// escape writes what is wrong of a name as percent signs and digits, whatever becomes
// of its length.
func (r Rules) escape(name string) string {
	odd := r.oddByte(name)
	var b strings.Builder
	for i := 0; i < len(name); {
		c, size := utf8.DecodeRuneInString(name[i:])
		switch {
		case i == odd, r.wrongRune(c, size) != CauseUnsaid, c == '%' && isEscape(name[i:]):
			for _, c := range []byte(name[i : i+size]) {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		default:
			b.WriteString(name[i : i+size])
		}
		i += size
	}
	return b.String()
}

// oddByte returns where the character is that makes the name as a whole a wrong one, -1
// if none does.
func (r Rules) oddByte(name string) int {
	switch {
	case r.lacks(LacksEnds) && endsBadly(name):
		return len(name) - 1
	case r.lacks(LacksDevices) && windowsDevice(name):
		stem, _, _ := strings.Cut(name, ".")
		stem = strings.TrimRight(stem, " ")
		_, size := utf8.DecodeLastRuneInString(stem)
		return len(stem) - size
	case r.lacks(LacksDrives) && startsWithDrive(name):
		return 1
	}
	return -1
}

// mend takes from a name that was cut what is wrong of its end now.
func (r Rules) mend(name string) string {
	for name != "" && r.lacks(LacksEnds) && endsBadly(name) {
		name = name[:len(name)-1]
	}
	return name
}

// isEscape reports whether s begins as what escape writes, so that it would be read as
// that.
func isEscape(s string) bool {
	return len(s) > 2 && isHex(s[1]) && isHex(s[2])
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }
