package rendezvous_test

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"sesame/rendezvous"
)

func TestParseCode(t *testing.T) {
	const none = ""
	for _, c := range []struct {
		name, in  string
		nameplate string // "" if refused
		suggest   string
		insist    bool // refused, but possible
	}{
		{"generated", "7-crossover-clockwork", "7", none, false},
		{"three words", "123-crossover-clockwork-crucifix", "123", none, false},
		{"one word", "7-crossover", "", none, true},
		{"own words", "4-purple-sausages", "", none, true},
		{"own secret", "4-xK9$", "", none, true},
		{"not ASCII", "7-café-über", "", none, true},
		{"white space around", " \t7-crossover-clockwork\r\n", "7", none, false},
		{"local", "local-7-crossover-clockwork", "7", none, false},
		{"local, own words", "local-4-purple-sausages", "", none, true},
		{"40 digits", strings.Repeat("1", 40) + "-x", "", none, true},

		{"empty", "", "", none, false},
		{"spaces", "   ", "", none, false},
		{"dash", "-", "", none, false},
		{"number", "7", "", none, false},
		{"number and dash", "7-", "", none, false},
		{"no number", "-foo-bar", "", none, false},
		{"words only", "crossover-clockwork", "", none, false},
		{"leading zero", "07-foo-bar", "", none, false},
		{"zero", "0-foo-bar", "", none, false},
		{"plus", "+7-foo-bar", "", none, false},
		{"minus", "-7-foo-bar", "", none, false},
		{"hexadecimal", "0x7-foo-bar", "", none, false},
		{"decimal point", "7.0-foo-bar", "", none, false},
		{"full-width digit", "７-foo-bar", "", none, false},
		{"full-width digit, list words", "７-crossover-clockwork", "", "7-crossover-clockwork", false},
		{"Arabic digit", "٧-foo-bar", "", none, false},
		{"two dashes", "7--foo", "", none, false},
		{"two dashes, list words", "7--crossover-clockwork", "", "7-crossover-clockwork", false},
		{"dash at the end", "7-crossover-clockwork-", "", "7-crossover-clockwork", false},
		{"41 digits", strings.Repeat("1", 41) + "-x", "", none, false},
		{"many digits", strings.Repeat("1", 1e6), "", none, false},
		{"4 KiB", "7-" + strings.Repeat("x", 4096), "", none, false},
		{"10 MiB", strings.Repeat("x", 10<<20), "", none, false},
		{"NUL", "7-cross\x00over-clockwork", "", "7-crossover-clockwork", false},
		{"not UTF-8", "7-cross\xffover", "", none, false},
		{"escape", "7-\x1b[2Jcrossover", "", none, false},
		{"right to left", "7-\u202ecrossover-clockwork", "", "7-crossover-clockwork", false},
		{"capitals", "7-Crossover-CLOCKWORK", "", "7-crossover-clockwork", true},
		{"spaces between", "7 crossover clockwork", "", "7-crossover-clockwork", false},
		{"space in an own secret", "7-my secret", "", "7-my-secret", false},
		{"spaces and signs", "7-my $ecret", "", none, false},
		{"no-break space", "7-crossover\u00a0clockwork", "", "7-crossover-clockwork", false},
		{"hyphen U+2010", "7-crossover\u2010clockwork", "", "7-crossover-clockwork", true},
		{"en dash", "7-crossover\u2013clockwork", "", "7-crossover-clockwork", true},
		{"em dash for the first", "7\u2014crossover-clockwork", "", "7-crossover-clockwork", false},
		{"horizontal bar", "7-crossover\u2015clockwork", "", "7-crossover-clockwork", true},
		{"underscore", "7_crossover_clockwork", "", "7-crossover-clockwork", false},
		{"not near any word", "7-sandwhich-clockwork", "", none, true},
		{"letter added", "7-crossoverr-clockwork", "", "7-crossover-clockwork", true},
		{"letter left out", "7-crossover-clockwrk", "", "7-crossover-clockwork", true},
		{"letter wrong", "7-crissover-clockwork", "", "7-crossover-clockwork", true},
		{"letters swapped", "7-corssover-clockwork", "", "7-crossover-clockwork", true},
		{"both words wrong", "7-crosover-clocwork", "", "7-crossover-clockwork", true},
		{"words swapped", "7-clockwork-crossover", "", "7-crossover-clockwork", true},
		{"two letters wrong", "7-crxxsover-clockwork", "", "7-crossover-clockwork", true},
		{"two letters swapped, far apart", "7-corssovre-clockwork", "", "7-crossover-clockwork", true},
		{"three letters wrong", "7-crxxxover-clockwork", "", none, true},
		{"two letters of a short word wrong", "7-crossover-akxel", "", none, true},
		{"spoken", "seven crossover clockwork", "", "7-crossover-clockwork", false},
		{"spoken, own words", "seven crossword clockwork", "", "7-crossword-clockwork", false},
		{"spoken with dashes", "seven-crossover-clockwork", "", "7-crossover-clockwork", false},
		{"spoken digits", "One two three crossover clockwork", "", "123-crossover-clockwork", false},
		{"spoken in two", "one twenty three crossover clockwork", "", "123-crossover-clockwork", false},
		{"spoken in full", "one hundred and five crossover clockwork", "", "105-crossover-clockwork", false},
		{"spoken with a zero", "one oh five crossover clockwork", "", "105-crossover-clockwork", false},
		{"digits apart", "1 2 3 crossover clockwork", "", "123-crossover-clockwork", false},
		{"spoken number alone", "seven", "", none, false},
		{"spoken zero", "zero crossover clockwork", "", none, false},
		{"number in the words", "7 seven sisters", "", "7-seven-sisters", false},
		{"local without a number", "local-crossover-clockwork", "", none, false},
		{"local alone", "local-", "", none, false},
		{"local twice", "local-local-7-crossover-clockwork", "", none, false},
		{"local without words", "local-7", "", none, false},
		{"local and nothing", "local", "", none, false},
		{"local, leading zero", "local-07-foo-bar", "", none, false},
		{"local, spoken", "Local 7 crossover clockwork", "", "local-7-crossover-clockwork", false},
		{"local, letter left out", "loca-7-crossover-clockwork", "", "local-7-crossover-clockwork", false},
		{"local, letter wrong in a word", "local-7-crossovar-clockwork", "", "local-7-crossover-clockwork", true},
		{"local, words swapped", "local-7-clockwork-crossover", "", "local-7-crossover-clockwork", true},
		{"a word missing", "8-ohio", "", none, true},
		{"a word missing, the second kind", "8-goldfish", "", none, true},
		{"a number of two words that are missing", "8-ohio-ohio", "", none, true},
		{"a dash missing", "5-galvestongoldfish", "", "5-galveston-goldfish", true},
		{"a dash missing, three words", "5-galvestongoldfish-ohio", "", "5-galveston-goldfish-ohio", true},
		{"a dash too many, words swapped", "5-gold-fish-galveston", "", "5-galveston-goldfish", true},
		{"a dash too many", "5-galves-ton-goldfish", "", "5-galveston-goldfish", true},
		{"no dash at all", "5galvestongoldfish", "", none, false},
		{"nothing like it", "5-foobar-xyzzy", "", none, true},
		{"slashes", "5/galveston/goldfish", "", "5-galveston-goldfish", false},
		{"a slash among the words", "5-galveston/goldfish", "", "5-galveston-goldfish", true},
		{"everything at once", " 7 CROSOVER\u2013Clockwork ", "", "7-crossover-clockwork", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, err := rendezvous.ParseCode(c.in)
			if c.nameplate != "" {
				if err != nil || code.Nameplate != c.nameplate || code.String() != strings.Trim(c.in, " \t\r\n") {
					t.Fatalf("code %q, nameplate %q, error %v", code.String(), code.Nameplate, err)
				}
				return
			}
			var bad *rendezvous.CodeError
			if !errors.As(err, &bad) {
				t.Fatalf("code %q, error %v", code, err)
			}
			if bad.Suggestion != c.suggest {
				t.Errorf("suggests %q, want %q", bad.Suggestion, c.suggest)
			}
			if got := bad.Code.String() != ""; got != c.insist || (got && bad.Code.String() != c.in) {
				t.Errorf("insisting gives %q", bad.Code)
			}
			if len(err.Error()) > 300 || strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' }) {
				t.Errorf("text %q", err)
			}
		})
	}
}

// Fails if what is wrong with a code is told as something else, or if no text has one of
// the problems.
func TestCodeErrorText(t *testing.T) {
	met := make(map[rendezvous.Problem]bool)
	for in, want := range map[string]string{
		"8-ohio":                     "code: typed-one-word",
		"8-ohio-ohio":                "code: typed-missing",
		"5-foobar-xyzzy":             `code: typed-unlisted "foobar"`,
		"5-galvestongoldfish":        "code: typed-parted, near 5-galveston-goldfish",
		"5-gold-fish-galveston":      "code: typed-parted, near 5-galveston-goldfish",
		"7-Crossover-clockwork":      "code: typed-form, near 7-crossover-clockwork",
		"7-crosover-clockwork":       `code: typed-unlisted "crosover", near 7-crossover-clockwork`,
		"7-clockwork-crossover":      "code: typed-order, near 7-crossover-clockwork",
		"07-crossover-clockwork":     "code: typed-zero",
		"":                           "code: typed-empty",
		"\xff":                       "code: typed-not-text",
		"7-\u202ea":                  "code: typed-unseen",
		"-a-b":                       "code: typed-no-number",
		"7-my $ecret":                "code: typed-spaces",
		"7-a--b":                     "code: typed-dashes",
		strings.Repeat("7", 257):     "code: typed-long",
		"x":                          `code: typed-other-number "x"`,
		"7":                          "code: typed-no-words",
		"local-":                     "code: typed-local-alone",
		"local-7-crosover-clockwork": `code: typed-unlisted "crosover", near local-7-crossover-clockwork`,
	} {
		if _, err := rendezvous.ParseCode(in); err == nil || err.Error() != want {
			t.Errorf("%s: %v\nwant %s", in, err, want)
		} else if bad, ok := errors.AsType[*rendezvous.CodeError](err); ok {
			met[bad.Problem] = true
		}
	}
	for _, p := range rendezvous.Problems() {
		if !met[p] {
			t.Errorf("nothing was %s", p)
		}
	}
}

func TestCodeIsNotLogged(t *testing.T) {
	code, err := rendezvous.ParseCode("7-crossover-clockwork")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	slog.New(slog.NewTextHandler(&b, nil)).Info("m", "code", code)
	if strings.Contains(b.String(), "clockwork") {
		t.Error(b.String())
	}
}

func TestComplete(t *testing.T) {
	plates := []string{"12", "7", "1", "70", "x", "7"}
	for _, c := range []struct{ typed, want string }{
		{"", "1- 7- 12- 70-"},
		{"7", "7- 70-"},
		{"8", ""},
		{"7-crossov", "7-crossover-"},
		{"7-crossover-clockw", "7-crossover-clockwork"},
		{"7-crossover-clockwork-cruc", "7-crossover-clockwork-crucifix"},
		{"7-crossover-cruci", "7-crossover-crucial"},
		{"7-Cross", ""},
		{"7-xyz", ""},
		{"l", "local-"},
		{"local-", "local-1- local-7- local-12- local-70-"},
		{"local-7-crossov", "local-7-crossover-"},
		{"local-7-crossover-clockw", "local-7-crossover-clockwork"},
		{"locale", ""},
	} {
		if got := strings.Join(rendezvous.Complete(c.typed, plates), " "); got != c.want {
			t.Errorf("%q: %s, want %s", c.typed, got, c.want)
		}
	}
	if all := rendezvous.Complete("7-", nil); len(all) != 256 || !slices.IsSorted(all) {
		t.Errorf("%d first words", len(all))
	}
	if all := rendezvous.Complete("", nil); len(all) != 0 {
		t.Errorf("nameplates out of nowhere: %q", all)
	}
}

// Fails if a local code isn't told from others, or has another password than
// the whole of it.
func TestNewLocal(t *testing.T) {
	code, err := rendezvous.NewLocal("42", 3)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := rendezvous.ParseCode(code.String()); err != nil || again != code || !code.Local || code.Nameplate != "42" {
		t.Errorf("%v became %v, %v", code.String(), again, err)
	}
	if n := strings.Count(code.String(), "-"); n != 4 {
		t.Errorf("%v doesn't have 3 words", code.String())
	}
	for _, bad := range []string{"", "0", "x", "-7", "1234567890"} {
		if code, err := rendezvous.NewLocal(bad, 2); err == nil {
			t.Errorf("nameplate %q made %v", bad, code.String())
		}
	}
}

func FuzzParseCode(f *testing.F) {
	for _, s := range []string{"local-7-crossover-clockwork", "Local 7 crossover", "local-", "7-crossover-clockwork", " 7 Crossover\u2013clockwrk", "７-x", "4-purple-sausages", "7--", "\xff", "7-\u202e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		code, err := rendezvous.ParseCode(s)
		var bad *rendezvous.CodeError
		switch {
		case err == nil:
			if code.String() != strings.Trim(s, " \t\r\n") || !utf8.ValidString(code.String()) || len(code.String()) > 256 {
				t.Fatalf("%q became %q", s, code.String())
			}
			if again, err := rendezvous.ParseCode(code.String()); err != nil || again != code {
				t.Fatalf("%q: again %v", s, err)
			}
		case !errors.As(err, &bad):
			t.Fatalf("%q: %v", s, err)
		case bad.Suggestion != "":
			_, err := rendezvous.ParseCode(bad.Suggestion)
			var own *rendezvous.CodeError
			if err != nil && (!errors.As(err, &own) || own.Code.String() != bad.Suggestion) {
				t.Fatalf("%q: suggests %q: %v", s, bad.Suggestion, err)
			}
		}
		for _, full := range rendezvous.Complete(s, []string{"7"}) {
			if !strings.HasPrefix(full, s) {
				t.Fatalf("%q completed to %q", s, full)
			}
		}
	})
}

func ExampleParseCode() {
	code, err := rendezvous.ParseCode("7-crossover-clockwork\n")
	fmt.Println(code, err)

	_, err = rendezvous.ParseCode("7-crossover-clokwork")
	fmt.Println(err)
	if bad, ok := errors.AsType[*rendezvous.CodeError](err); ok {
		fmt.Println(bad.Suggestion)
	}
	// Output:
	// 7-crossover-clockwork <nil>
	// code: typed-unlisted "clokwork", near 7-crossover-clockwork
	// 7-crossover-clockwork
}

func ExampleComplete() {
	fmt.Println(rendezvous.Complete("1", []string{"7", "12", "1"}))
	fmt.Println(rendezvous.Complete("7-crossov", nil))
	fmt.Println(rendezvous.Complete("7-crossover-cl", nil))
	// Output:
	// [1- 12-]
	// [7-crossover-]
	// [7-crossover-clamshell 7-crossover-classic 7-crossover-classroom 7-crossover-cleanup 7-crossover-clockwork]
}
