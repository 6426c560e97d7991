package safetext_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"sesame/internal/safetext"
)

func TestLine(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "holiday 2026.mov", "holiday 2026.mov"},
		{"letters of other scripts", "Überfahrt 中文 עברית", "Überfahrt 中文 עברית"},
		{"clear screen", "a\x1b[2Jb", `a\u{1b}[2Jb`},
		{"title", "\x1b]0;pwned\a", `\u{1b}]0;pwned\u{7}`},
		{"C1 control", "a\u009bb", `a\u{9b}b`},
		{"line ends", "a\r\nb", `a\r\nb`},
		{"right-to-left override", "gpj.\u202eexe", `gpj.\u{202e}exe`},
		{"isolate", "\u2066x\u2069", `\u{2066}x\u{2069}`},
		{"zero width", "a\u200bb\ufeff", `a\u{200b}b\u{feff}`},
		{"tags", "a\U000e0041", `a\u{e0041}`},
		{"hangul filler", "\u3164", `\u{3164}`},
		{"no-break space", "a\u00a0b", `a\u{a0}b`},
		{"line separator", "a\u2028b", `a\u{2028}b`},
		{"private use", "\ue000", `\u{e000}`},
		{"invalid UTF-8", "a\xffb", `a\xffb`},
		{"backslash", `a\u{1b}`, `a\\u{1b}`},
		{"NUL", "a\x00b", `a\u{0}b`},
	} {
		if got := safetext.Line(c.in, 0); got != c.want {
			t.Errorf("%s: Line(%q) = %q, want %q", c.name, c.in, got, c.want)
		}
	}
}

func TestLineIsCutAtItsLimit(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{"abcdef", 6, "abcdef"},
		{"abcdefg", 6, "abcde…"},
		{"abc\x1b", 6, "abc…"},
		{"a\x1b", 7, `a\u{1b}`},
		{"", 3, ""},
		{strings.Repeat("x", 1<<20), 4, "xxx…"},
	} {
		if got := safetext.Line(c.in, c.limit); got != c.want {
			t.Errorf("Line(%.20q, %d) = %q, want %q", c.in, c.limit, got, c.want)
		}
	}
}

func TestBlock(t *testing.T) {
	got := safetext.Block("one\ntwo\x1b\nthree\nfour\n", 3, 20)
	want := []string{"one", `two\u{1b}`, "three", "…"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("Block = %q, want %q", got, want)
	}
}

func TestText(t *testing.T) {
	if got, want := safetext.Text("a\tb\\n\n\x1b[2J\rc"), "a\tb\\n\n\\u{1b}[2J\\rc"; got != want {
		t.Errorf("Text = %q, want %q", got, want)
	}
}

func FuzzLine(f *testing.F) {
	f.Add("a\x1b[2J\u202e\xff", 10)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		got := safetext.Line(s, limit)
		if !utf8.ValidString(got) {
			t.Fatalf("Line(%q) = %q: not valid UTF-8", s, got)
		}
		if limit > 0 && utf8.RuneCountInString(got) > limit {
			t.Fatalf("Line(%q, %d) = %q: too long", s, limit, got)
		}
		for _, r := range got {
			if r < 0x20 || r >= 0x7f && r < 0xa0 || unicode.Is(unicode.Bidi_Control, r) || unicode.Is(unicode.Cf, r) {
				t.Fatalf("Line(%q) = %q lets %U through", s, got, r)
			}
		}
		if safetext.Plain(s) && !strings.Contains(s, `\`) && safetext.Line(s, 0) != s {
			t.Fatalf("Plain(%q), but Line changes it", s)
		}
	})
}
