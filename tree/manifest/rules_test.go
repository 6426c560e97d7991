package manifest_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"sesame/tree/manifest"
)

var windows = manifest.SystemRules("windows")

// Fails if a name stays that can't be had, changes where it can, or becomes another one
// than doc/transfer.md §3.4 says.
func TestFit(t *testing.T) {
	exfat := manifest.Rules{Lacks: manifest.LacksBytes | manifest.LacksControls | manifest.LacksSigns | manifest.LacksBackslash | manifest.LacksCase | manifest.LacksLinks}
	for _, c := range []struct {
		rules    manifest.Rules
		in, want string
		why      manifest.Cause
	}{
		{manifest.Rules{}, "\u05e9\u05dc\u05d5\u05dd\u200f.txt", "\u05e9\u05dc\u05d5\u05dd\u200f.txt", 0},
		{manifest.Rules{}, "\u202a+49 171\u202c", "\u202a+49 171\u202c", 0},
		{manifest.Rules{}, "Icon\r", "Icon\r", 0},
		{manifest.Rules{}, "caf\xe9", "caf\xe9", 0},
		{manifest.Rules{}, `a:b\c. `, `a:b\c. `, 0},
		{manifest.Rules{}, "con", "con", 0},
		{manifest.Rules{}, "gpj.\u202eexe", "gpj.%E2%80%AEexe", manifest.CauseReversed},
		{manifest.Rules{}, "a\x1b[2J", "a%1B[2J", manifest.CauseControl},
		{manifest.Rules{}, "a\u009b", "a%C2%9B", manifest.CauseControl},
		{manifest.Rules{}, "%2e%2e", "%252e%252e", manifest.CauseDots},
		{exfat, "Icon\r", "Icon%0D", manifest.CauseControl},
		{exfat, "caf\xe9", "caf%E9", manifest.CauseNotUTF8},
		{exfat, "a\\b", "a%5Cb", manifest.CauseBackslash},
		{exfat, "12:30", "12%3A30", manifest.CauseSign},
		{exfat, "con", "con", 0},
		{exfat, "dot.", "dot.", 0},
		{windows, "a:b", "a%3Ab", manifest.CauseSign},
		{windows, "a*?<>|\"", "a%2A%3F%3C%3E%7C%22", manifest.CauseSign},
		{windows, "con", "co%6E", manifest.CauseDeviceName},
		{windows, "nul.tar.gz", "nu%6C.tar.gz", manifest.CauseDeviceName},
		{windows, "COM¹", "COM%C2%B9", manifest.CauseDeviceName},
		{windows, "aux .txt", "au%78 .txt", manifest.CauseDeviceName},
		{windows, "dot.", "dot%2E", manifest.CauseEnd},
		{windows, "space ", "space%20", manifest.CauseEnd},
		{windows, "...", "..%2E", manifest.CauseEnd},
		{windows, "ä ö.txt", "ä ö.txt", 0},
		{windows, "100%: done", "100%%3A done", manifest.CauseSign},
		{windows, "a%3Ab:c", "a%253Ab%3Ac", manifest.CauseSign},
		{windows, "a%3Ab", "a%3Ab", 0},
		{manifest.Rules{Longest: 143}, strings.Repeat("x", 200) + ".tar.gz", strings.Repeat("x", 136) + ".tar.gz", manifest.CauseLongName},
		{manifest.Rules{Longest: 1}, strings.Repeat("x", 65), strings.Repeat("x", 64), manifest.CauseLongName},
		{windows, strings.Repeat("a:", 127), strings.Repeat("a%3A", 63) + "a%3", manifest.CauseSign},
	} {
		got, why := c.rules.Fit(c.in)
		if got != c.want || why != c.why {
			t.Errorf("%q becomes %q for %d, want %q for %d", c.in, got, why, c.want, c.why)
		}
	}
}

// Fails if what comes out of the rule doesn't fit, or can't be read back though it isn't
// too long, or two names become one.
func FuzzFit(f *testing.F) {
	for _, s := range []string{"a:b", "con", "dot.", "%3A:", "%%3A%", "caf\xe9", "Icon\r", ".x.abcdefghij234567.sesame:", "..%2e:", strings.Repeat("ü:", 100)} {
		f.Add(s, "a%3Ab", uint32(0x3ff), 0)
	}
	f.Fuzz(func(t *testing.T, a, b string, lacks uint32, longest int) {
		r := manifest.Rules{Lacks: manifest.Lacks(lacks), Longest: longest}
		var fits []string
		for _, name := range []string{a, b} {
			if strings.Contains(name, "/") || manifest.NameRule(name) != manifest.CauseUnsaid {
				return
			}
			fit, why := r.Fit(name)
			if r.Wrong(fit) != manifest.CauseUnsaid || manifest.NameRule(fit) != manifest.CauseUnsaid {
				t.Fatalf("%q becomes %q, which is wrong for %d and %d", name, fit, r.Wrong(fit), manifest.NameRule(fit))
			}
			if (fit == name) != (why == manifest.CauseUnsaid) {
				t.Fatalf("%q becomes %q for %d", name, fit, why)
			}
			if fit != name && 3*len(name) <= manifest.MinLongest { // nothing was cut
				if back, err := unescape(fit); err != nil || back != name {
					t.Fatalf("%q becomes %q, which is read as %q, %v", name, fit, back, err)
				}
			}
			fits = append(fits, fit)
		}
		if fits[0] == fits[1] && a != b && fits[0] != a && fits[1] != b && 3*max(len(a), len(b)) <= manifest.MinLongest {
			t.Fatalf("%q and %q become %q", a, b, fits[0])
		}
	})
}

// unescape reads back what Fit writes.
func unescape(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if i+2 < len(s) && s[i] == '%' {
			if c, err := url.PathUnescape(s[i : i+3]); err == nil {
				b.WriteString(c)
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String(), nil
}

// applied is a list where rules hold, as "listed > written" for what changes.
func applied(t *testing.T, r manifest.Rules, entries ...string) (as *manifest.Fitted, paths []string) {
	t.Helper()
	m := list(entries...)
	if err := m.Check(); err != nil {
		t.Fatal(err)
	}
	as, err := r.Apply(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	for i := range m.Entries {
		a, b := &m.Entries[i], &as.List.Entries[i]
		if a.Kind != b.Kind || a.Size != b.Size {
			t.Errorf("entry %d is %+v and %+v", i, a, b)
		}
		line := b.Path
		if b.Kind == manifest.Link {
			line += " -> " + b.Target
		}
		paths = append(paths, line)
	}
	return as, paths
}

// Fails if a list gets other names than doc/transfer.md §3.4 says, if two become one, if
// what is in a folder doesn't follow it, or if a link leads to where nothing is.
func TestApply(t *testing.T) {
	apart := manifest.Rules{Lacks: manifest.LacksCase}
	for _, c := range []struct {
		name    string
		rules   manifest.Rules
		entries []string
		want    []string
		renamed string
		left    string
	}{
		{"nothing to do", windows, []string{"a/", "a/b", "c"}, []string{"a", "a/b", "c"}, "", ""},
		{"below", windows, []string{"a/", "a/b:c", "a/con"}, []string{"a", "a/b%3Ac", "a/co%6E"}, "a/b:c=a/b%3Ac a/con=a/co%6E", ""},
		{"a folder", windows, []string{"a:/", "a:/b", "a:/c/", "a:/c/d.", "e"}, []string{"a%3A", "a%3A/b", "a%3A/c", "a%3A/c/d%2E", "e"},
			"a:=a%3A a:/c/d.=a%3A/c/d%2E", ""},
		{"what has that name keeps it", windows, []string{"a/", "a/x%3Ay", "a/x:y", "a/x:y (2)"}, []string{"a", "a/x%3Ay", "a/x%3Ay (2)", "a/x%3Ay (2) (2)"},
			"a/x:y=a/x%3Ay (2) a/x:y (2)=a/x%3Ay (2) (2)", ""},
		{"numbers before the extension", windows, []string{"a/", "a/x%3A.txt", "a/x:.txt"}, []string{"a", "a/x%3A.txt", "a/x%3A (2).txt"}, "a/x:.txt=a/x%3A (2).txt", ""},
		{"the same name elsewhere", windows, []string{"a/", "a/x:", "b/", "b/x:"}, []string{"a", "a/x%3A", "b", "b/x%3A"}, "a/x:=a/x%3A b/x:=b/x%3A", ""},
		{"case", apart, []string{"README", "Readme", "readme", "readme (2)"}, []string{"README", "Readme (3)", "readme (4)", "readme (2)"},
			"Readme=Readme (3) readme=readme (4)", ""},
		{"folders that meet", apart, []string{"A/", "A/x", "a/", "a/X"}, []string{"A", "A/x", "a (2)", "a (2)/X"}, "a=a (2)", ""},
		{"forms", apart, []string{"d/", "d/e\u0301", "d/\u00e9"}, []string{"d", "d/e\u0301", "d/\u00e9 (2)"}, "d/\u00e9=d/\u00e9 (2)", ""},
		{"case, where it tells", manifest.Rules{}, []string{"README", "readme"}, []string{"README", "readme"}, "", ""},
		{"bytes that aren't UTF-8 are no twins", apart, []string{"a\xe8", "a\xe9"}, []string{"a\xe8", "a\xe9"}, "", ""},
		{"a link follows", windows, []string{"a/", "a/b:/", "a/b:/f", "a/l -> b:/f", "a/c/", "a/c/l -> ../b:/f"}[:4],
			[]string{"a", "a/b%3A", "a/b%3A/f", "a/l -> b%3A/f"}, "a/b:=a/b%3A", ""},
		{"a link goes up", windows, []string{"a/", "a/b:", "a/c/", "a/c/l -> ../b:"}, []string{"a", "a/b%3A", "a/c", "a/c/l -> ../b%3A"}, "a/b:=a/b%3A", ""},
		{"a link to what isn't sent", windows, []string{"a/", "a/l -> x:y", "a/m -> plain"}, []string{"a", "a/l -> ", "a/m -> plain"}, "", "a/l=99"},
		{"a link that leads out there", windows, []string{"a/", `a/l -> x\..\..\..\y`}, []string{"a", "a/l -> "}, "", "a/l=99"},
		{"no links", manifest.Rules{Lacks: manifest.LacksLinks}, []string{"a/", "a/l -> x"}, []string{"a", "a/l -> x"}, "", "a/l=131"},
		{"long names", manifest.Rules{Longest: 64}, []string{strings.Repeat("x", 70), strings.Repeat("x", 71), strings.Repeat("x", 72) + ".txt"},
			[]string{strings.Repeat("x", 64), strings.Repeat("x", 53) + " (2)", strings.Repeat("x", 60) + ".txt"}, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			as, paths := applied(t, c.rules, c.entries...)
			if !slices.Equal(paths, c.want) {
				t.Errorf("written %q, want %q", paths, c.want)
			}
			var renamed, left []string
			for _, r := range as.Renamed {
				renamed = append(renamed, r.Path+"="+r.As)
				if r.Why.Cause == manifest.CauseUnsaid || as.List.Entries[r.Entry].Path != r.As {
					t.Errorf("%+v", r)
				}
			}
			for _, l := range as.Left {
				left = append(left, fmt.Sprintf("%s=%d", l.Path, l.Why.Cause))
			}
			if got := strings.Join(renamed, " "); c.renamed != "" && got != c.renamed || c.name == "nothing to do" && got != "" {
				t.Errorf("renamed %q, want %q", got, c.renamed)
			}
			if got := strings.Join(left, " "); got != c.left {
				t.Errorf("left out %q, want %q", got, c.left)
			}
			if len(as.Renamed)+len(as.Left) == 0 && as.List == nil {
				t.Error("no list")
			}
		})
	}
}

// Fails if a list that was made to meet in every name takes longer than its length
// explains, or if two of its names become one.
func TestApplyToHostileLists(t *testing.T) {
	const n = 50_000
	for name, make := range map[string]func(i int) string{
		"all cut to one": func(i int) string { return strings.Repeat("x", 100) + fmt.Sprintf("%07d", i) },
		"numbers that are taken": func(i int) string {
			if i%2 == 0 {
				return fmt.Sprintf("x%%3A (%d)", i/2+2)
			}
			return fmt.Sprintf("x:%s", strings.Repeat(":", i%200))
		},
		"different but for the end": func(i int) string {
			return strings.Repeat("x", 55) + fmt.Sprintf("%06d:", i/2) + strings.Repeat("y", i%2)
		},
	} {
		t.Run(name, func(t *testing.T) {
			seen := map[string]bool{}
			var entries []string
			for i := range n {
				if name := make(i); !seen[name] {
					seen[name] = true
					entries = append(entries, name)
				}
			}
			slices.Sort(entries)
			began := time.Now()
			as, _ := applied(t, windows.And(manifest.Rules{Lacks: manifest.LacksCase, Longest: 64}), entries...)
			if took := time.Since(began); took > 2*time.Minute {
				t.Errorf("it takes %v", took)
			}
			there := map[string]bool{}
			for i := range as.List.Entries {
				path := as.List.Entries[i].Path
				if there[path] || len(path) > 64 {
					t.Fatalf("%q twice, or too long", path)
				}
				there[path] = true
			}
		})
	}
}
