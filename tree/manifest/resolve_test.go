//go:build !js

package manifest

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestBaseName(t *testing.T) {
	root := filepath.VolumeName(t.TempDir()) + string(filepath.Separator)
	want := "root"
	if len(root) == 3 {
		want = root[:1]
	}
	if got := BaseName(root); got != want {
		t.Errorf("BaseName(%q) = %q, want %q", root, got, want)
	}
	if got := BaseName(filepath.Join(root, "a", "b")); got != "b" {
		t.Errorf("BaseName of a/b is %q", got)
	}
	for _, c := range []struct{ base, volume, want string }{
		{`\`, "Y:", "Y"}, {`\`, `\\nas\photos`, "photos"}, {"x", "Y:", "x"}, {`\`, "", "root"},
	} {
		if got := baseName(c.base, c.volume, '\\'); got != c.want {
			t.Errorf("on Windows the root of %q is called %q, want %q", c.volume, got, c.want)
		}
	}
}

func TestNumber(t *testing.T) {
	long := strings.Repeat("é", 126) + "x"
	for _, c := range []struct {
		name string
		dir  bool
		used []string
		want string
	}{
		{"photos", true, nil, "photos (2)"},
		{"v1.2", true, nil, "v1.2 (2)"},
		{"a.txt", false, nil, "a (2).txt"},
		{"a.tar.gz", false, nil, "a.tar (2).gz"},
		{".bashrc", false, nil, ".bashrc (2)"},
		{"a", false, []string{"a (2)", "a (3)"}, "a (4)"},
		{long, false, nil, strings.Repeat("é", 125) + " (2)"},
		{long + ".", true, nil, strings.Repeat("é", 125) + " (2)"},
	} {
		got := number(c.name, c.dir, func(s string) bool {
			for _, used := range c.used {
				if s == used {
					return true
				}
			}
			return false
		})
		if got != c.want || len(got) > MaxName {
			t.Errorf("number(%q) = %q, want %q", c.name, got, c.want)
		}
	}
}
