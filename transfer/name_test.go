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
		{"x\ny\r", "x\ny\r", "x%0Ay%0D"},
		{"\x1b[2J", "%1B[2J", "%1B[2J"},
		{"a\u0085b", "a%C2%85b", "a%C2%85b"},
		{"gpj.\u202eexe", "gpj.%E2%80%AEexe", "gpj.%E2%80%AEexe"},
		{"\xff\xfe.txt", "\xff\xfe.txt", "%FF%FE.txt"},
		{"CON", "CON", "CO%4E"},
		{"nul.txt", "nul.txt", "nu%6C.txt"},
		{"COM¹", "COM¹", "COM%C2%B9"},
		{"LPT9", "LPT9", "LPT%39"},
		{"a.", "a.", "a%2E"},
		{"a ", "a ", "a%20"},
		{"a:b", "a:b", "a%3Ab"},
		{`a*?<>|"`, `a*?<>|"`, "a%2A%3F%3C%3E%7C%22"},
		{"clock$", "clock$", "clock%24"},
		{".bashrc", ".bashrc", ".bashrc"},
		{".x.abcdefghij234567.sesame", "_x.abcdefghij234567.sesame", "_x.abcdefghij234567.sesame"},
		{"." + strings.Repeat("x", 230) + ".abcdefghij234567aaaaaaaaaa.sesame", "_" + strings.Repeat("x", 230) + ".abcdefghij234567.sesame",
			"_" + strings.Repeat("x", 230) + ".abcdefghij234567.sesame"},
		{strings.Repeat("x", 300) + ".tar.gz", strings.Repeat("x", 248) + ".tar.gz", strings.Repeat("x", 248) + ".tar.gz"},
		{strings.Repeat("ü", 200), strings.Repeat("ü", 127), strings.Repeat("ü", 127)},
	} {
		for system, want := range map[string]string{"linux": c.unix, "windows": c.windows} {
			got, renamed := OfferedName(c.in, manifest.SystemRules(system))
			if got.String() != want {
				t.Errorf("on %s %q becomes %q, want %q", system, c.in, got, want)
			}
			if last := c.in[strings.LastIndexAny(c.in, `/\`)+1:]; last != "" && last != want && !manifest.IsDots(last) &&
				(len(renamed) != 1 || renamed[0].Path != last || renamed[0].As != want || renamed[0].Why == manifest.Reason{}) {
				t.Errorf("on %s %q is told of as %+v", system, c.in, renamed)
			}
		}
	}
}

func TestParseName(t *testing.T) {
	for _, bad := range []string{"", ".", "..", "a/b", "a\x00", "a\x1b", "a\u0085", "a\u202e", "%2E%2e", ".x.abcdefghij234567.sesame", strings.Repeat("x", 256)} {
		if n, err := ParseName(bad); err == nil {
			t.Errorf("%q is accepted as %q", bad, n)
		}
	}
	for _, good := range []string{"a", ".x", "a b", "👨‍👩‍👧", "…", "Icon\r", "\u05e9\u200f", strings.Repeat("x", 255)} {
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
		for _, system := range []string{"linux", "darwin", "windows"} {
			r := manifest.SystemRules(system)
			name, _ := OfferedName(s, r)
			if err := manifest.CheckElement(name.String(), r); err != nil {
				t.Fatalf("%q becomes %q: %v", s, name, err)
			}
			if again, renamed := OfferedName(name.String(), r); again != name || renamed != nil {
				t.Fatalf("%q becomes %q, then %q", s, name, again)
			}
		}
	})
}
