package transfer

import (
	"slices"
	"testing"

	"sesame/tree/manifest"
)

// Fails if the disk is asked where every disk can have what is offered, isn't asked
// elsewhere, or if what it can't have keeps its name.
func TestDiskIsAskedOnlyWhereItMatters(t *testing.T) {
	file := func(path string) manifest.Entry {
		return manifest.Entry{Path: path, Kind: manifest.File, Size: 1}
	}
	for _, c := range []struct {
		name   string
		list   []manifest.Entry
		asked  bool
		become []string
	}{
		{"plain", []manifest.Entry{{Path: "d", Kind: manifest.Dir}, file("d/a.txt"), file("d/b c")}, false, nil},
		{"a sign", []manifest.Entry{file("a:b")}, true, []string{"a%3Ab"}},
		{"a long name", []manifest.Entry{file("a123456789a123456789a123456789a123456789a123456789a123456789a123456789")}, true, nil},
		{"two that are one to some disk", []manifest.Entry{{Path: "d", Kind: manifest.Dir}, file("d/A"), file("d/a")}, true, nil},
		{"a link", []manifest.Entry{{Path: "d", Kind: manifest.Dir}, file("d/a"), {Path: "d/l", Kind: manifest.Link, Target: "a"}}, true, nil},
	} {
		asked := 0
		names := func() manifest.Rules {
			asked++
			return manifest.Rules{Lacks: manifest.LacksSigns}
		}
		as, _, err := Fit(t.Context(), &manifest.Manifest{Entries: c.list}, names)
		if err != nil {
			t.Fatal(c.name, err)
		}
		var become []string
		for _, r := range as.Renamed {
			become = append(become, r.As)
		}
		if (asked > 0) != c.asked || !slices.Equal(become, c.become) || len(as.Left) > 0 {
			t.Errorf("%s: asked %d times, becomes %q, left are %v", c.name, asked, become, as.Left)
		}
	}
	asked := false
	names := func() manifest.Rules { asked = true; return manifest.Rules{Lacks: manifest.LacksSigns} }
	if name, renamed := FitName("plain.txt", names); name.String() != "plain.txt" || renamed != nil || asked {
		t.Errorf("plain.txt: %q, %v, asked: %v", name, renamed, asked)
	}
	if name, renamed := FitName("a:b", names); name.String() != "a%3Ab" || len(renamed) != 1 || !asked {
		t.Errorf("a:b: %q, %v, asked: %v", name, renamed, asked)
	}
}
