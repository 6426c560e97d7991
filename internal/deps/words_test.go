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
	// A decision that hangs on it.
	byWords = regexp.MustCompile(`strings\.(Contains|ContainsAny|HasPrefix|HasSuffix|EqualFold)\(` + speech + `,|` +
		speech + ` [!=]= ("[^"]|\w*[sS]ays)`)
	flagNamed = regexp.MustCompile(`"[^"]*(^|[^-\w])--[a-z][^"]*"`)
)

// Fails if what happens hangs on the words of an error or of somebody else's
// message: both can be anything, and change.
func TestNothingHangsOnWords(t *testing.T) {
	sources(t, func(name string) {
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "internal/test/") {
			return
		}
		eachLine(t, name, func(n int, line string) {
			if byWords.MatchString(line) {
				t.Errorf("%s:%d decides by words: %s", name, n, strings.TrimSpace(line))
			}
		})
	})
}

// Fails if the client's library names a flag of the command: other front ends
// have none.
func TestClientNamesNoFlag(t *testing.T) {
	sources(t, func(name string) {
		if strings.HasSuffix(name, "_test.go") || !strings.HasPrefix(name, "client/") {
			return
		}
		eachLine(t, name, func(n int, line string) {
			if flagNamed.MatchString(line) {
				t.Errorf("%s:%d names a flag: %s", name, n, strings.TrimSpace(line))
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
	if !flagNamed.MatchString(`"leave out --tor"`) || flagNamed.MatchString(`"a--b"`) {
		t.Error("flags aren't told from other words")
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
