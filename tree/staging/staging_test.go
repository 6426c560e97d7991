//go:build unix

package staging_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sesame/tree"
	"sesame/tree/manifest"
	"sesame/tree/staging"
)

func TestWholeTree(t *testing.T) {
	dir, path := target(t)
	s := plain()
	tr := open(t, dir, s, &staging.Options{})
	if tr.Complete() {
		t.Error("complete before anything came")
	}
	s.finish(t, tr)
	if !tr.Complete() || tr.Written() != 900_000+1+10 {
		t.Errorf("complete %v with %d bytes", tr.Complete(), tr.Written())
	}
	if got := snapshot(t, path, left(t, path)[0]); len(got) != 0 {
		t.Errorf("visible before Place: %v", got)
	}
	placed := place(t, tr, nil)
	if len(placed) != 1 || placed[0].Name != "holiday" || placed[0].Final != "holiday" {
		t.Errorf("placed %+v", placed)
	}
	same(t, "result", snapshot(t, path, ""), s.want())
	if err := tr.WriteAt(2, 0, []byte("1")); !errors.Is(err, tree.ErrClosed) {
		t.Errorf("writing after Place: %v", err)
	}
}

func TestAwkwardNames(t *testing.T) {
	long := strings.Repeat("ü", 127) + "x"
	s := newTree()
	for i, name := range []string{
		"...", "-rf", "a b", " ", "~", "con", "lock", "tree", "placing", "x\\y", "tab\there", "line\nfeed", "*", "$(id)", "%00",
		"é", "e\u0301", "README", "readme", "\u202egnp.exe", ".sesame", ".a.aaaaaaaaaaaaaaaa.sesame", long,
	} {
		short := strings.ToValidUTF8(name[:min(len(name), 251)], "")
		s.file("top-"+short, noise(uint64(i), 10+i))
		s.folder("d-" + short)
		s.exec("d-"+short+"/"+name, noise(uint64(i), 300_000))
	}
	deep := "deep"
	s.folder(deep)
	for range 62 {
		deep += "/" + strings.Repeat("d", 60)
		s.folder(deep)
	}
	s.file(deep+"/end", []byte("end"))

	dir, path := target(t)
	tr := open(t, dir, s, nil)
	s.finish(t, tr)
	place(t, tr, nil)
	same(t, "result", snapshot(t, path, ""), s.want())
}

func TestLongFirstNameFits(t *testing.T) {
	for _, name := range []string{strings.Repeat("n", 255), strings.Repeat("漢", 85), strings.Repeat("😀", 63) + "abc"} {
		s := newTree().file(name, []byte("x"))
		dir, path := target(t)
		tr := open(t, dir, s, nil)
		must(t, tr.WriteAt(0, 0, nil))
		if got := left(t, path); len(got) != 1 || len(got[0]) > 255 || strings.ContainsRune(got[0], '\uFFFD') {
			t.Errorf("staging directory %q", got)
		}
		s.finish(t, tr)
		place(t, tr, nil)
		same(t, "result", snapshot(t, path, ""), s.want())
	}
}

func TestOnlyEmptyThings(t *testing.T) {
	s := newTree().file("a", nil).folder("b").file("b/c", nil).folder("b/d").link("b/l", "c")
	dir, path := target(t)
	tr := open(t, dir, s, nil)
	if !tr.Complete() {
		t.Error("empty things wait for data")
	}
	must(t, tr.WriteFile(0, nil))
	place(t, tr, nil)
	same(t, "result", snapshot(t, path, ""), s.want())
}

func TestStreams(t *testing.T) {
	s := newTree().stream("a", noise(1, 700_000)).stream("b", nil).stream("c", []byte("whole")).stream("d", []byte("gone"))
	dir, path := target(t)
	tr := open(t, dir, s, nil)
	must(t, tr.WriteAt(0, 300_000, s.data[0][300_000:]))
	must(t, tr.WriteAt(0, 0, s.data[0][:300_000]))
	if got := fmt.Sprint(tr.Missing(0)); got != "[{700000 -1}]" {
		t.Errorf("missing %s", got)
	}
	if err := tr.EndStream(0, 699_999); !errors.Is(err, tree.ErrRange) {
		t.Errorf("an end before data: %v", err)
	}
	must(t, tr.EndStream(0, 700_000))
	must(t, tr.EndStream(0, 700_000))
	must(t, tr.EndStream(1, 0))
	must(t, tr.WriteFile(2, s.data[2]))
	must(t, tr.WriteFile(3, s.data[3]))
	must(t, tr.Fail(3, manifest.Because(manifest.CauseChanged)))
	if tr.Written() != 700_005 || !tr.Complete() {
		t.Errorf("%d bytes, complete %v", tr.Written(), tr.Complete())
	}
	place(t, tr, nil)
	want := s.want()
	delete(want, "d")
	same(t, "result", snapshot(t, path, ""), want)

	tr = open(t, dir, newTree().stream("e", nil), nil)
	must(t, tr.WriteAt(0, 10, []byte("x")))
	must(t, tr.EndStream(0, 20))
	if err := tr.WriteAt(0, 19, []byte("xy")); !errors.Is(err, tree.ErrRange) {
		t.Errorf("data after the end: %v", err)
	}
	if err := tr.EndStream(0, 21); !errors.Is(err, tree.ErrRange) {
		t.Errorf("another end: %v", err)
	}
}

func TestRangesOutsideAreRefused(t *testing.T) {
	s := plain()
	dir, _ := target(t)
	tr := open(t, dir, s, nil)
	const big, one, folder, size = 6, 2, 0, 900_000
	for name, err := range map[string]error{
		"entry -1":              tr.WriteAt(-1, 0, []byte("x")),
		"entry after the last":  tr.WriteAt(len(s.Entries), 0, []byte("x")),
		"directory":             tr.WriteAt(folder, 0, []byte("x")),
		"link":                  tr.WriteAt(8, 0, []byte("x")),
		"offset -1":             tr.WriteAt(big, -1, []byte("x")),
		"last byte + 1":         tr.WriteAt(big, size-1, []byte("xy")),
		"behind the end":        tr.WriteAt(big, size+1, nil),
		"offset 2^63-1":         tr.WriteAt(big, 1<<63-1, []byte("xy")),
		"whole file, too short": tr.WriteFile(one, nil),
		"whole file, too long":  tr.WriteFile(one, []byte("12")),
		"hole too long":         tr.Hole(big, 0, size+1),
		"hole of -1":            tr.Hole(big, 1, -1),
		"hole at 2^63-1":        tr.Hole(big, 1<<63-1, 1<<63-1),
		"group never offered":   tr.Keep(big, 0),
		"group -1":              tr.Keep(big, -1),
		"end of no stream":      tr.EndStream(big, size-1),
		"failure of entry -1":   tr.Fail(-1, manifest.Reason{}),
	} {
		if !errors.Is(err, tree.ErrRange) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if tr.Written() != 0 {
		t.Errorf("%d bytes counted", tr.Written())
	}
}

func TestManifestsThatAreRefused(t *testing.T) {
	bad := func(path string, kind manifest.Kind, size int64) *sample {
		s := newTree()
		s.Entries = append(s.Entries, manifest.Entry{Path: path, Kind: kind, Size: size})
		return s
	}
	for name, s := range map[string]*sample{
		"nothing":          newTree(),
		"..":               bad("..", manifest.File, 0),
		"../x":             newTree().folder("..").file("../x", nil),
		"a/../../x":        bad("a/../../x", manifest.File, 0),
		"/etc/x":           bad("/etc/x", manifest.File, 0),
		"empty":            bad("", manifest.File, 0),
		"dot":              bad(".", manifest.Dir, 0),
		"a//x":             newTree().folder("a").file("a//x", nil),
		"a/":               bad("a/", manifest.Dir, 0),
		"NUL":              bad("a\x00b", manifest.File, 0),
		"size -2":          bad("a", manifest.File, -2),
		"kind 0":           bad("a", 0, 0),
		"kind 4":           bad("a", 4, 0),
		"no parent":        newTree().file("a/b", nil),
		"parent later":     newTree().file("a/b", nil).folder("a"),
		"parent is a file": newTree().file("a", nil).file("a/b", nil),
		"parent is a link": newTree().folder("d").link("d/l", "x").file("d/l/x", nil),
		"directory twice":  newTree().folder("a").folder("a"),
	} {
		dir, path := target(t)
		if tr, err := staging.Open(dir, &s.Manifest, known(nil)); !errors.Is(err, tree.ErrRange) {
			t.Errorf("%s: %v", name, err)
			if tr != nil {
				tr.Close()
			}
		}
		same(t, name, snapshot(t, path, ""), nil)
	}
}

func TestFileTwice(t *testing.T) {
	s := newTree().file("a", []byte("1")).file("a", []byte("2"))
	dir, path := target(t)
	tr := open(t, dir, s, nil)
	must(t, tr.WriteFile(0, s.data[0]))
	if err := tr.WriteFile(1, s.data[1]); err == nil {
		t.Error("the second file replaced the first")
	}
	same(t, "target", snapshot(t, path, left(t, path)[0]), nil)
}

func TestLinksThatLeadOutAreLeftOut(t *testing.T) {
	s := newTree().folder("d").folder("d/e").
		link("d/ok", "e").link("d/e/ok", "../ok").link("d/dangling", "e/none").
		link("d/abs", "/etc/passwd").link("d/up", "..").link("d/e/far", "../../x").link("d/tricky", "ok/..").link("top", "d")
	dir, path := target(t)
	tr := open(t, dir, s, nil)
	place(t, tr, nil)
	want := s.want()
	for i, p := range []string{"d/abs", "d/up", "d/e/far", "d/tricky", "top"} {
		delete(want, p)
		if _, failed := tr.Failed(5 + i); !failed {
			t.Errorf("%s has not failed", p)
		}
	}
	same(t, "result", snapshot(t, path, ""), want)
}

func TestFail(t *testing.T) {
	s := newTree().folder("d").file("d/stays", []byte("stays")).file("d/half", noise(1, 500_000)).file("d/whole", []byte("whole")).
		file("d/none", []byte("none")).file("d/empty", nil).link("d/l", "stays").file("top", []byte("top"))
	dir, path := target(t)
	tr := open(t, dir, s, nil)
	must(t, tr.WriteFile(1, s.data[1]))
	s.send(t, tr, 2, 200_000)
	must(t, tr.WriteFile(3, s.data[3]))
	for i := 2; i <= 7; i++ {
		first := manifest.Because(manifest.CauseMore, int64(i))
		must(t, tr.Fail(i, first))
		must(t, tr.Fail(i, manifest.Because(manifest.CauseGone)))
		if why, failed := tr.Failed(i); why != first || !failed {
			t.Errorf("failed %v, because it %v", failed, why)
		}
	}
	if tr.Written() != 5 || !tr.Complete() || tr.Missing(2) != nil {
		t.Errorf("%d bytes, complete %v, missing %v", tr.Written(), tr.Complete(), tr.Missing(2))
	}
	must(t, tr.WriteAt(2, 0, s.data[2])) // what another lane still had
	must(t, tr.WriteFile(4, s.data[4]))
	must(t, tr.Hole(2, 0, 10))
	if placed := place(t, tr, nil); len(placed) != 1 {
		t.Errorf("placed %v", placed)
	}
	want := s.want()
	for _, p := range []string{"d/half", "d/whole", "d/none", "d/empty", "d/l", "top"} {
		delete(want, p)
	}
	same(t, "result", snapshot(t, path, ""), want)
}

func TestCountedOnce(t *testing.T) {
	s := newTree().file("f", noise(1, 1000))
	dir, path := target(t)
	tr := open(t, dir, s, nil)
	for _, step := range []struct {
		off, end int
		written  int64
		missing  string
	}{
		{100, 200, 100, "[{0 100} {200 800}]"},
		{100, 200, 100, "[{0 100} {200 800}]"},
		{150, 250, 150, "[{0 100} {250 750}]"},
		{300, 400, 250, "[{0 100} {250 50} {400 600}]"},
		{120, 130, 250, "[{0 100} {250 50} {400 600}]"},
		{50, 450, 400, "[{0 50} {450 550}]"},
		{999, 1000, 401, "[{0 50} {450 549}]"},
		{0, 1000, 1000, "[]"},
		{0, 1000, 1000, "[]"},
	} {
		must(t, tr.WriteAt(0, int64(step.off), s.data[0][step.off:step.end]))
		if tr.Written() != step.written || fmt.Sprint(tr.Missing(0)) != step.missing {
			t.Errorf("after %d–%d: %d bytes, missing %v", step.off, step.end, tr.Written(), tr.Missing(0))
		}
	}
	must(t, tr.WriteFile(0, s.data[0]))
	place(t, tr, nil)
	same(t, "result", snapshot(t, path, ""), s.want())
}

func TestHoles(t *testing.T) {
	data := noise(1, 3<<20)
	clear(data[1<<20 : 2<<20])
	clear(data[3<<20-5:])
	s := newTree().file("f", data).file("all", make([]byte, 1<<20)).file("tail", append([]byte("x"), make([]byte, 99)...))
	dir, path := target(t)
	tr := open(t, dir, s, nil)
	must(t, tr.Hole(0, 3<<20-5, 5))
	must(t, tr.WriteAt(0, 2<<20, data[2<<20:3<<20-5]))
	must(t, tr.Hole(0, 1<<20, 1<<20))
	must(t, tr.Hole(0, 1<<20, 1<<20))
	must(t, tr.WriteAt(0, 0, data[:1<<20]))
	must(t, tr.Hole(1, 0, 1<<20))
	must(t, tr.WriteAt(2, 0, []byte("x")))
	must(t, tr.Hole(2, 1, 99))
	place(t, tr, nil)
	same(t, "result", snapshot(t, path, ""), s.want())
}

func TestHoleNeverClearsWhatHasArrived(t *testing.T) {
	s := newTree().file("f", noise(1, 100))
	dir, path := target(t)
	tr := open(t, dir, s, nil)
	must(t, tr.WriteAt(0, 0, s.data[0][:90]))
	must(t, tr.Hole(0, 0, 100))
	clear(s.data[0][90:])
	place(t, tr, nil)
	same(t, "result", snapshot(t, path, ""), s.want())
}

func TestTooManyRanges(t *testing.T) {
	s := newTree()
	s.Entries = append(s.Entries, manifest.Entry{Path: "f", Kind: manifest.File, Size: 1 << 40})
	dir, _ := target(t)
	tr := open(t, dir, s, nil)
	var err error
	n := int64(0)
	for ; err == nil && n < 1<<20; n++ {
		err = tr.Hole(0, 2*n, 1)
	}
	if !errors.Is(err, tree.ErrRange) || n < 1<<16 {
		t.Errorf("after %d ranges: %v", n, err)
	}
}

func TestFewOpenFiles(t *testing.T) {
	s := newTree().folder("d")
	for i := range 300 {
		if i%3 == 0 {
			s.folder(fmt.Sprintf("d/%d", i))
		}
		s.file(fmt.Sprintf("d/%d/%d", i-i%3, i), noise(uint64(i), 3000))
	}
	dir, path := target(t)
	before := descriptors(t)
	tr := open(t, dir, s, &staging.Options{NoSync: true, OpenFiles: 3})
	for off := 0; off < 3000; off += 1000 {
		for i, data := range s.data {
			must(t, tr.WriteAt(i, int64(off), data[off:off+1000]))
		}
		if n := descriptors(t) - before; n > 80 {
			t.Errorf("%d descriptors", n)
		}
	}
	place(t, tr, nil)
	if n := descriptors(t); n > before {
		t.Errorf("%d descriptors, %d before", n, before)
	}
	same(t, "result", snapshot(t, path, ""), s.want())
}

func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc/self/fd to count descriptors in")
	}
	return len(list)
}

func TestCloseLeavesNothingOfNothing(t *testing.T) {
	dir, path := target(t)
	s := plain()
	tr, err := staging.Open(dir, &s.Manifest, known(nil))
	must(t, err)
	must(t, tr.Close())
	must(t, tr.Close())
	same(t, "target", snapshot(t, path, ""), nil)
	if err := tr.WriteFile(2, []byte("1")); !errors.Is(err, tree.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestPlaceWaitsForData(t *testing.T) {
	dir, path := target(t)
	s := plain()
	tr := open(t, dir, s, nil)
	if _, err := tr.Place(context.Background(), nil); !errors.Is(err, tree.ErrIncomplete) {
		t.Errorf("placed without data: %v", err)
	}
	if _, err := os.Lstat(filepath.Join(path, "holiday")); err == nil {
		t.Error("visible")
	}
}

// Whatever the umask, the owner can read what arrived, others get no more than
// the umask allows, and nobody gets setuid and the like.
func TestUmask(t *testing.T) {
	for _, test := range []struct {
		umask             int
		file, exec, folds os.FileMode
	}{
		{0o000, 0o666, 0o777, 0o777},
		{0o022, 0o644, 0o755, 0o755},
		{0o077, 0o600, 0o700, 0o700},
		{0o777, 0o600, 0o700, 0o700},
		{0o277, 0o600, 0o700, 0o700},
	} {
		if os.Geteuid() != 0 && test.umask&0o700 != 0 {
			continue // the program takes this off: its own directories are closed to it
		}
		dir, path := target(t)
		s := newTree().folder("d").file("d/small", []byte("x")).exec("d/exec", []byte("x")).file("d/big", noise(1, 1000)).file("d/empty", nil)
		func() {
			defer umask(test.umask)()
			tr, err := staging.Open(dir, &s.Manifest, known(&staging.Options{NoSync: true}))
			must(t, err)
			defer tr.Close()
			must(t, tr.WriteFile(1, s.data[1]))
			must(t, tr.WriteFile(2, s.data[2]))
			s.send(t, tr, 3, 500)
			for _, name := range left(t, path) {
				if mode := modeOf(t, filepath.Join(path, name)); mode != os.ModeDir|0o700 {
					t.Errorf("umask %03o: staging directory %v", test.umask, mode)
				}
				if mode := modeOf(t, filepath.Join(path, name, "tree/d/big")); mode != 0o600 {
					t.Errorf("umask %03o: partial %v", test.umask, mode)
				}
			}
			must(t, tr.WriteAt(3, 500, s.data[3][500:]))
			place(t, tr, nil)
		}()
		for name, want := range map[string]os.FileMode{"d": os.ModeDir | test.folds, "d/small": test.file, "d/exec": test.exec, "d/big": test.file, "d/empty": test.file} {
			if got := modeOf(t, filepath.Join(path, name)); got != want {
				t.Errorf("umask %03o: %s has %v, want %v", test.umask, name, got, want)
			}
		}
	}
}

func modeOf(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Lstat(path)
	must(t, err)
	return info.Mode()
}
