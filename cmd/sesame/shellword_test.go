package main

import (
	"os/exec"
	"strings"
	"testing"
)

// Fails if a shell takes what is shown of a path for something else, or if a terminal
// acts on it.
func TestShellWord(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("needs bash")
	}
	long := strings.Repeat("a name that is 'quoted' ", 12)
	for path, want := range map[string]string{
		"holiday.mov": "holiday.mov", "Downloads/holiday.mov": "Downloads/holiday.mov", "café/世.txt": "café/世.txt",
		"my file": "'my file'", "-rf": "./-rf", "~root": "'~root'", "$HOME": "'$HOME'", "it's": `'it'\''s'`, "a`b`": "'a`b`'", "a*": "'a*'",
		"a\nb": `$'a\012b'`, "a\u202eb'\\c": `$'a\342\200\256b\'\\c'`, "\xff1": `$'\3771'`, "x\u200f": "", "e" + strings.Repeat("\u0301", 30): "",
		"a\x1b[2Kb": "", long: "", strings.Repeat("\u202e'", 50): "",
	} {
		one, rows := posixWord(path), posixRows(path, 39)
		if want != "" && one != want {
			t.Errorf("%q is written %s, want %s", path, one, want)
		}
		for _, word := range []string{one, rows} {
			got, err := exec.Command(bash, "-c", "cd /; printf %s "+word).Output()
			if s := strings.TrimPrefix(string(got), "./"); err != nil || s != path {
				t.Errorf("%q is written %s, which the shell takes for %q, %v", path, word, got, err)
			}
			if !shows(strings.ReplaceAll(word, "\\\n", "")) {
				t.Errorf("%q is written %q", path, word)
			}
		}
		for row := range strings.Lines(rows) {
			row = strings.TrimSuffix(row, "\n")
			if columns(row) > 39 || !strings.HasPrefix(row, "'") && !strings.HasPrefix(row, "$'") {
				t.Errorf("%q has the row %s", path, row)
			}
		}
	}
	for path, want := range map[string]string{`C:\a\b.txt`: `C:\a\b.txt`, `my file`: `"my file"`, "-x": `"-x"`, "a&b": `"a&b"`} {
		if got := windowsWord(path); got != want {
			t.Errorf("%q is written %s on Windows, want %s", path, got, want)
		}
	}
}
