package deps_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	// What somebody says, or an error in words.
	speech = `\b\w+(\.\w+)*\.(Error\(\)|Words|Message|Reason|Text\(\))`
	// A name for it.
	spoken = regexp.MustCompile(`^\s*(?:\w+ )?(\w+) :?= ` + speech + `$`)
	// A decision that hangs on what has a name.
	byName = regexp.MustCompile(`strings\.(?:Contains|ContainsAny|HasPrefix|HasSuffix|EqualFold|Cut|CutPrefix|CutSuffix)\((\w+),|\b(\w+) [!=]= "[^"]`)
	// A decision that hangs on it.
	byWords = regexp.MustCompile(`strings\.(Contains|ContainsAny|HasPrefix|HasSuffix|EqualFold)\(` + speech + `,|` +
		speech + ` [!=]= ("[^"]|\w*[sS]ays)`)
	// What only a command line has, in code, texts and comments.
	commandLine = regexp.MustCompile(`(^|[^-\w])--[a-z]|(^|[^.])\b([Ff]lags?|[Ee]xit(s|ed|ing)?|tty|TTY|stdin|stdout|stderr)\b|[Tt]erminal|` +
		`[Ss]tandard (input|output|error)|[Cc]ommand line|isatty|pflag|\bos\.(Exit|Stdin|Stdout|Stderr|Args)\b|\bflag\.[A-Z]`)
)

// Fails if what happens hangs on the words of an error or of somebody else's
// message: both can be anything, and change.
func TestNothingHangsOnWords(t *testing.T) {
	sources(t, func(name string) {
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "internal/test/") {
			return
		}
		said := map[string]bool{}
		eachLine(t, name, func(n int, line string) {
			if hangs(line, said) {
				t.Errorf("%s:%d decides by words: %s", name, n, strings.TrimSpace(line))
			}
		})
	})
}

// hangs reports whether what happens hangs on words in a line. said has the names that
// lines before it in the file have given to words.
func hangs(line string, said map[string]bool) bool {
	line = strings.TrimRight(line, "\n")
	if strings.HasPrefix(line, "func ") {
		clear(said)
	}
	if m := spoken.FindStringSubmatch(line); m != nil {
		said[m[1]] = true
	}
	for _, m := range byName.FindAllStringSubmatch(line, -1) {
		if said[m[1]] || said[m[2]] {
			return true
		}
	}
	return byWords.MatchString(line)
}

// Fails if the client's library, its comments included, names a flag, a terminal, an
// exit code, or anything else that only a command line has: other front ends have none.
func TestClientKnowsNoCommandLine(t *testing.T) {
	sources(t, func(name string) {
		if strings.HasSuffix(name, "_test.go") || !strings.HasPrefix(name, "client/") {
			return
		}
		eachLine(t, name, func(n int, line string) {
			if commandLine.MatchString(line) {
				t.Errorf("%s:%d knows a command line: %s", name, n, strings.TrimSpace(line))
			}
		})
	})
}

// Fails if the expressions of these tests let through what they are there for.
func TestWordsAreFound(t *testing.T) {
	for line, bad := range map[string]bool{
		`case err.Message == saysVerifier:`:                               true,
		`case strings.HasSuffix(err.Message, "cancelled the transfer"):`:  true,
		`if strings.Contains(f.err.Error(), "already used") {`:            true,
		`case no.Reason == "the receiver's disk has not enough room":`:    true,
		`case e.Words == "":`:                                             false,
		`case errors.As(err, &invalid) && invalid.Reason == x509.Expired`: false,
	} {
		if got := byWords.MatchString(line); got != bad {
			t.Errorf("%s: %v", line, got)
		}
	}
	said := map[string]bool{}
	for _, line := range []string{"	said := op.Err.Error()", "	text = e.Words"} {
		if hangs(line, said) {
			t.Errorf("%s: by words", line)
		}
	}
	for _, line := range []string{`	case strings.Contains(said, "authentication"):`, `	if rest, ok := strings.CutPrefix(text, "unknown "); ok {`, `	if said == "EOF" {`} {
		if !hangs(line, said) {
			t.Errorf("%s: not seen", line)
		}
	}
	if hangs("func (s *Server) next() {", said) || hangs(`	if said == "EOF" {`, said) {
		t.Error("another function's name is taken for words")
	}
	for line, bad := range map[string]bool{
		`"leave out --tor"`:                        true,
		`return Fail(Usage, "see --help")`:         true,
		`// With --verify the two people compare.`: true,
		`// The exit code is 4 then.`:              true,
		`// It exits with 4.`:                      true,
		`if isTerminal(f) {`:                       true,
		`// Raw mode of the terminal`:              true,
		`in a flag of the user's`:                  true,
		`read it from standard input`:              true,
		`fmt.Fprintln(os.Stderr, err)`:             true,
		`"a--b" + "c"`:                             false,
		`n-- // one fewer`:                         false,
		`if l.Flags&net.FlagLoopback != 0 {`:       false,
		`// determined by both sides`:              false,
		`"existing, flagrant, interminable"`:       false,
	} {
		if got := commandLine.MatchString(line); got != bad {
			t.Errorf("%s: %v", line, got)
		}
	}
}

func eachLine(t *testing.T, name string, do func(n int, line string)) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		do(n, line)
	}
}
