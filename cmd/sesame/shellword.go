package main

import (
	"fmt"
	"runtime"
	"strings"
	"unicode"

	"sesame/internal/safetext"
)

// shellWord writes a path as one word that a shell of this system takes for it, with
// nothing in it that a terminal acts on.
func shellWord(path string) string {
	if runtime.GOOS == "windows" {
		return windowsWord(path)
	}
	return posixWord(path)
}

// posixWord is shellWord for the shells of POSIX: bare if that will do, in single
// quotes if all of it can be shown, and otherwise in $'…'.
func posixWord(path string) string {
	if strings.HasPrefix(path, "-") { // no option
		path = "./" + path
	}
	if plainWord(path, "_@%+=:,./-") {
		return path
	}
	return quoted(path)
}

// posixRows is posixWord in rows of at most so many columns, each of which begins with
// a quote, as no line of this program does.
func posixRows(path string, room int) string {
	if strings.HasPrefix(path, "-") {
		path = "./" + path
	}
	var rows []string
	begun := 0
	for i := 0; i < len(path); {
		_, n := firstRune(path[i:])
		if columns(quoted(path[begun:i+n])) >= room { // the last column is for \
			rows = append(rows, quoted(path[begun:i]))
			begun = i
		}
		i += n
	}
	return strings.Join(append(rows, quoted(path[begun:])), "\\\n")
}

// quoted is a word for the shells of POSIX with quotes around it.
func quoted(path string) string {
	if shows(path) {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	var b strings.Builder
	b.WriteString("$'")
	for i := 0; i < len(path); {
		r, n := firstRune(path[i:])
		switch {
		case r == '\'' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case shows(path[i:i+n]) && !unicode.IsMark(r): // of which there may be too many
			b.WriteString(path[i : i+n])
		default:
			for _, c := range []byte(path[i : i+n]) {
				fmt.Fprintf(&b, `\%03o`, c)
			}
		}
		i += n
	}
	b.WriteByte('\'')
	return b.String()
}

// firstRune is the first character of s and its length in bytes.
func firstRune(s string) (r rune, n int) {
	for i, c := range s {
		if i > 0 {
			return r, i
		}
		r = c
	}
	return r, len(s)
}

// windowsWord is shellWord for cmd and PowerShell, where a name can't hold a quote.
func windowsWord(path string) string {
	if plainWord(path, `_+=:./\-`) && !strings.HasPrefix(path, "-") {
		return path
	}
	return `"` + safetext.Path(path, 0) + `"`
}

// plainWord reports whether s holds nothing but letters, digits and some marks.
func plainWord(s, marks string) bool {
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(marks, r) {
			return false
		}
	}
	return s != "" && shows(s)
}

// shows reports whether s can be shown as it is.
func shows(s string) bool { return safetext.Again(s) == s }
