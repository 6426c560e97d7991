package transfer

import (
	"strings"
	"testing"

	"sesame/tree/manifest"
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
		if got := OfferedName(c.in, false).String(); got != c.unix {
			t.Errorf("%q becomes %q, want %q", c.in, got, c.unix)
		}
		if got := OfferedName(c.in, true).String(); got != c.windows {
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

func FuzzName(f *testing.F) {
	for _, s := range []string{"a", "../x", `C:\x`, "nul.txt", "a.", "\xff", "\u202e", strings.Repeat("ü", 200), "..%2e", "a/%2E"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, windows := range []bool{false, true} {
			name := OfferedName(s, windows).String()
			if err := manifest.CheckElement(name, windows); err != nil {
				t.Fatalf("%q becomes %q: %v", s, name, err)
			}
			if again := OfferedName(name, windows).String(); again != name {
				t.Fatalf("%q becomes %q, then %q", s, name, again)
			}
		}
	})
}
