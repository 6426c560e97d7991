package manifest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// plainFold is the caseless match as the Unicode Standard writes it down, without
// what is invisible: slow, and without a bound.
func plainFold(name string) string {
	name = norm.NFKD.String(caseFold(norm.NFD.String(name)))
	name = norm.NFKD.String(caseFold(name))
	var b strings.Builder
	for _, r := range name {
		if !unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// caseFold is that of package cases, but for Cherokee, whose capitals it makes small
// and whose small letters capital: CaseFolding.txt has both become capitals.
func caseFold(name string) string {
	var b strings.Builder
	caser := cases.Fold()
	for _, r := range name {
		if unicode.Is(unicode.Cherokee, r) {
			b.WriteRune(unicode.ToUpper(r))
		} else {
			b.WriteString(caser.String(string(r)))
		}
	}
	return b.String()
}

// Fails if names that differ in what is upper and lower case don't meet, in each script
// that has both.
func TestCasesMeet(t *testing.T) {
	var f folding
	meet := func(a, b rune) bool {
		x, _ := f.fold(nil, string(a))
		y, _ := f.fold(nil, string(b))
		return string(x) == string(y)
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if other := unicode.SimpleFold(r); !meet(r, other) {
			t.Errorf("%U and %U don't", r, other)
		}
	}
	for _, c := range []rune("\u0131\u00e5\u1c80") {
		if meet(c, 'a') {
			t.Errorf("%U meets an a", c)
		}
	}
}

// Fails if a name is compared otherwise than the Unicode Standard says: each
// character by itself, and many together.
func TestFoldingAsTheStandard(t *testing.T) {
	var f folding
	check := func(name string) {
		t.Helper()
		got, ok := f.fold(nil, name)
		if want := plainFold(name); !ok || string(got) != want {
			t.Fatalf("%+q is %+q, %v, want %+q", name, got, ok, want)
		}
	}
	odd := []rune("\u0301\u0323\u0345\u0327\u0130\u00df\u1fb4\u1e9e\u0390\ufdfa\uac01\u0f77\u0fb7\u200d\ufe0f\u01c5\u212b\u2126aAxX .")
	step := rune(1)
	if raced {
		step = 13
	}
	for r := rune(0x80); r <= unicode.MaxRune; r += step {
		if utf8.ValidRune(r) {
			check(string(r))
			if g := f.glyph(r); g.class > 0 || g.apart != "" || g.folded != "" {
				check("\u0345a" + string(r) + "\u0323\u0301")
			}
		}
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 50_000 / step {
		name := make([]rune, 1+rnd.IntN(8))
		for i := range name {
			name[i] = odd[rnd.IntN(len(odd))]
		}
		check(string(name))
	}
}

// Fails if a name that is longer than 255 UTF-16 units in a form that it is
// compared in is compared in that form, or meets another.
func TestFoldingBeyond255Units(t *testing.T) {
	for _, c := range []struct {
		name, other string
		meet        bool
	}{
		{strings.Repeat("\u00e9", 127), strings.Repeat("e\u0301", 85), false}, // 254 and 170 units
		{strings.Repeat("\u00e9", 85), strings.Repeat("e\u0301", 85), true},
		{strings.Repeat("\ufdfa", 14), strings.ReplaceAll(strings.Repeat("\ufdfa", 14), "\ufdfa", norm.NFKD.String("\ufdfa"))[:30], false},
		{strings.Repeat("\ufdfa", 14) + "A", strings.Repeat("\ufdfa", 14) + "a", true}, // 14 times 18 and one are 253
		{strings.Repeat("\ufdfa", 15) + "A", strings.Repeat("\ufdfa", 15) + "a", false},
		{strings.Repeat("\u0390", 127), strings.Repeat("\u0390", 127), true},
	} {
		var f folder
		if got := f.hash(c.name) == f.hash(c.other); got != c.meet {
			t.Errorf("%+q and %+q meet: %v", c.name, c.other, got)
		}
	}
}

// slow returns a manifest of a few hundred kilobytes, most of whose names have to
// be compared in their longest forms.
func slow(r rune, n int) (pieces [][]byte, entries int, err error) {
	m := new(Manifest)
	stem := strings.Repeat(string(r), (MaxName-8)/utf8.RuneLen(r))
	var c checker
	for i := range n {
		e := Entry{Path: fmt.Sprintf("%s%06x", stem, i), Kind: File}
		if err := c.add(&e); err != nil {
			return nil, 0, err
		}
		m.Entries = append(m.Entries, e)
	}
	enc := NewEncoder(m)
	for p := enc.Next(0); p != nil; p = enc.Next(0) {
		pieces = append(pieces, p)
	}
	return pieces, n, nil
}

// Fails if some hundred kB of manifest take longer to compare than to receive: names that
// grow to eighteen times their length, and names that are all marks.
func TestNamesThatFoldSlowly(t *testing.T) {
	names := 40_000
	if raced || runtime.GOOS == "js" { // which is ten times slower, too
		names = 4000
	}
	for _, r := range []rune{0xfdfa, 0x390, 0x301, 0xac01} {
		pieces, n, err := slow(r, names)
		if err != nil {
			t.Fatal(err)
		}
		size := 0
		var d Decoder
		began := time.Now()
		for _, p := range pieces {
			size += len(p)
			if err := d.Add(p); err != nil {
				t.Fatal(err)
			}
		}
		m, err := d.Finish(n, 0)
		if err != nil {
			t.Fatal(err)
		}
		groups, err := m.Collisions(t.Context())
		took := time.Since(began)
		t.Logf("U+%04X: %d kB in %v", r, size/1000, took)
		if err != nil || len(groups) > 0 {
			t.Errorf("%d groups, %v", len(groups), err)
		}
		// It is a quarter of a second where nothing else runs, and was a minute.
		if took > 10*time.Second {
			t.Errorf("%d kB of manifest take %v", size/1000, took)
		}
	}
}

// Fails if the comparison of names goes on when nobody waits for it.
func TestCollisionsCancelled(t *testing.T) {
	m := &Manifest{}
	for i := range 5000 {
		m.Entries = append(m.Entries, Entry{Path: fmt.Sprintf("%05d", i), Kind: File})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Collisions(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// Finds names that are compared otherwise than the standard says though they are
// short, or that are long in the form that they are compared in.
func FuzzFolding(f *testing.F) {
	f.Add("\u1fb4\u0301\u0323")
	f.Fuzz(func(t *testing.T, name string) {
		if !utf8.ValidString(name) || len(name) > MaxName {
			return
		}
		var f folding
		got, ok := f.fold(nil, name)
		if !ok && len(name)*18 < maxFolded {
			t.Fatalf("%+q is too long", name)
		}
		// The package that plainFold uses cuts rows of more than 30 marks.
		few := utf8.RuneCountInString(name) <= 10
		if want := plainFold(name); few && ok && string(got) != want {
			t.Fatalf("%+q is %+q, want %+q", name, got, want)
		}
		if units(string(got)) > maxFolded {
			t.Fatalf("%d units", units(string(got)))
		}
	})
}
