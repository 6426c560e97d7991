package staging

import (
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"sesame/tree"
	"sesame/tree/manifest"
)

// Fails if names that a file system takes for one are not found before anything
// is written, or if names are refused that it keeps apart. What file systems do is
// stood in for by functions, but for the one that is here.
func TestTwins(t *testing.T) {
	apart := func(a, b string) (bool, error) { return a == b, nil }
	noCase := func(a, b string) (bool, error) { return strings.EqualFold(a, b), nil }
	composed := func(a, b string) (bool, error) { return norm.NFC.String(a) == norm.NFC.String(b), nil }
	for name, c := range map[string]struct {
		paths []string
		one   func(a, b string) (bool, error)
		want  string // of A and B
	}{
		"kept apart":      {[]string{"d", "d/README", "d/readme"}, apart, ""},
		"case":            {[]string{"d", "d/README", "d/readme"}, noCase, "d/README d/readme"},
		"directories":     {[]string{"A", "A/x", "a", "a/y"}, noCase, "A a"},
		"in them":         {[]string{"A", "A/x", "b", "b/X"}, noCase, ""},
		"composed":        {[]string{"e\u0301", "\u00e9"}, composed, "e\u0301 \u00e9"},
		"not by case":     {[]string{"README", "readme"}, composed, ""},
		"third of three":  {[]string{"\u00e9x", "\u00c9x", "e\u0301x"}, composed, "\u00e9x e\u0301x"},
		"different names": {[]string{"a", "b"}, noCase, ""},
	} {
		m := new(manifest.Manifest)
		for _, p := range c.paths {
			m.Entries = append(m.Entries, manifest.Entry{Path: p, Kind: manifest.Dir})
		}
		groups, err := m.Collisions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		err = findTwins(t.Context(), m, groups, c.one)
		var twins *tree.TwinsError
		got := ""
		if errors.As(err, &twins) {
			got = twins.A + " " + twins.B
		}
		if got != c.want || err != nil && twins == nil {
			t.Errorf("%s: %v", name, err)
		}
	}

	dir, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	d, err := openFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	if one, err := areTwins(d, "same", "same"); err != nil || !one {
		t.Errorf("a name and itself: %v, %v", one, err)
	}
	if one, err := areTwins(d, "one", "other"); err != nil || one {
		t.Errorf("two names: %v, %v", one, err)
	}
	if names, err := d.names(); err != nil || len(names) > 0 {
		t.Errorf("%q is left, %v", names, err)
	}
}
