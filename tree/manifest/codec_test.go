package manifest_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sesame/tree/manifest"
)

// sample is a manifest with one of everything.
func sample() *manifest.Manifest {
	return &manifest.Manifest{
		Entries: []manifest.Entry{
			{Path: "notes.txt", Kind: manifest.File, Size: 12, ModTime: at(1_700_000_000, 1)},
			{Path: "photos", Kind: manifest.Dir, ModTime: at(1_600_000_000, 0)},
			{Path: "photos/2019", Kind: manifest.Dir},
			{Path: "photos/2019/été.jpg", Kind: manifest.File, Size: 1 << 40, ModTime: at(1_600_000_000, 999_999_999)},
			{Path: "photos/latest", Kind: manifest.Link, Target: "2019"},
			{Path: "photos/run", Kind: manifest.File, Exec: true},
			{Path: "stdin", Kind: manifest.File, Size: manifest.StreamSize},
		},
		Skipped: []manifest.Skipped{
			{Path: "photos/socket", Why: manifest.Because(manifest.CauseSocket)},
			{Path: `photos/a\x1b`, Why: manifest.Because(manifest.CauseControl), Missing: true},
			{Path: "photos/b", Why: manifest.Because(manifest.CauseUnreadable).Saying("input/output error"), Missing: true},
			{Path: "photos/c", Why: manifest.Reason{Says: "is a socket"}},
			{Path: "…", Why: manifest.Because(manifest.CauseMore, 1<<40)},
		},
	}
}

// random returns a manifest that keeps the rules.
func random(r *rand.Rand, n int) *manifest.Manifest {
	alphabet := []string{"a", "b", "B", " ", "-", ".x", "é", "中", "👍", "0", "zz"}
	name := func() string {
		var b strings.Builder
		for range 1 + r.IntN(5) {
			b.WriteString(alphabet[r.IntN(len(alphabet))])
		}
		return b.String()
	}
	m := new(manifest.Manifest)
	var fill func(prefix string, depth int)
	fill = func(prefix string, depth int) {
		set := make(map[string]bool)
		for range 1 + r.IntN(6) {
			set[name()] = true
		}
		sorted := make([]string, 0, len(set))
		for s := range set {
			sorted = append(sorted, s)
		}
		slices.Sort(sorted)
		for _, s := range sorted {
			if len(m.Entries) >= n {
				return
			}
			e := manifest.Entry{Path: prefix + s, Kind: manifest.File, Size: r.Int64N(1 << 40), Exec: r.IntN(4) == 0}
			if r.IntN(3) > 0 {
				e.ModTime = at(r.Int64N(1<<32-1), r.Int64N(1e9))
			}
			switch r.IntN(6) {
			case 0:
				e.Size = manifest.StreamSize
			case 1:
				if prefix != "" {
					e = manifest.Entry{Path: prefix + s, Kind: manifest.Link, Target: "./" + s + name()}
				}
			case 2, 3:
				e.Kind, e.Size, e.Exec = manifest.Dir, 0, false
			}
			m.Entries = append(m.Entries, e)
			if e.Kind == manifest.Dir && depth < 12 {
				fill(e.Path+"/", depth+1)
			}
		}
	}
	fill("", 1)
	for range r.IntN(4) {
		m.Skipped = append(m.Skipped, manifest.Skipped{Path: name(), Why: manifest.Because(manifest.CauseSocket)})
	}
	return m
}

func TestRoundTrip(t *testing.T) {
	check := func(t *testing.T, m *manifest.Manifest) {
		t.Helper()
		if err := m.Check(); err != nil {
			t.Fatal(err)
		}
		for _, limit := range []int{0, 16 << 10, 1 << 30} {
			pieces := encode(m, limit)
			got, err := decode(pieces, len(m.Entries), m.Total())
			if err != nil {
				t.Fatalf("pieces of %d: %v", limit, err)
			}
			if !reflect.DeepEqual(got, m) {
				t.Fatalf("pieces of %d: got\n%+v\nwant\n%+v", limit, got, m)
			}
			for _, p := range pieces {
				if len(p) == 0 || limit > 0 && len(p) > limit || len(p) > manifest.MaxPiece {
					t.Errorf("a piece has %d bytes with a limit of %d", len(p), limit)
				}
			}
		}
	}
	check(t, sample())
	for seed := range uint64(50) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			check(t, random(rand.New(rand.NewPCG(seed, 0)), 2000))
		})
	}
}

// TestBytes fixes the format: doc/native.md §6.3 shows the same example.
func TestBytes(t *testing.T) {
	m := list("a/", "a/l -> b", "a/été.txt")
	m.Entries[0].ModTime = at(1, 0)
	m.Entries[2].ModTime = at(1, 2)
	m.Entries[2].Exec = true
	m.Entries[2].Size = 300
	m.Entries = append(m.Entries, manifest.Entry{Path: "s", Kind: manifest.File, Size: manifest.StreamSize})
	m.Skipped = []manifest.Skipped{{Path: "x", Why: manifest.Because(manifest.CauseSocket)}, {Path: "y", Why: manifest.Because(manifest.CauseDeep), Missing: true}}
	entries := "\x0a\x00\x01a\x80\xa8\xd6\xb9\x07" + // directory, time 1e9
		"\x03\x01\x02/l\x01b" + // link
		"\x0d\x02\x09\xc3\xa9t\xc3\xa9.txt\xac\x02\x04" + // program of 300 bytes, 2 ns later
		"\x11\x00\x01s" // stream
	want := entries + "\x08\x01x\x46\x00\x00\x00" + "\x0c\x01y\x4a\x00\x00\x00"
	got := bytes.Join(encode(m, 0), nil)
	if string(got) != want {
		t.Errorf("encoded\n%q, want\n%q", got, want)
	}
	if back, err := decode([][]byte{got}, len(m.Entries), m.Total()); err != nil || !reflect.DeepEqual(back, m) {
		t.Errorf("decoded %+v, error %v", back, err)
	}
}

// TestEveryByteChanged flips bits, drops and repeats each byte of a valid
// encoding: what still decodes keeps the rules and is said in one way only.
func TestEveryByteChanged(t *testing.T) {
	m := sample()
	m.Entries = append(m.Entries, manifest.Entry{Path: "🗄", Kind: manifest.Dir}, manifest.Entry{Path: "🗄/a b", Kind: manifest.Dir}, manifest.Entry{Path: "🗄/a b/l", Kind: manifest.Link, Target: "../x"})
	piece := bytes.Join(encode(m, 0), nil)
	taken := 0
	try := func(what string, b []byte) {
		got, err := decodeAny(b)
		if err != nil {
			return
		}
		taken++
		if problem := problemWith(got, b); problem != "" {
			t.Errorf("%s: %s", what, problem)
		}
	}
	for i := range piece {
		for bit := range 8 {
			changed := slices.Clone(piece)
			changed[i] ^= 1 << bit
			try(fmt.Sprintf("byte %d, bit %d", i, bit), changed)
		}
		for _, b := range []byte{0, '/', '.', '\\', 0x7f, 0x80, 0xff} {
			changed := slices.Clone(piece)
			changed[i] = b
			try(fmt.Sprintf("byte %d is %#x", i, b), changed)
		}
		try(fmt.Sprintf("without byte %d", i), slices.Delete(slices.Clone(piece), i, i+1))
		try(fmt.Sprintf("byte %d twice", i), slices.Insert(slices.Clone(piece), i, piece[i]))
		try(fmt.Sprintf("cut at %d", i), piece[:i])
	}
	if taken < 10 {
		t.Errorf("only %d changed manifests were taken: this test looks at nothing", taken)
	}
}

// decodeAny decodes one piece without knowing what to expect in it.
func decodeAny(piece []byte) (*manifest.Manifest, error) {
	for len(piece) > 0 {
		var d manifest.Decoder
		if err := d.Add(piece); err != nil {
			return nil, err
		}
		// The sums are known once the decoder complains of them.
		var count int
		var total int64
		_, err := d.Finish(-1, 0)
		if _, scan := fmt.Sscanf(err.Error(), "manifest has %d entries", &count); scan != nil {
			return nil, err
		}
		d = manifest.Decoder{}
		d.Add(piece)
		m, err := d.Finish(count, 0)
		if err == nil {
			return m, nil
		}
		fmt.Sscanf(err.Error(), "manifest has %d bytes", &total)
		d = manifest.Decoder{}
		d.Add(piece)
		return d.Finish(count, total)
	}
	return nil, fmt.Errorf("nothing")
}

// problemWith says what is wrong with a manifest that was decoded from piece.
func problemWith(m *manifest.Manifest, piece []byte) string {
	if err := m.Check(); err != nil {
		return err.Error()
	}
	// What is written of it is fit for the system, whatever was listed.
	for system, never := range map[string]string{"linux": "\x00\x1b\u202e\u009b", "windows": "\\:\x00\n\x1b\u202e"} {
		as, err := manifest.SystemRules(system).Apply(context.Background(), m)
		if err != nil {
			return err.Error()
		}
		for _, e := range as.List.Entries {
			if strings.ContainsAny(e.Path, never) || system == "windows" && strings.ContainsAny(e.Target, never) {
				return fmt.Sprintf("%q is written on %s", e.Path, system)
			}
		}
	}
	seen := map[string]manifest.Kind{}
	for _, e := range m.Entries {
		if _, twice := seen[e.Path]; twice {
			return e.Path + " is there twice"
		}
		seen[e.Path] = e.Kind
		if i := strings.LastIndexByte(e.Path, '/'); i >= 0 && seen[e.Path[:i]] != manifest.Dir {
			return e.Path + " has no directory"
		}
		for _, name := range strings.Split(e.Path, "/") {
			if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "\x00") {
				return fmt.Sprintf("%q is in a path", name)
			}
		}
		if e.Size < manifest.StreamSize || e.Size > math.MaxInt64/2 && m.Total() < 0 {
			return "bad size"
		}
	}
	again, err := decode(encode(m, 0), len(m.Entries), m.Total())
	if err != nil {
		return "encoded again: " + err.Error()
	}
	if !reflect.DeepEqual(again, m) {
		return "changes when it is encoded again"
	}
	if clean := bytes.Join(encode(m, 0), nil); len(clean) != len(piece) && !bytes.Equal(clean, piece) && !hasLimitTime(m) {
		return "was said in another way than the encoder does"
	}
	m.Summary()
	m.Collisions(context.Background())
	for _, limit := range []int{0, 1, 2, 7} {
		if lines := m.Tree(limit); limit > 0 && len(lines) > limit {
			return fmt.Sprintf("Tree(%d) has %d lines", limit, len(lines))
		}
	}
	return ""
}

// hasLimitTime reports whether some time may have been clamped, which changes
// the bytes.
func hasLimitTime(m *manifest.Manifest) bool {
	return slices.ContainsFunc(m.Entries, func(e manifest.Entry) bool {
		return e.ModTime.Equal(at(0, 0)) || e.ModTime.Equal(at(1<<32-1, 0))
	})
}

func FuzzDecoder(f *testing.F) {
	for _, m := range []*manifest.Manifest{sample(), list("a/", "a/b", "a/l -> b"), list("../x"), list("a", "a"), list("a/", "a/l -> b/../..")} {
		f.Add(bytes.Join(encode(m, 0), nil))
	}
	f.Add(bytes.Join(encode(random(rand.New(rand.NewPCG(3, 3)), 30), 0), nil))
	f.Fuzz(func(t *testing.T, piece []byte) {
		m, err := decodeAny(piece)
		if err != nil {
			return
		}
		if problem := problemWith(m, piece); problem != "" {
			t.Error(problem)
		}
	})
}

func TestEncoderRefusesTooSmallPieces(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("Next(1000) doesn't panic")
		}
	}()
	manifest.NewEncoder(sample()).Next(1000)
}
