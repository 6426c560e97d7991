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
		{"hangul fillers", "\u3164\u115f\u1160\uffa0", `\u{3164}\u{115f}\u{1160}\u{ffa0}`},
		{"khmer inherent vowels", "\u17b4\u17b5", `\u{17b4}\u{17b5}`},
		{"braille blank", "a\u2800b", `a\u{2800}b`},
		{"braille", "⠓⠊", "⠓⠊"},
		{"tag characters", "\U000e0001\U000e0020\U000e007f", `\u{e0001}\u{e0020}\u{e007f}`},
		{"other fillers", "\U00016fe4\U00013441\U0001d159\ufffc", `\u{16fe4}\u{13441}\u{1d159}\u{fffc}`},
		{"grapheme joiner", "a\u034fb", `a\u{34f}b`},
		{"mongolian separators", "\u180e\u180b", `\u{180e}\u{180b}`},
		{"spaces that aren't one", "\u2003\u3000\u1680", `\u{2003}\u{3000}\u{1680}`},
		{"marks of a language", "שָׁלוֹם ệ", "שָׁלוֹם ệ"},
		{"heaped marks", "a" + strings.Repeat("\u0301", 8) + "b\u0301", "a" + strings.Repeat("\u0301", 6) + `\u{301}\u{301}` + "b\u0301"},
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

func TestAgain(t *testing.T) {
	for in, want := range map[string]string{
		`a\\b\u{1b}`: `a\\b\u{1b}`, // as it came
		"a\u2800b":   `a\u{2800}b`, // an older Line let it through
		"a\x1bb":     `a\u{1b}b`,   // no Line at all
	} {
		if got := safetext.Again(in); got != want {
			t.Errorf("Again(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestQuote(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{"no room", 0, `"no room"`},
		{"", 5, `""`},
		{`x": done. "y`, 0, `"x': done. 'y"`},
		{"x" + strings.Repeat(" ", 70) + "Received", 0, `"x Received"`},
		{"x\nReceived", 0, `"x\nReceived"`},
		{"abcdef", 4, `"abc…"`},
		{"\u2800", 0, `"\u{2800}"`},
	} {
		if got := safetext.Quote(c.in, c.limit); got != c.want {
			t.Errorf("Quote(%q, %d) = %q, want %q", c.in, c.limit, got, c.want)
		}
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
		whole := safetext.Line(s, 0)
		if !safetext.Plain(whole) {
			t.Fatalf("Line(%q) = %q, which isn't plain", s, whole)
		}
		if again := safetext.Again(whole); again != whole {
			t.Fatalf("Line(%q) = %q, and again it is %q", s, whole, again)
		}
		if quoted := safetext.Quote(s, limit); strings.Count(quoted, `"`) != 2 || strings.Contains(quoted, "  ") {
			t.Fatalf("Quote(%q) = %q", s, quoted)
		}
	})
}
