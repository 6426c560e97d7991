package manifest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sesame/tree/manifest"
)

func TestSummary(t *testing.T) {
	m := list(".bashrc", "a/", "a/.hidden/", "a/.hidden/x", "a/l -> x", "a/run", "b.exe", "stdin")
	m.Entries[5].Exec = true
	m.Entries[7].Size = manifest.StreamSize
	m.Skipped = []manifest.Skipped{{Path: "a/s", Why: manifest.Because(manifest.CauseSocket)}}
	if err := m.Check(); err != nil {
		t.Fatal(err)
	}
	s := m.Summary()
	if s.Files != 5 || s.Dirs != 2 || s.Links != 1 || s.Bytes != 4 || s.Streams != 1 || s.Skipped != 1 {
		t.Errorf("counts are wrong: %+v", s)
	}
	for _, c := range []struct {
		name string
		got  manifest.Unusual
		want []string
	}{
		{"hidden at the top", s.HiddenTop, []string{".bashrc"}},
		{"hidden", s.Hidden, []string{".bashrc", "a/.hidden"}},
		{"programs", s.Programs, []string{"a/run", "b.exe"}},
		{"autorun", s.Autorun, []string{".bashrc"}},
	} {
		if c.got.Count != len(c.want) || !slices.Equal(c.got.First, c.want) {
			t.Errorf("%s: %+v, want %q", c.name, c.got, c.want)
		}
	}
}

func TestSummaryNamesAFew(t *testing.T) {
	m := new(manifest.Manifest)
	for i := range 1000 {
		m.Entries = append(m.Entries, manifest.Entry{Path: fmt.Sprintf(".%03d\u200b", i), Kind: manifest.File})
	}
	s := m.Summary()
	if s.HiddenTop.Count != 1000 || len(s.HiddenTop.First) != 5 || s.HiddenTop.First[4] != `.004\u{200b}` {
		t.Errorf("hidden: %+v", s.HiddenTop)
	}
}

func TestAutorun(t *testing.T) {
	for path, want := range map[string]bool{
		"photo.jpg":                                 false,
		"desktop.ini.txt":                           false,
		"x/Desktop.INI":                             true,
		"x/autorun.inf":                             true,
		"Firefox.desktop":                           true,
		"report.pdf.lnk":                            true,
		"home/.profile":                             true,
		"home/.ssh/authorized_keys":                 true,
		"home/.SSH/config":                          true,
		"home/my.ssh/x":                             false,
		"home/.sshx/y":                              false,
		"repo/.git/hooks/post-checkout":             true,
		"repo/.git/config":                          true,
		"repo/.git/objects/ab":                      false,
		"git/hooks/x":                               false,
		".config/autostart/x":                       true,
		"u/Library/LaunchAgents/a.plist":            true,
		"AppData/Start Menu/Programs/Startup/a.exe": true,
		"AppData/Start Menu/Programs/Other/a.exe":   false,
		"site-packages/sitecustomize.py":            true,
		"project/.vscode/tasks.json":                true,
		"project/.vscode/settings.json":             false,
		"Library/Application Support/LaunchAgents-notes.txt": false,
	} {
		m := &manifest.Manifest{Entries: []manifest.Entry{{Path: path, Kind: manifest.File}}}
		if got := m.Summary().Autorun.Count == 1; got != want {
			t.Errorf("%s: autorun is %v, want %v", path, got, want)
		}
	}
}

func TestTree(t *testing.T) {
	m := list("a/", "a/b/", "a/b/1", "a/b/2", "a/b/3", "a/c/", "a/c/4", "a/l -> c/4", "d", "e/")
	m.Entries[2].Size = 1_234_567
	m.Entries[8].Size = manifest.StreamSize
	for _, c := range []struct {
		limit int
		want  string
	}{
		{0, `a/  4 files, 1.2 MB
  b/  3 files, 1.2 MB
    1  1.2 MB
    2  1 B
    3  1 B
  c/  1 file, 1 B
    4  1 B
  l -> c/4
d  size unknown
e/  no files`},
		{10, `a/  4 files, 1.2 MB
  b/  3 files, 1.2 MB
    1  1.2 MB
    2  1 B
    3  1 B
  c/  1 file, 1 B
    4  1 B
  l -> c/4
d  size unknown
e/  no files`},
		{8, `a/  4 files, 1.2 MB
  b/  3 files, 1.2 MB
    1  1.2 MB
    … 2 more
  c/  1 file, 1 B
  l -> c/4
d  size unknown
e/  no files`},
		{7, `a/  4 files, 1.2 MB
  b/  3 files, 1.2 MB
  c/  1 file, 1 B
  l -> c/4
d  size unknown
e/  no files`},
		{5, `a/  4 files, 1.2 MB
  b/  3 files, 1.2 MB
  … 2 more
d  size unknown
e/  no files`},
		{4, `a/  4 files, 1.2 MB
d  size unknown
e/  no files`},
		{2, `a/  4 files, 1.2 MB
… 2 more`},
		{1, `… 3 more`},
	} {
		if got := strings.Join(m.Tree(c.limit), "\n"); got != c.want {
			t.Errorf("Tree(%d):\n%s\nwant\n%s", c.limit, got, c.want)
		}
	}
}

func TestTreeOfManyFiles(t *testing.T) {
	m := list("photos/")
	for i := range 20_000 {
		m.Entries = append(m.Entries, manifest.Entry{Path: fmt.Sprintf("photos/%05d.jpg", i), Kind: manifest.File, Size: 1_000_000})
	}
	lines := m.Tree(12)
	if len(lines) != 12 || lines[0] != "photos/  20,000 files, 20.0 GB" || lines[11] != "  … 19,990 more" {
		t.Errorf("Tree(12) = %q", lines)
	}
}

func TestTreeMarksAndEscapes(t *testing.T) {
	m := list(".x", "a\u200b\u0378", "b.lnk", "c.sh")
	m.Entries[3].Exec = true
	want := ".x  1 B  ⚠ hidden|a\\u{200b}\\u{378}  1 B|b.lnk  1 B  ⚠ may start by itself|c.sh  1 B  ⚠ program"
	if got := strings.Join(m.Tree(0), "|"); got != want {
		t.Errorf("Tree = %q, want %q", got, want)
	}
}
