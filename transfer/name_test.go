package transfer

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestOfferedNames(t *testing.T) {
	for _, c := range []struct{ in, unix, windows string }{
		{"holiday.mov", "holiday.mov", "holiday.mov"},
		{"../x", "x", "x"},
		{"/etc/passwd", "passwd", "passwd"},
		{"a/../../x", "x", "x"},
		{`..\..\x`, "x", "x"},
		{`C:\x`, "x", "x"},
		{`C:x`, "C:x", "C%3Ax"},
		{`\\srv\share`, "share", "share"},
		{`\\?\`, "?", "%3F"},
		{`a\b`, "b", "b"},
		{"a/", "a", "a"},
		{"..", "download", "download"},
		{".", "download", "download"},
		{"", "download", "download"},
		{"/", "download", "download"},
		{"a/..", "a", "a"},
		{"%2e%2e/", "download", "download"},
		{"x\x00y", "x%00y", "x%00y"},
		{"x\ny\r", "x%0Ay%0D", "x%0Ay%0D"},
		{"\x1b[2J", "%1B[2J", "%1B[2J"},
		{"a\u0085b", "a%C2%85b", "a%C2%85b"},
		{"gpj.\u202eexe", "gpj.%E2%80%AEexe", "gpj.%E2%80%AEexe"},
		{"\xff\xfe.txt", "%FF%FE.txt", "%FF%FE.txt"},
		{"CON", "CON", "_CON"},
		{"nul.txt", "nul.txt", "_nul.txt"},
		{"COM¹", "COM¹", "_COM¹"},
		{"LPT9", "LPT9", "_LPT9"},
		{"a.", "a.", "a._"},
		{"a ", "a ", "a _"},
		{"a:b", "a:b", "a%3Ab"},
		{`a*?<>|"`, `a*?<>|"`, "a%2A%3F%3C%3E%7C%22"},
		{"clock$", "clock$", "_clock$"},
		{".bashrc", ".bashrc", ".bashrc"},
		{".x.abcdefghij234567.sesame", "_x.abcdefghij234567.sesame", "_x.abcdefghij234567.sesame"},
		{"." + strings.Repeat("x", 230) + ".abcdefghij234567aaaaaaaaaa.sesame", "_" + strings.Repeat("x", 230) + ".abcdefghij234567.sesame",
			"_" + strings.Repeat("x", 230) + ".abcdefghij234567.sesame"},
		{strings.Repeat("x", 300) + ".tar.gz", strings.Repeat("x", 248) + ".tar.gz", strings.Repeat("x", 248) + ".tar.gz"},
		{strings.Repeat("ü", 200), strings.Repeat("ü", 127), strings.Repeat("ü", 127)},
	} {
		if got := offeredName(c.in, false).String(); got != c.unix {
			t.Errorf("%q becomes %q, want %q", c.in, got, c.unix)
		}
		if got := offeredName(c.in, true).String(); got != c.windows {
			t.Errorf("on Windows %q becomes %q, want %q", c.in, got, c.windows)
		}
	}
}

func TestParseName(t *testing.T) {
	for _, bad := range []string{"", ".", "..", "a/b", `a\b`, "a\x00", "a\n", "a\u202e", "\xff", "%2E%2e", ".x.abcdefghij234567.sesame", strings.Repeat("x", 256)} {
		if n, err := ParseName(bad); err == nil {
			t.Errorf("%q is accepted as %q", bad, n)
		}
	}
	for _, good := range []string{"a", ".x", "a b", "👨‍👩‍👧", "…", strings.Repeat("x", 255)} {
		if n, err := ParseName(good); err != nil || n.String() != good {
			t.Errorf("%q: %v", good, err)
		}
	}
}

func TestTreePaths(t *testing.T) {
	for _, bad := range []string{
		"", "/", "/etc/x", "../x", "a/../../x", "a/./x", "a//x", "a/", "..", ".", `C:\x`, "C:x", `\\srv\s`, `a\b`, "%2e%2e/x",
		"a/.x.abcdefghij234567.sesame/placing",
		"a\x00", "a\nb", "a\x1b", "a\u0080", "a\u202ab", "a\u2069b", "\xff", "\U000e0001", "\ufeff",
		strings.Repeat("a/", 64) + "a", strings.Repeat("x", 256), strings.Repeat(strings.Repeat("x", 200)+"/", 21) + "x",
	} {
		if checkPath(bad, false) == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
	for _, bad := range []string{"CON", "d/nul.txt", "COM¹", "LPT9", "a.", "a ", "d/a:b", "a*", "a?", "a<", "a>", "a|", `a"`, "clock$", "con .txt"} {
		if checkPath(bad, true) == nil {
			t.Errorf("on Windows %q is accepted", bad)
		}
		if err := checkPath(bad, false); err != nil {
			t.Errorf("elsewhere %q is refused: %v", bad, err)
		}
	}
	for _, good := range []string{"a", "a/b", ".ssh/x", "a/..b", "12:30", strings.Repeat("a/", 63) + "a", "COM10", "console"} {
		if err := checkPath(good, false); err != nil {
			t.Errorf("%q is refused: %v", good, err)
		}
	}
}

func FuzzName(f *testing.F) {
	for _, s := range []string{"a", "../x", `C:\x`, "nul.txt", "a.", "\xff", "\u202e", strings.Repeat("ü", 200), "..%2e", "a/%2E"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, windows := range []bool{false, true} {
			name := offeredName(s, windows).String()
			if err := checkElement(name, windows); err != nil {
				t.Fatalf("%q becomes %q: %v", s, name, err)
			}
			if again := offeredName(name, windows).String(); again != name {
				t.Fatalf("%q becomes %q, then %q", s, name, again)
			}
		}
		if checkPath(s, false) == nil && (!utf8.ValidString(s) || !filepath.IsLocal(s) && runtime.GOOS != "windows" || strings.ContainsFunc(s, unicode.IsControl)) {
			t.Fatalf("path %q is accepted", s)
		}
	})
}
