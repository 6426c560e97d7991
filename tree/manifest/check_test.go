package manifest_test

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"
	"time"

	"sesame/tree/manifest"
)

// TestRefusedTrees sends each bad manifest as its encoder writes it, so what
// refuses it is the receiver; Check must refuse it for the sender too.
func TestRefusedTrees(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("d/", n-1) + "d" }
	parents := func(path string, more ...string) []string {
		var out []string
		for i, b := range []byte(path) {
			if b == '/' {
				out = append(out, path[:i+1])
			}
		}
		return append(append(out, path), more...)
	}
	for _, c := range []struct {
		name    string
		entries []string
		rule    string
	}{
		{"parent", []string{"../x"}, "."},
		{"absolute", []string{"/etc/x"}, "absolute"},
		{"parent inside", []string{"a/", "a/../../x"}, ". or .."},
		{"dot inside", []string{"a/", "a/./x"}, ". or .."},
		{"double slash", []string{"a/", "a//x"}, "empty name"},
		{"dot dot", []string{".."}, ". or .."},
		{"dot", []string{"."}, ". or .."},
		{"empty", []string{""}, "empty path"},
		{"slash only", []string{"//"}, "absolute"},
		{"trailing slash", []string{"a//"}, "slash"},
		{"NUL", []string{"a\x00b"}, "control"},
		{"staging directory", []string{".x.abcdefghij234567.sesame/"}, "being received"},
		{"staging directory inside", []string{"a/", "a/.x.abcdefghij234567.sesame/", "a/.x.abcdefghij234567.sesame/placing"}, "being received"},
		{"staging directory, shouted", []string{".x.ABCDEFGHIJ234567.SESAME"}, "being received"},
		{"staging directory, with dots that FAT drops", []string{".x.abcdefghij234567.sesame. ."}, "being received"},
		{"link with NUL", []string{"a/", "a/l -> b\x00"}, "characters"},
		{"long name", []string{strings.Repeat("n", 256)}, "too long a name"},
		{"long path", []string{strings.Repeat("n/", 2048) + "n"}, "too long a path"},
		{"deep", parents(deep(65)), "too deep"},
		{"1,000 levels", parents(deep(1000)), "too deep"},

		{"same file twice", []string{"a", "a"}, "twice"},
		{"same directory twice", []string{"a/", "a/"}, "twice"},
		{"file and directory of one name", []string{"a", "a/"}, "twice"},
		{"twice, apart", []string{"a", "b", "a"}, "order"},
		{"twice, apart in a directory", []string{"a/", "a/x", "a/y", "a/x"}, "order"},
		{"directory after its file", []string{"a/", "a/b/", "a/b/c", "a/b"}, "order"},
		{"out of order", []string{"b", "a"}, "order"},
		{"not element by element", []string{"a/", "a-b", "a/c"}, "order"},
		{"parent is a file", []string{"a", "a/b"}, "no directory"},
		{"parent is a link", []string{"a/", "a/l -> b", "a/l/x"}, "no directory"},
		{"parent missing", []string{"a/b"}, "isn't listed"},
		{"parent missing inside", []string{"a/", "a/b/c"}, "isn't listed"},
		{"parent is a prefix", []string{"a/", "ab/c"}, "isn't listed"},

		{"link to an absolute path", []string{"a/", "a/l -> /etc/passwd"}, "absolute"},
		{"link outside", []string{"a/", "a/l -> ../x"}, "outside"},
		{"link outside and back", []string{"a/", "a/b/", "a/b/l -> ../../a/x"}, "outside"},
		{"link far outside", []string{"a/", "a/l -> ../../../../etc"}, "outside"},
		{"link up after down", []string{"a/", "a/l -> b/../../x"}, "up again"},
		{"link up through a link", []string{"a/", "a/b/", "a/b/c/", "a/b/c/l -> ..", "a/b/m -> c/l/../../x"}, "up again"},
		{"link at the top level", []string{"l -> x"}, "top level"},
		{"link to itself", []string{"a/", "a/l -> l"}, "itself"},
		{"link with a long target", []string{"a/", "a/l -> " + strings.Repeat("x/", 2049)}, "too large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := list(c.entries...)
			_, err := decode(encode(m, 0), len(m.Entries), m.Total())
			if c.name != "long path" && c.name != "deep" {
				wantRule(t, err, c.rule)
			}
			if err == nil {
				t.Fatal("the decoder takes it")
			}
			if m.Check() == nil {
				t.Error("Check takes it")
			}
			for _, r := range err.Error() {
				if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\u202e' {
					t.Errorf("the error %q holds %U", err, r)
				}
			}
		})
	}
}

func TestTakenTrees(t *testing.T) {
	for _, c := range []struct {
		name    string
		entries []string
	}{
		{"percent signs", []string{"%2e%2e%2f"}},
		{"dots", []string{"...", "..a", "a.."}},
		{"device names", []string{"CON", "a:b", "nul.txt"}},
		{"spaces", []string{" ", " a", "a "}},
		{"marks of direction", []string{"a\u061c", "a\u2066b\u2069", "\u05e9\u05dc\u05d5\u05dd\u200f.txt", "\u202a+49 171\u202c"}},
		{"the icon of a Mac's folder", []string{"Icon\r"}},
		{"line ends", []string{"a\nb", "a\u2028b"}},
		{"Latin-1", []string{"caf\xe9", "x\xed\xa0\x80", "y\xc0\xaf"}},
		{"separators of others", []string{`C:\x`, `\\srv\s`, `a\b`}},
		{"what a receiver renames", []string{"a\x1b[2J", "a\x7f", "a\u009b", "gpj.\u202eexe"}},
		{"links to all that", []string{"a/", "a/b -> \xff", `a/c -> ..\x`, "a/d -> b\nc"}},
		{"joined emoji", []string{"👩‍👧.png"}},
		{"unassigned", []string{"a\u0378"}},
		{"twins", []string{"README", "readme"}},
		{"order by elements", []string{"a/", "a/z", "a b", "a-b", "a.b", "ab"}},
		{"empty directories", []string{"a/", "a/b/", "a/b/c/", "d/"}},
		{"longest name", []string{strings.Repeat("n", 255)}},
		{"link beside", []string{"a/", "a/l -> b"}},
		{"link to its directory", []string{"a/", "a/l -> ."}},
		{"link to the top", []string{"a/", "a/b/", "a/b/l -> .."}},
		{"link up and down", []string{"a/", "a/b/", "a/b/l -> ../c/d"}},
		{"link through a link", []string{"a/", "a/current -> v3", "a/tool -> current/bin/tool", "a/v3/"}},
		{"links in a circle", []string{"a/", "a/l -> m", "a/m -> l"}},
		{"link to a later entry", []string{"a/", "a/l -> z", "a/z"}},
		{"link with a slash", []string{"a/", "a/l -> ./b//c/"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := list(c.entries...)
			if err := m.Check(); err != nil {
				t.Error(err)
			}
			got, err := decode(encode(m, 0), len(m.Entries), m.Total())
			if err != nil {
				t.Fatal(err)
			}
			if a, b := strings.Join(names(got), "|"), strings.Join(c.entries, "|"); a != b {
				t.Errorf("decoded %q, want %q", a, b)
			}
		})
	}
}

func TestRefusedEntries(t *testing.T) {
	file := func(size int64) manifest.Entry { return manifest.Entry{Path: "f", Kind: manifest.File, Size: size} }
	second := func(e manifest.Entry) []manifest.Entry {
		e.Path = "g"
		return []manifest.Entry{file(math.MaxInt64), e}
	}
	for _, c := range []struct {
		name    string
		entries []manifest.Entry
		rule    string
	}{
		{"size -2", []manifest.Entry{file(-2)}, "large"},
		{"smallest size", []manifest.Entry{file(math.MinInt64)}, "large"},
		{"sum overflow", second(file(1)), "total"},
		{"kind 0", []manifest.Entry{{Path: "f"}}, "left out"},
		{"link with a time", []manifest.Entry{{Path: "a", Kind: manifest.Dir}, {Path: "a/l", Kind: manifest.Link, Target: "b", ModTime: at(1, 0)}}, "time"},
		{"program directory", []manifest.Entry{{Path: "a", Kind: manifest.Dir, Exec: true}}, "x-bit"},
		{"directory of unknown size", []manifest.Entry{{Path: "a", Kind: manifest.Dir, Size: manifest.StreamSize}}, "x-bit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := &manifest.Manifest{Entries: c.entries}
			_, err := decode(encode(m, 0), len(m.Entries), m.Total())
			if err == nil {
				t.Fatal("the decoder takes it")
			}
			if c.name != "kind 0" {
				wantRule(t, err, c.rule)
			}
			if m.Check() == nil {
				t.Error("Check takes it")
			}
		})
	}
}

func TestAnnouncedSumsMustHold(t *testing.T) {
	m := list("a/", "a/b", "a/c")
	pieces := encode(m, 0)
	for _, c := range []struct {
		name  string
		count int
		total int64
		rule  string
	}{
		{"fewer entries", 4, 2, "3 entries, but 4"},
		{"more entries", 2, 2, "3 entries, but 2"},
		{"fewer bytes", 3, 3, "2 bytes, but 3"},
		{"more bytes", 3, 1, "2 bytes, but 1"},
		{"negative count", -1, 2, "announced"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := decode(pieces, c.count, c.total)
			wantRule(t, err, c.rule)
		})
	}
	t.Run("nothing", func(t *testing.T) {
		_, err := decode(nil, 0, 0)
		wantRule(t, err, "empty")
	})
	t.Run("finished twice", func(t *testing.T) {
		var d manifest.Decoder
		if err := d.Add(pieces[0]); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Finish(3, 2); err != nil {
			t.Fatal(err)
		}
		_, err := d.Finish(3, 2)
		wantRule(t, err, "already")
		wantRule(t, d.Add(pieces[0]), "already")
	})
}

// text is a length and s.
func text(s string) string { return string(binary.AppendUvarint(nil, uint64(len(s)))) + s }

// TestRefusedBytes feeds what no encoder writes.
func TestRefusedBytes(t *testing.T) {
	file := func(path string) string { return "\x01\x00" + text(path) + "\x05" }
	for _, c := range []struct {
		name, piece, rule string
	}{
		{"empty piece", "", "empty piece"},
		{"large piece", strings.Repeat("x", manifest.MaxPiece+1), "too large"},
		{"unknown bit", "\x21\x00" + text("a") + "\x00", "unknown kind"},
		{"bits without a kind", "\x10\x00" + text("a"), "unknown kind"},
		{"shares too much", file("abc") + "\x01\x04" + text("x") + "\x05", "more with the path"},
		{"shares at the start", "\x01\x01" + text("x") + "\x05", "more with the path"},
		{"shares too little", file("abc") + "\x01\x01" + text("bd") + "\x05", "less with the path"},
		{"nothing new", file("abc") + "\x01\x03\x00\x05", "twice"},
		{"a prefix", file("abc") + "\x01\x02\x00\x05", "order"},
		{"long way to write a number", "\x01\x80\x00" + text("a") + "\x05", "shortest"},
		{"number over 64 bits", "\x01\x00" + text("a") + strings.Repeat("\xff", 9) + "\x02", "large"},
		{"size 2⁶³", "\x01\x00" + text("a") + strings.Repeat("\x80", 9) + "\x01", "large"},
		{"time overflow", "\x09\x00" + text("a") + "\x05" + strings.Repeat("\xff", 9) + "\x01" +
			"\x09\x00" + text("b") + "\x05\x01", "time"},
		{"length believed", "\x01\x00\xff\x1fa", "cut"},
		{"length too large", "\x01\x00\xff\xff\xff\xff\x0fa", "large"},
		{"cut in a path", "\x01\x00\x05ab", "cut"},
		{"cut before a size", "\x01\x00" + text("a"), "cut"},
		{"entry after left out", "\x00" + text("a") + text("is a socket") + file("b"), "after"},
		{"left out without a reason", "\x00" + text("a") + "\x00", "without"},
		{"left out with ESC", "\x00" + text("a\x1b[2J") + text("is a socket"), "unprintable"},
		{"left out for a cause that is none", "\x08" + text("a") + "\x00\x00\x00\x00", "a cause that is none"},
		{"left out for a cause, with ESC", "\x08" + text("a") + "\x14\x00\x00" + text("\x1b"), "unprintable"},
		{"left out with a reversing reason", "\x00" + text("a") + text("\u202eb"), "unprintable"},
		{"left out at length", "\x00" + text(strings.Repeat("a", 1025)) + text("b"), "large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var d manifest.Decoder
			err := d.Add([]byte(c.piece))
			wantRule(t, err, c.rule)
			if again := d.Add([]byte(file("z"))); again != err {
				t.Errorf("then Add returns %v, want the same error", again)
			}
			if _, again := d.Finish(1, 5); again != err {
				t.Errorf("then Finish returns %v, want the same error", again)
			}
		})
	}
}

func TestTimesAreClamped(t *testing.T) {
	last := at(1<<32-1, 0)
	for _, c := range []struct {
		name       string
		time, want time.Time
	}{
		{"1601", time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC), at(0, 0)},
		{"1969", at(-1, 999), at(0, 0)},
		{"1970", at(0, 0), at(0, 0)},
		{"now", at(1_795_000_000, 123_456_789), at(1_795_000_000, 123_456_789)},
		{"the last", last, last},
		{"a nanosecond later", last.Add(1), last},
		{"9999", time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), last},
		{"year 300000", time.Date(300_000, 1, 1, 0, 0, 0, 0, time.UTC), last},
		{"none", time.Time{}, time.Time{}},
		{"another zone", at(1e9, 5).In(time.FixedZone("x", 3600)), at(1e9, 5)},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := list("f", "g")
			m.Entries[0].ModTime = c.time
			m.Entries[1].ModTime = at(7, 0)
			got, err := decode(encode(m, 0), 2, 2)
			if err != nil {
				t.Fatal(err)
			}
			if got.Entries[0].ModTime != c.want || got.Entries[1].ModTime != at(7, 0) {
				t.Errorf("times are %v and %v, want %v and 7 s", got.Entries[0].ModTime, got.Entries[1].ModTime, c.want)
			}
		})
	}
	t.Run("a peer's 1601", func(t *testing.T) {
		piece := "\x09\x00" + text("a") + "\x05" + string(binary.AppendVarint(nil, math.MinInt64))
		got, err := decode([][]byte{[]byte(piece)}, 1, 5)
		if err != nil || got.Entries[0].ModTime != at(0, 0) {
			t.Errorf("got %v, %v", got, err)
		}
	})
}

func TestLimits(t *testing.T) {
	t.Run("entries", func(t *testing.T) {
		if testing.Short() || raceEnabled {
			t.Skip("takes seconds")
		}
		m := &manifest.Manifest{Entries: make([]manifest.Entry, manifest.MaxEntries+1)}
		for i := range m.Entries {
			path := string([]byte{hex(i >> 20), hex(i >> 16), hex(i >> 12), hex(i >> 8), hex(i >> 4), hex(i)})
			m.Entries[i] = manifest.Entry{Path: path, Kind: manifest.Dir}
		}
		wantRule(t, m.Check(), "one too many")
		_, err := decode(encode(m, 0), len(m.Entries), 0)
		wantRule(t, err, "one too many")
		m.Entries = m.Entries[1:]
		if _, err := decode(encode(m, 0), len(m.Entries), 0); err != nil {
			t.Error(err)
		}
	})
	t.Run("bytes", func(t *testing.T) {
		if testing.Short() || raceEnabled {
			t.Skip("takes seconds")
		}
		m := &manifest.Manifest{Entries: make([]manifest.Entry, manifest.MaxBytes/190)}
		tail := strings.Repeat("x", 194)
		for i := range m.Entries {
			path := string([]byte{hex(i >> 20), hex(i >> 16), hex(i >> 12), hex(i >> 8), hex(i >> 4), hex(i)}) + tail
			m.Entries[i] = manifest.Entry{Path: path, Kind: manifest.Dir}
		}
		if err := m.Check(); err != nil {
			t.Fatal(err)
		}
		_, err := decode(encode(m, 0), len(m.Entries), 0)
		wantRule(t, err, "too large")
	})
	t.Run("left out", func(t *testing.T) {
		// Left-out entries cost a byte a byte, and end the manifest in time.
		var d manifest.Decoder
		item := "\x00" + text(strings.Repeat("a", 1000)) + text(strings.Repeat("b", 200))
		piece := []byte(strings.Repeat(item, manifest.MaxPiece/len(item)))
		sent := 0
		for d.Add(piece) == nil {
			if sent += len(piece); sent > manifest.MaxBytes {
				t.Fatal("no end")
			}
		}
		wantRule(t, d.Add(piece), "left out")
	})
	t.Run("front-coded bomb", func(t *testing.T) {
		// 4 KiB of path for every 7 bytes.
		var d manifest.Decoder
		dir, before := "", heap()
		var first []byte
		for range 16 {
			if dir != "" {
				dir += "/"
			}
			dir += strings.Repeat("d", 250)
			same := max(0, len(dir)-251)
			first = append(first, directory(same, dir[same:])...)
		}
		if err := d.Add(first); err != nil {
			t.Fatal(err)
		}
		sent := len(first)
		for i := 0; ; {
			var piece []byte
			for range 4096 {
				same := len(dir) + 1
				suffix := string([]byte{hex(i >> 20), hex(i >> 16), hex(i >> 12), hex(i >> 8), hex(i >> 4), hex(i)})
				if i == 0 {
					same, suffix = len(dir), "/"+suffix
				} else {
					prev := i - 1
					for b := 20; b > 0 && hex(prev>>b) == hex(i>>b); b -= 4 {
						same, suffix = same+1, suffix[1:]
					}
				}
				piece = append(piece, directory(same, suffix)...)
				i++
			}
			sent += len(piece)
			if err := d.Add(piece); err != nil {
				wantRule(t, err, "too long altogether")
				break
			}
		}
		if used := int64(heap()) - int64(before); used > 40<<20 {
			t.Errorf("%d bytes took %d of memory", sent, used)
		}
		if _, err := d.Finish(0, 0); err == nil {
			t.Error("Finish takes it")
		}
	})
}

func hex(i int) byte { return "0123456789abcdef"[i&15] }

// directory encodes a directory without a time.
func directory(same int, suffix string) []byte {
	return append(binary.AppendUvarint([]byte{2}, uint64(same)), text(suffix)...)
}
