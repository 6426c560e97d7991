package settings

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// parseFile reads lines of the form
//
//	# a comment
//	key = value        # another one
//	key = "value with a # in it"
//
// Errors name their lines. What is right is returned beside them.
func parseFile(name, text string) (all []given, err error) {
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("%s isn't text in UTF-8", name)
	}
	seen := make(map[string]int)
	n := 0
	for l := range strings.Lines(text) {
		n++
		where := fmt.Sprintf("%s:%d", name, n)
		key, value, wrong := parseLine(l)
		switch {
		case wrong != nil:
			err = errors.Join(err, fmt.Errorf("%s: %w", where, wrong))
		case key == "":
		case seen[key] > 0:
			err = errors.Join(err, fmt.Errorf("%s: %s is there for the second time, first in line %d", where, key, seen[key]))
		default:
			seen[key] = n
			all = append(all, given{key, value, where + ": " + key, Origin(fmt.Sprintf("%s, line %d", name, n))})
		}
	}
	return all, err
}

// parseLine returns the key of a line, "" if it has none, and its value.
func parseLine(l string) (key, value string, err error) {
	l = strings.TrimSpace(l)
	if l == "" || l[0] == '#' {
		return "", "", nil
	}
	key, value, ok := strings.Cut(l, "=")
	key, value = strings.TrimSpace(key), strings.TrimSpace(value)
	switch {
	case !ok || key == "":
		return "", "", errors.New("a line is key = value, or begins with #")
	case key == "config":
		return "", "", errors.New("a file can't name another one")
	case strings.HasPrefix(value, `"`):
		return unquote(key, value)
	}
	for i := range value {
		if value[i] == '#' && (i == 0 || value[i-1] == ' ' || value[i-1] == '\t') {
			value = strings.TrimSpace(value[:i])
			break
		}
	}
	return key, value, nil
}

// unquote returns a value without its quotes. Behind them there may be a comment.
func unquote(key, value string) (string, string, error) {
	quoted, err := strconv.QuotedPrefix(value)
	if err != nil {
		return "", "", errors.New(`the value has no second "`)
	}
	if rest := strings.TrimSpace(value[len(quoted):]); rest != "" && rest[0] != '#' {
		return "", "", errors.New(`something stands behind the second "`)
	}
	value, err = strconv.Unquote(quoted)
	return key, value, err
}

// quote writes a value so that parseLine reads it.
func quote(value string) string {
	if value != strings.TrimSpace(value) || strings.ContainsAny(value, "#\"") {
		return strconv.Quote(value)
	}
	return value
}
