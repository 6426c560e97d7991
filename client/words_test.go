package client_test

import (
	"os"
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
