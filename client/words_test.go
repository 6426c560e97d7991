package client_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Fails if the lines that README shows aren't those of the example that runs.
func TestREADME(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("example_send_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(readme), "\n## Use it from Go\n")
	section, _, _ = strings.Cut(section, "\n## ")
	lines := 0
	for line := range strings.Lines(section) {
		code, isCode := strings.CutPrefix(line, "    ")
		code, _, _ = strings.Cut(code, " //")
		code = strings.TrimSpace(code)
		if !isCode || code == "" {
			continue
		}
		lines++
		if !strings.Contains(string(example), "\t"+code+"\n") {
			t.Errorf("no example has %q", code)
		}
	}
	if !ok || lines < 4 {
		t.Errorf("README has %d lines of Go", lines)
	}
}

// Fails if the library names a flag of the command, a terminal, or what it returns to a
// shell: another front end has none.
func TestKnowsNoCommandLine(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if found := commandLine.Find(text); found != nil {
			t.Errorf("%s has %q", name, found)
		}
	}
}

var commandLine = regexp.MustCompile(`--[a-z]+|os\.(Exit|Stdin|Stdout|Stderr|Args)\b|isatty|pflag`)
