package deps_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sesame/internal/deps"
)

// sources calls f for every Go file of the module, by its path from the root.
func sources(t *testing.T, f func(name string)) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		switch base := path.Base(name); {
		case err != nil:
			return err
		case d.IsDir() && (base == "testdata" || base != "." && strings.HasPrefix(base, ".")):
			return fs.SkipDir
		case !d.IsDir() && strings.HasSuffix(name, ".go"):
			f(name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// root is where the module begins.
var root = filepath.Join("..", "..")

// without returns the lines of a Go file with its comments blanked.
func without(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return blank(t, name, text)
}

func blank(t *testing.T, name string, text []byte) []string {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	start := set.File(file.FileStart).Base()
	for _, group := range file.Comments {
		ast.Inspect(group, func(n ast.Node) bool {
			if c, ok := n.(*ast.Comment); ok {
				for i := int(c.Pos()) - start; i < int(c.End())-start; i++ {
					if text[i] != '\n' {
						text[i] = ' '
					}
				}
			}
			return true
		})
	}
	return strings.Split(string(text), "\n")
}

// Fails when something that has one home is written down elsewhere, too, or
// its home has lost it, so that the row guards nothing.
func TestOneHomeEach(t *testing.T) {
	marks := map[string]*regexp.Regexp{}
	for _, p := range deps.Homes {
		marks[p.What] = regexp.MustCompile(p.Mark)
	}
	found := map[string]map[string]bool{}
	files := 0
	sources(t, func(name string) {
		if strings.HasSuffix(name, "_test.go") || within(path.Dir(name), "internal/test") || within(path.Dir(name), "internal/deps") {
			return
		}
		files++
		lines := without(t, name)
		for _, p := range deps.Homes {
			for i, line := range lines {
				if !marks[p.What].MatchString(line) {
					continue
				}
				at := slices.IndexFunc(p.In, func(in string) bool { return within(name, in) })
				if at < 0 {
					t.Errorf("%s:%d: %s belongs into %s: %s", name, i+1, p.What, strings.Join(p.In, " or "), p.Why)
					continue
				}
				if found[p.What] == nil {
					found[p.What] = map[string]bool{}
				}
				found[p.What][p.In[at]] = true
			}
		}
	})
	if files < 200 {
		t.Errorf("only %d files were read: the walk is broken", files)
	}
	for _, p := range deps.Homes {
		for _, in := range p.In {
			if !found[p.What][in] {
				t.Errorf("%s stands nowhere in %s: its row is wrong", p.What, in)
			}
		}
	}
}

// Fails when a mark doesn't see what it is there to find.
func TestMarks(t *testing.T) {
	for what, lines := range map[string][]string{
		"numbers of STUN": {"const magic = 0x2112A442", `	stunCookie = "\x21\x12\xa4\x42"`},
		"what is said to a relay, and by it": {
			`return fmt.Appendf(nil, "please relay %x for side %x\n", token, side)`, `lineBad = "bad handshake\n"`, `lineImpatient = "impatient\n"`,
		},
		"what sort an address is of": {
			`var carrier = netip.MustParsePrefix("100.64.0.0/10")`, "case ip.IsPrivate():", "if ip.IsLinkLocalUnicast() && ip.Is6() {",
		},
		"the list of this computer's addresses": {"own, _ := net.InterfaceAddrs()", "all, err := net.Interfaces()"},
		"host and port": {
			"host, port, err := net.SplitHostPort(s)", "at := net.JoinHostPort(host, strconv.Itoa(port))",
			`port = map[string]string{"ws": "80", "wss": "443"}[u.Scheme]`,
		},
		"which names can't be created": {
			`case "CON", "PRN", "AUX", "NUL":`, "const windowsChars = `<>:\"|?*`", "strings.ContainsRune(`\"*/:<>?\\|`, r)",
			`if strings.HasSuffix(name, ".") {`, `	suffix    = ".sesame"`,
		},
		"whether a file is still the same one": {"	if !os.SameFile(now, info) {"},
		"what an error of a socket means": {
			"	case errors.Is(err, syscall.ECONNREFUSED):", "if errno == windows.WSAECONNRESET {", "if err == unix.EHOSTUNREACH {",
			"return errors.As(err, &t) && t.Timeout()", "	case errors.Is(err, syscall.EACCES):",
		},
		"what the whole process shares": {
			`	slog.Info("lane up")`, "	l := cmp.Or(cfg.Logger, slog.Default())", `	log.Printf("%v", err)`, `	fmt.Println("sent")`, "func init() {",
			"	signal.Notify(c, os.Interrupt)", "	fmt.Fprintln(os.Stderr, err)", `	os.Setenv("A", "b")`,
		},
		"the keeping of a rate": {
			"	if now.Sub(l.began) >= time.Second {", "	if p.free.Before(now) {", "	if whole.Before(now) {",
			"	return int64(passed.Seconds() * float64(b.rate))",
		},
	} {
		at := slices.IndexFunc(deps.Homes, func(p deps.Home) bool { return p.What == what })
		if at < 0 {
			t.Errorf("the table has no row for %s", what)
			continue
		}
		for _, line := range lines {
			if !regexp.MustCompile(deps.Homes[at].Mark).MatchString(line) {
				t.Errorf("%s: %q isn't seen", what, line)
			}
		}
	}
}

// Fails when the search reads comments, or loses the numbers of lines with them.
func TestBlankComments(t *testing.T) {
	lines := blank(t, "a.go", []byte("package a // one\n\n/* two\nthree */ var x = \"// four\"\n"))
	want := []string{"package a       ", "", "      ", "         var x = \"// four\"", ""}
	if !slices.Equal(lines, want) {
		t.Errorf("%q, want %q", lines, want)
	}
}

// Fails when a module is back that was replaced, in a test or in go.mod.
func TestGoneModules(t *testing.T) {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for gone, instead := range deps.Gone {
		if strings.Contains(string(mod), gone) {
			t.Errorf("go.mod has %s: use %s", gone, instead)
		}
	}
	sources(t, func(name string) {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, name), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			for _, gone := range slices.Sorted(maps.Keys(deps.Gone)) {
				if within(imported, gone) {
					t.Errorf("%s imports %s: use %s", name, imported, deps.Gone[gone])
				}
			}
		}
	})
}
