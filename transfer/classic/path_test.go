package classic

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"sesame/tree/manifest"
)

func TestTreePaths(t *testing.T) {
	for _, bad := range []string{
		"", "/", "/etc/x", "../x", "a/../../x", "a/./x", "a//x", "a/", "..", ".", `C:\x`, "C:x", `\\srv\s`, `a\b`, "%2e%2e/x",
		"a/.x.abcdefghij234567.sesame/placing",
		"a\x00",
		strings.Repeat("a/", 64) + "a", strings.Repeat("x", 256), strings.Repeat(strings.Repeat("x", 200)+"/", 21) + "x",
	} {
		if checkPath(bad) == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
	for _, bad := range []string{"CON", "d/nul.txt", "COM¹", "LPT9", "a.", "a ", "d/a:b", "a*", "a?", "a<", "a>", "a|", `a"`, "clock$", "con .txt"} {
		if manifest.PortableError(bad) == nil {
			t.Errorf("on Windows %q is accepted", bad)
		}
		if err := checkPath(bad); err != nil {
			t.Errorf("elsewhere %q is refused: %v", bad, err)
		}
	}
	for _, good := range []string{"a", "a/b", ".ssh/x", "a/..b", "12:30", strings.Repeat("a/", 63) + "a", "COM10", "console",
		"a\nb", "a\x1b", "a\u0080", "a\u202ab", "a\u2069b", "\xff", "\U000e0001", "\ufeff", // what is written of them is another matter
	} {
		if err := checkPath(good); err != nil {
			t.Errorf("%q is refused: %v", good, err)
		}
	}
}

func FuzzPath(f *testing.F) {
	for _, s := range []string{"a", "../x", `C:\x`, "nul.txt", "a.", "\xff", "\u202e", strings.Repeat("ü", 200), "..%2e", "a/%2E"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if checkPath(s) == nil && (!filepath.IsLocal(s) && runtime.GOOS != "windows" || strings.ContainsAny(s, "\\\x00")) {
			t.Fatalf("path %q is accepted", s)
		}
	})
}
