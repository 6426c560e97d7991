package safetext

import "testing"

// Fails if a path isn't shown as its user writes it, or anything else in it stays that
// Line escapes.
func TestPath(t *testing.T) {
	for _, c := range []struct {
		in, windows, elsewhere string
	}{
		{`C:\Users\me\x.txt`, `C:\Users\me\x.txt`, `C:\\Users\\me\\x.txt`},
		{"a/b", "a/b", "a/b"},
		{"a\x1b[2J", `a\u{1b}[2J`, `a\u{1b}[2J`},
	} {
		if got := path(c.in, 80, '\\'); got != c.windows {
			t.Errorf("%q is shown as %q on Windows, want %q", c.in, got, c.windows)
		}
		if got := path(c.in, 80, '/'); got != c.elsewhere {
			t.Errorf("%q is shown as %q elsewhere, want %q", c.in, got, c.elsewhere)
		}
	}
	if got := path(`C:\Users`, 5, '\\'); got != `C:\U…` {
		t.Errorf("cut: %q", got)
	}
}
