package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sesame/relay"
)

func TestParseTokens(t *testing.T) {
	got, err := parseTokens("f", "# of the office\n  correct-horse-battery  \n\nanother-one-of-ours!\r\n")
	if err != nil || len(got) != 2 || got[0] != relay.TokenOf("correct-horse-battery") || got[1] != relay.TokenOf("another-one-of-ours!") {
		t.Errorf("%d, %v", len(got), err)
	}
	if got, err := parseTokens("f", ""); got == nil || err != nil {
		t.Errorf("an empty file means that nobody has one, not that nobody needs one: %v, %v", got, err)
	}
	for text, line := range map[string]string{"\nshort\n": "f:2:", "with space in it and long": "f:1:", "ümlaut-and-long-enough": "f:1:", strings.Repeat("x", 600): "f:1:"} {
		_, err := parseTokens("f", text)
		if err == nil || !strings.Contains(err.Error(), line) || strings.Contains(err.Error(), strings.TrimSpace(text)) {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}

// Fails when a list that can't be read, or is wrong, doesn't keep the server from starting.
func TestListsAreChecked(t *testing.T) {
	dir := t.TempDir()
	wrong := filepath.Join(dir, "wrong")
	if err := os.WriteFile(wrong, []byte("192.0.2.1\nx y\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ flag, file, want string }{
		{"--block-list", wrong, wrong + ":2:"},
		{"--token-file", wrong, wrong + ":1:"},
		{"--block-list", filepath.Join(dir, "none"), "none"},
		{"--token-file", filepath.Join(dir, "none"), "none"},
	} {
		for _, command := range []string{"check-config", "--no-stun"} {
			var stdout, stderr strings.Builder
			if code := run([]string{command, "--listen", "127.0.0.1:0", c.flag, c.file}, &stdout, &stderr); code == exitOK || !strings.Contains(stderr.String(), c.want) {
				t.Errorf("%s %s %s: exit code %d, %q", command, c.flag, c.file, code, &stderr)
			}
		}
	}
}
