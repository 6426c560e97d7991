package settings

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// read reads settings from arguments, the environment and a file with a text.
func read(t *testing.T, text string, environ []string, args ...string) (*Settings, error) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "relay.conf")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, _, err := Line{Args: append([]string{"--config", name}, args...), Environ: environ}.Read()
	return s, err
}

var write = flag.Bool("write", false, "write the table into doc/settings.md")

// Fails when the page of the documentation and the table aren't equal; with -write they
// are made to be.
func TestPageIsTheTable(t *testing.T) {
	const name, begin, end = "../../../doc/settings.md", "<!-- settings -->\n", "<!-- end -->"
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, text, _ := strings.Cut(string(b), begin)
	text, after, found := strings.Cut(text, end)
	if !found {
		t.Fatalf("doc/settings.md has no place for the table, between %q and %q", begin, end)
	}
	if *write {
		text = Page()
		if err := os.WriteFile(name, []byte(before+begin+text+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if text != Page() {
		t.Errorf("doc/settings.md isn't what the table says; between the marks there should be:\n%s", Page())
	}
}

// Fails when a row has no group or text, when two have one name, or when a default can't
// be written as a value.
func TestTable(t *testing.T) {
	seen := make(map[string]bool)
	for _, row := range Table() {
		if seen[row.Name] || !slices.Contains(Groups, row.Group) || row.Text == "" || strings.HasSuffix(row.Text, ".") {
			t.Errorf("%+v", row)
		}
		seen[row.Name] = true
		if err := row.set(row.get()); err != nil {
			t.Errorf("%s = %s, its default: %v", row.Name, row.get(), err)
		}
		if row.Auto != "" && row.Default != "" {
			t.Errorf("%s has two defaults", row.Name)
		}
	}
	for i, group := range Groups {
		if slices.Index(Groups, group) != i || !slices.ContainsFunc(Table(), func(s Setting) bool { return s.Group == group }) {
			t.Errorf("group %s", group)
		}
	}
}

// other is a value of each kind that isn't a default.
func other(row Setting) string {
	switch {
	case row.Switch():
		return "yes"
	case row.Takes == "CIDR":
		return "10.0.0.0/8,192.0.2.1/32"
	case row.Takes == "HOST:PORT":
		return "192.0.2.1:99"
	case row.Takes == "NUMBER":
		for n := 1; ; n++ {
			if text := fmt.Sprint(n); text != row.get() && row.set(text) == nil {
				return text
			}
		}
	case row.Takes == "URL":
		return "https://acme.example.org/directory"
	case row.Takes == "LEVEL":
		return "2"
	case row.Takes == "SIZE":
		return "8MiB"
	case row.Takes == "TIME":
		return "59m59s"
	}
	return "example"
}

// Fails when a setting can't be set by a flag, the environment or the file, when the
// stronger of two doesn't win, or when it isn't told where a value is from.
func TestEachSettingFromEverywhere(t *testing.T) {
	for _, row := range Table() {
		if row.onFlag {
			continue
		}
		value := other(row)
		var beside []string
		if with := map[string]string{"cert": "key", "key": "cert"}[row.Name]; with != "" {
			beside = []string{"--" + with + "=example"}
		}
		for from, err := range map[string]func() (*Settings, error){
			"flag":        func() (*Settings, error) { return read(t, "", nil, append(beside, "--"+row.Name+"="+value)...) },
			"environment": func() (*Settings, error) { return read(t, "", []string{row.Variable() + "=" + value}, beside...) },
			"line 2":      func() (*Settings, error) { return read(t, "# ours\n"+row.Name+" = "+value+"  # so\n", nil, beside...) },
		} {
			s, err := err()
			if err != nil {
				t.Errorf("%s by %s: %v", row.Name, from, err)
				continue
			}
			got, _ := find(table(s), row.Name)
			if got.get() != value || !strings.Contains(string(s.From(row.Name)), from) {
				t.Errorf("%s by %s: %q from %q, want %q", row.Name, from, got.get(), s.From(row.Name), value)
			}
			var b strings.Builder
			s.Print(&b)
			if !strings.Contains(b.String(), row.Name+" = "+value+" ") {
				t.Errorf("check-config doesn't print %s = %s", row.Name, value)
			}
			again, err := read(t, b.String(), nil) // what is printed is a file
			if err != nil {
				t.Errorf("what check-config prints: %v", err)
			} else if l, f := s.Changed(again); len(l)+len(f) > 0 {
				t.Errorf("read again, these are different: %v %v", l, f)
			}
		}
	}
	for name, c := range map[string]struct {
		text string
		env  []string
		args []string
		want string
	}{
		"file":        {"motd = a", nil, nil, "a"},
		"environment": {"motd = a", []string{"SESAME_RELAY_MOTD=b"}, nil, "b"},
		"flag":        {"motd = a", []string{"SESAME_RELAY_MOTD=b"}, []string{"--motd", "c"}, "c"},
		"empty flag":  {"motd = a", []string{"SESAME_RELAY_MOTD=b"}, []string{"--motd="}, ""},
		"no variable": {"motd = a", []string{"SESAME_RELAY_MOTD="}, nil, "a"},
	} {
		if s, err := read(t, c.text, c.env, c.args...); err != nil || s.MOTD != c.want {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
}

func TestFile(t *testing.T) {
	s, err := read(t, `
# A file with everything that one can have.
  motd="maintenance # on \"Sunday\""   # a comment
name = relay.example.org, 192.0.2.7 # two
list = yes
mailbox-bytes = 4M
total-bytes = 1 gib
drain=5m	# behind a tab
signal-error =
advertise-version = a#b
`, nil)
	if err != nil {
		t.Fatal(err)
	}
	if s.MOTD != `maintenance # on "Sunday"` || !slices.Equal(s.Names, []string{"relay.example.org", "192.0.2.7"}) || !s.List ||
		s.Limits.MailboxBytes != 4<<20 || s.Limits.TotalBytes != 1<<30 || s.Drain != 5*time.Minute || s.AdvertiseVersion != "a#b" {
		t.Errorf("%+v", s)
	}
}

// Fails when something is wrong in a file and it isn't said in which line.
func TestFileErrors(t *testing.T) {
	for text, want := range map[string]string{
		"\n\nfrobnicate = 1\n":                `:3: frobnicate: there is no setting "frobnicate"`,
		"motd = a\nmotd = b":                  ":2: motd is there for the second time, first in line 1",
		"conns = many":                        `:1: conns "many" takes a number from`,
		"conns = 3":                           `:1: conns "3" takes a number from 16`,
		"\ndrain = soon":                      `:2: drain "soon" takes a time`,
		"mailbox-bytes = 1":                   `:1: mailbox-bytes "1" takes a number of bytes`,
		"mailbox-bytes = 99999999999TiB":      "takes a number of bytes",
		"mailbox-bytes = 1XiB":                "takes a number of bytes",
		"mailbox-bytes = ":                    "takes a number of bytes",
		"listen = 4000":                       "isn't of the form HOST:PORT",
		"trust-proxy = 10.0.0.0/33":           "isn't a network or an address",
		"trust-proxy = proxy":                 "isn't a network or an address",
		"acme = ftp://example.org":            "isn't a URL",
		"list = perhaps":                      "takes yes or no",
		"hello":                               ":1: a line is key = value, or begins with #",
		"= x":                                 ":1: a line is key = value",
		`motd = "a`:                           `:1: the value has no second "`,
		`motd = "a" b`:                        `:1: something stands behind`,
		`motd = "a\nb"`:                       "takes one line",
		"config = /etc/other":                 "a file can't name another one",
		"motd = \xff":                         "isn't text in UTF-8",
		"name = a b":                          "isn't a host name",
		"quiet = yes\nverbose = on\n":         "exclude each other",
		"motd = " + strings.Repeat("x", 2000): "takes one line of at most 1000 bytes",
		strings.Repeat("#\n", 600_000):        "more than a megabyte",
	} {
		if _, err := read(t, text, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
	_, err := read(t, "conns = 1\n\nlist = x\n", []string{"SESAME_RELAY_FROB=1", "SESAME_RELAY_LIST=y"}, "--accepts", "0")
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{":1: conns", ":3: list"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v, of many things at once it isn't said: %s", err, want)
		}
	}
	if _, err = read(t, "", []string{"SESAME_RELAY_FROB=1", "SESAME_RELAY_LIST=y"}, "--accepts", "0"); err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`SESAME_RELAY_LIST "y" takes yes or no`, `--accepts "0"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v, of many things at once it isn't said: %s", err, want)
		}
	}
	if s, err := read(t, "", []string{"SESAME_RELAY_PORT=tcp://192.0.2.1:4000", "SESAME_SERVER=x"}); err != nil || !slices.Equal(s.Strange, []string{"SESAME_RELAY_PORT"}) {
		t.Errorf("a variable that somebody else has made: %+v, %v", s, err)
	}
	if _, _, err := (Line{Args: []string{"--config", "/nonexistent/relay.conf"}}).Read(); err == nil || !strings.Contains(err.Error(), "/nonexistent/relay.conf") {
		t.Errorf("a named file that isn't there: %v", err)
	}
	if _, _, err := (Line{Args: []string{"--config="}}).Read(); err != nil {
		t.Errorf("no file: %v", err)
	}
}

// Fails when a running server takes what it can't, or when it isn't said what it took.
func TestTake(t *testing.T) {
	s, err := read(t, "motd = a\nclaims-per-source = 7\nlisten = :1\nconns = 100", nil)
	if err != nil {
		t.Fatal(err)
	}
	now, err := read(t, "motd = b\nlisten = :2\nconns = 200\nlist = yes", nil)
	if err != nil {
		t.Fatal(err)
	}
	live, fixed := s.Changed(now)
	if !slices.Equal(live, []string{"motd", "claims-per-source"}) || !slices.Equal(fixed, []string{"listen", "list", "conns"}) {
		t.Errorf("changed: %v, and not: %v", live, fixed)
	}
	s.Take(now)
	if s.MOTD != "b" || s.Limits.ClaimsPerSource != 60 || s.Listen != ":1" || s.Limits.Conns != 100 || s.List {
		t.Errorf("%+v", s)
	}
	if s.From("claims-per-source") != Default || !strings.Contains(string(s.From("motd")), "line 1") {
		t.Errorf("from %v", maps.Collect(maps.All(s.from)))
	}
}

// Fails when any text makes reading fail otherwise than with an error, when what it
// gives can't be written and read again.
func FuzzFile(f *testing.F) {
	for _, text := range []string{"motd = a", "list=yes # x", `name = "a,b"`, "conns=\n=", "drain = 1h"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines, _ := parseFile("f", text)
		for _, g := range lines {
			if strings.ContainsAny(g.text, "\n\r") {
				continue // only in quotes, and no setting takes it
			}
			key, value, err := parseLine(g.name + " = " + quote(g.text))
			if err != nil || key != g.name || value != g.text {
				t.Errorf("%q = %q is read as %q = %q, %v", g.name, g.text, key, value, err)
			}
		}
	})
}
