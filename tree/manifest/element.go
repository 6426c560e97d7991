package manifest

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file is about single names, for what comes without a list.

// fallback is what EscapeElement returns of a name that holds nothing that could be
// one.
const fallback = "download"

// EscapeElement returns name as one that CheckElement accepts: bad characters
// percent-encoded, reserved names prefixed, at most MaxName bytes.
func EscapeElement(name string, windows bool) string {
	var b strings.Builder
	for i := 0; i < len(name); {
		r, size := utf8.DecodeRuneInString(name[i:])
		if badRune(r, size) || windows && strings.ContainsRune(windowsChars, r) {
			for _, c := range []byte(name[i : i+size]) {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		} else {
			b.WriteString(name[i : i+size])
		}
		i += size
	}
	out := b.String()
	if IsDots(out) {
		return fallback
	}
	if windows && windowsDevice(out) {
		out = "_" + out
	}
	stem, ext := SplitExt(out)
	out = Shorten(stem, MaxName-len(ext)) + ext
	if windows && endsBadly(out) {
		out = Shorten(out, MaxName-1) + "_"
	}
	if Reserved(out) { // it begins with a dot
		out = "_" + out[1:]
	}
	return out
}

// SplitExt cuts a file name before its extension, taking .tar.gz and the like
// as one. A dot at the beginning is part of the stem.
func SplitExt(name string) (stem, ext string) {
	ext = filepath.Ext(name)
	stem = strings.TrimSuffix(name, ext)
	if s, ok := strings.CutSuffix(stem, ".tar"); ok && s != "" {
		stem, ext = s, ".tar"+ext
	}
	if stem == "" || len(ext) > 32 || strings.ContainsRune(ext, ' ') {
		return name, ""
	}
	return stem, ext
}

// Shorten returns at most limit bytes of s, without cutting a character.
func Shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	s = s[:limit]
	for i := 0; i < utf8.UTFMax-1 && len(s) > 0; i++ {
		if r, n := utf8.DecodeLastRuneInString(s); r != utf8.RuneError || n != 1 {
			break
		}
		s = s[:len(s)-1]
	}
	return s
}

// IsDots reports whether name is empty or one of the names that every
// directory has, also written with percents.
func IsDots(name string) bool {
	plain := strings.ReplaceAll(strings.ToLower(name), "%2e", ".")
	return plain == "" || plain == "." || plain == ".."
}

// CheckElement says what is wrong with name as one element of a path, on Windows or
// elsewhere. It is stricter than what a list may hold (doc/native.md §6.4): it is for
// names that somebody types, or that come without a list.
func CheckElement(name string, windows bool) error {
	switch {
	case name == "":
		return errors.New("it is empty")
	case IsDots(name):
		return errors.New("it leads to a directory that exists")
	case len(name) > MaxName:
		return fmt.Errorf("it is longer than %d bytes", MaxName)
	case Reserved(name):
		return errors.New("it is the name of something that is being received")
	}
	for i := 0; i < len(name); {
		r, size := utf8.DecodeRuneInString(name[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return errors.New("it is not valid UTF-8")
		case r == '/' || r == '\\':
			return errors.New("it holds a path separator")
		case badRune(r, size):
			return fmt.Errorf("it holds the control character U+%04X", r)
		case windows && strings.ContainsRune(windowsChars, r):
			return fmt.Errorf("Windows has no %q in names", r)
		}
		i += size
	}
	if windows && endsBadly(name) {
		return errors.New("Windows has no dot or space at the end of names")
	}
	if windows && windowsDevice(name) {
		return errors.New("Windows reserves it for a device")
	}
	return nil
}

// badRune reports whether r, decoded from size bytes, must not be in a name on
// disk: separators, controls, line ends, bidirectional controls, bytes that are
// not UTF-8.
func badRune(r rune, size int) bool {
	switch {
	case r == utf8.RuneError && size == 1, r == '/', r == '\\':
		return true
	case unicode.IsControl(r), r == 0x2028, r == 0x2029:
		return true
	case unicode.Is(unicode.Bidi_Control, r):
		return true
	case r >= 0xE0000 && r <= 0xE007F, r == 0xFEFF, r&0xFFFE == 0xFFFE:
		return true
	}
	return false
}
