package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"sesame/internal/safetext"
)

// expand returns the names that arguments with * and ? stand for, where shells leave
// that to programs: on Windows, whose names have neither. They match whatever the case,
// and only in the last element, as there.
func expand(args []string) ([]string, error) {
	if !slices.ContainsFunc(args, expands) {
		return args, nil
	}
	return matching(args, os.ReadDir)
}

// expands reports whether an argument is a pattern here, and no name.
func expands(arg string) bool { return runtime.GOOS == "windows" && isPattern(arg) }

func isPattern(arg string) bool { return strings.ContainsAny(filepath.Base(arg), "*?") }

// matching is expand by what lists a directory.
func matching(args []string, list func(dir string) ([]fs.DirEntry, error)) ([]string, error) {
	var names []string
	for _, arg := range args {
		pattern := filepath.Base(arg)
		if !isPattern(arg) {
			names = append(names, arg)
			continue
		}
		dir, _ := filepath.Split(arg)
		entries, err := list(filepath.Clean(dir)) // "" is "."
		if err != nil {
			return nil, err
		}
		before := len(names)
		for _, e := range entries {
			if like(strings.ToLower(pattern), strings.ToLower(e.Name())) {
				names = append(names, dir+e.Name())
			}
		}
		if len(names) == before {
			return nil, &usageError{text: fmt.Sprintf("nothing there matches %s", safetext.Path(arg, 200)), hint: "name files or folders; * stands for any letters, ? for one"}
		}
		slices.Sort(names[before:])
	}
	return names, nil
}

// like reports whether a name matches a pattern, in which * stands for any letters and
// ? for one. "*.*" is every name, with or without a dot.
func like(pattern, name string) bool {
	if pattern == "*.*" {
		return true
	}
	p, n := []rune(pattern), []rune(name)
	star, from := -1, 0 // the last *, and where in n its letters end
	i, j := 0, 0
	for j < len(n) {
		switch {
		case i < len(p) && p[i] == '*':
			star, from = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == n[j]):
			i, j = i+1, j+1
		case star >= 0:
			from++
			i, j = star+1, from
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}
