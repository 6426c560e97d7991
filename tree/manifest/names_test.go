package manifest_test

import (
	"reflect"
	"strings"
	"testing"

	"sesame/tree/manifest"
)

func TestCollisions(t *testing.T) {
	for _, c := range []struct {
		name    string
		entries []string
		want    [][]int
	}{
		{"none", []string{"a/", "a/b", "a/c", "b"}, nil},
		{"case", []string{"README", "readme"}, [][]int{{0, 1}}},
		{"three", []string{"README", "Readme", "readme", "x"}, [][]int{{0, 1, 2}}},
		{"composed and decomposed", []string{"e\u0301", "\u00e9"}, [][]int{{0, 1}}},
		{"sharp s", []string{"STRASSE", "straße"}, [][]int{{0, 1}}},
		{"ligature", []string{"file", "\ufb01le"}, [][]int{{0, 1}}},
		{"dotted capital I", []string{"i\u0307", "\u0130"}, [][]int{{0, 1}}},
		{"Kelvin sign", []string{"k", "\u212a"}, [][]int{{0, 1}}},
		{"capital by decomposition", []string{"c", "\u2102"}, [][]int{{0, 1}}},
		{"final sigma", []string{"Σ", "ς", "σ"}, [][]int{{0, 1, 2}}},
		{"invisible joiner", []string{".git", ".g\u200cit"}, [][]int{{0, 1}}},
		{"directories meet", []string{"A/", "A/x", "a/", "a/y"}, [][]int{{0, 2}}},
		{"what is inside meets too", []string{"A/", "A/x", "a/", "a/X"}, [][]int{{0, 2}, {1, 3}}},
		{"file and directory", []string{"A", "a/"}, [][]int{{0, 1}}},
		{"same name elsewhere", []string{"a/", "a/x", "b/", "b/X"}, nil},
		{"slash that isn't one", []string{"a/", "a/b", "a\uff0fb"}, nil},
		{"deep", []string{"a/", "a/b/", "a/b/C", "a/b/c", "a/d"}, [][]int{{2, 3}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := list(c.entries...)
			if err := m.Check(); err != nil {
				t.Fatal(err)
			}
			if got, err := m.Collisions(t.Context()); err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("Collisions = %v, %v, want %v", got, err, c.want)
			}
		})
	}
}

func TestPortableError(t *testing.T) {
	for _, c := range []struct {
		name, path string
		ok         bool
	}{
		{"plain", "photos/été 2019.jpg", true},
		{"dot-file", ".bashrc", true},
		{"dots inside", "a..b/c.d.e", true},
		{"begins as a device", "console/auxiliary/null", true},
		{"COM without a number", "com", true},
		{"COM10", "com10", true},
		{"CON", "CON", false},
		{"nul.txt", "a/nul.txt", false},
		{"nul with a space", "NUL .txt", false},
		{"device as a directory", "aux/x", false},
		{"COM¹", "COM¹", false},
		{"LPT9", "lpt9.tar.gz", false},
		{"COM0", "com0", false},
		{"clock$", "clock$", false},
		{"conin$", "CONIN$", false},
		{"dot at the end", "a.", false},
		{"space at the end", "a ", false},
		{"directory with a dot at the end", "a./b", false},
		{"stream", "a:b", false},
		{"drive", "C:x", false},
		{"star", "a*", false},
		{"question mark", "a?", false},
		{"angle bracket", "a<b", false},
		{"pipe", "a|b", false},
		{"quote", `a"b`, false},
		{"backslash", `a\b`, false},
		{"control", "a\x01", false},
		{"260 characters", strings.Repeat("a/", 129) + "bb", false},
		{"259 characters", strings.Repeat("a/", 129) + "b", true},
		{"259 characters in more bytes", strings.Repeat("é/", 129) + "é", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := manifest.PortableError(c.path); (err == nil) != c.ok {
				t.Errorf("PortableError(%q) = %v", c.path, err)
			}
		})
	}
}

func TestPortableDecoder(t *testing.T) {
	for _, entries := range [][]string{{"a:b"}, {"a/", "a/NUL"}, {"a/", "a/l -> b:c"}, {"a/", "a/b/", "a/b/l -> ../CON"}} {
		m := list(entries...)
		piece := encode(m, 0)[0]
		d := manifest.Decoder{Portable: true}
		wantRule(t, d.Add(piece), "Windows")
	}
	m := list("a/", "a/b/", "a/b/l -> .././c")
	d := manifest.Decoder{Portable: true}
	if err := d.Add(encode(m, 0)[0]); err != nil {
		t.Error(err)
	}
}
