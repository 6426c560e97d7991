package manifest_test

import (
	"testing"
	"unicode/utf8"

	"sesame/tree/manifest"
)

// Fails if a name is cut inside of a character, shorter than it need be, or not at
// all.
func TestShorten(t *testing.T) {
	for _, test := range []struct{ s, want string }{
		{"short", "short"}, {"12345678", "12345678"}, {"123456789", "12345678"}, {"1234567é", "1234567"}, {"123456漢", "123456"},
		{"12345😀x", "12345"}, {"1234😀x", "1234😀"},
	} {
		if got := manifest.Shorten(test.s, 8); got != test.want {
			t.Errorf("%q is cut to %q, want %q", test.s, got, test.want)
		}
	}
	for _, s := range []string{"1234567\xff\xff", "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"} {
		if got := manifest.Shorten(s, 8); len(got) > 8 || len(got) < 8-utf8.UTFMax+1 {
			t.Errorf("%q is cut to %q", s, got)
		}
	}
}

func TestSplitExt(t *testing.T) {
	for name, want := range map[string][2]string{
		"holiday.mov": {"holiday", ".mov"}, "a.tar.gz": {"a", ".tar.gz"}, ".tar.gz": {".tar", ".gz"}, "a.b.c": {"a.b", ".c"},
		".bashrc": {".bashrc", ""}, "plain": {"plain", ""}, "a.": {"a", "."}, "": {"", ""},
		"Dr. No and the others": {"Dr. No and the others", ""}, "x.abcdefghijklmnopqrstuvwxyzabcdefghijkl": {"x.abcdefghijklmnopqrstuvwxyzabcdefghijkl", ""},
	} {
		if stem, ext := manifest.SplitExt(name); stem != want[0] || ext != want[1] {
			t.Errorf("%q is %q and %q, want %q", name, stem, ext, want)
		}
	}
}
