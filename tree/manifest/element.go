package manifest

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// This file is about single names, for what comes without a list.

// fallback is what FitElement returns of a text that holds nothing that could be a name.
const fallback = "download"

// FitElement returns what any text becomes as one element of a path where r holds.
func FitElement(name string, r Rules) string {
	if name == "" || name == "." || name == ".." {
		return fallback
	}
	if Reserved(name) { // it begins with a dot
		name = "_" + name[1:]
	}
	name, _ = r.Fit(name)
	return name
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

// CheckElement says what is wrong with name as one element of a path where r holds. It
// is for names that come without a list, which it says the same of as a list's checker
// and r say together.
func CheckElement(name string, r Rules) error {
	switch {
	case name == "":
		return errors.New("it is empty")
	case IsDots(name):
		return errors.New("it leads to a directory that exists")
	case len(name) > r.longest():
		return fmt.Errorf("it is longer than %d bytes", r.longest())
	case Reserved(name):
		return errors.New("it is the name of something that is being received")
	case strings.Contains(name, "/"):
		return errors.New("it holds a path separator")
	case strings.IndexByte(name, 0) >= 0:
		return errors.New("it holds the control character U+0000")
	}
	switch r.Wrong(name) {
	case CauseUnsaid:
		return nil
	case CauseNotUTF8:
		return errors.New("it is not valid UTF-8")
	case CauseControl:
		return errors.New("it holds a control character")
	case CauseReversed, CauseMark:
		return errors.New("it holds a control character of the direction of text, or one that can't be seen")
	case CauseBackslash:
		return errors.New("it holds a path separator")
	case CauseSign:
		return errors.New("it holds one of the characters < > : \" | ? *")
	case CauseEnd:
		return errors.New("it ends in a dot or a space")
	case CauseDeviceName:
		return errors.New("Windows reserves it for a device")
	}
	return errors.New("it can't be a name there")
}
