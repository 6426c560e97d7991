package tree_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sesame/tree"
	"sesame/tree/manifest"
)

// A shop is a Store, and a way to see what has its final name in it.
type shop struct {
	tree.Store
	list func() map[string]string // by path
	// What its disk doesn't keep.
	noLinks, noPrograms bool
}

// kept is want without what the shop doesn't keep.
func (s *shop) kept(want map[string]string) map[string]string {
	for path, line := range want {
		if s.noLinks && strings.HasPrefix(line, "to ") {
			delete(want, path)
		} else if s.noPrograms {
			want[path] = strings.Replace(line, "exec true", "exec false", 1)
		}
	}
	return want
}

// shops are all Stores that there are here.
func shops() map[string]func(*testing.T) shop {
	all := map[string]func(*testing.T) shop{"memory": memoryShop}
	maps.Copy(all, diskShops())
	return all
}

// inEach runs do with an empty Store of each kind.
func inEach(t *testing.T, do func(*testing.T, shop)) {
	for name, open := range shops() {
		t.Run(name, func(t *testing.T) { do(t, open(t)) })
	}
}

func memoryShop(t *testing.T) shop {
	s := new(tree.Memory)
	return shop{Store: s, list: func() map[string]string {
		out := make(map[string]string)
		for path, it := range s.All() {
			switch it.Kind {
			case manifest.Dir:
				out[path] = "dir"
			case manifest.Link:
				out[path] = "to " + it.Target
			default:
				p := bytes.Repeat([]byte{0xff}, int(it.Size))
				if n, err := it.Content.ReadAt(p, 0); n < len(p) {
					t.Errorf("%s: %v", path, err)
				}
				out[path] = fileLine(p, it.Exec, it.ModTime)
			}
		}
		return out
	}}
}

func fileLine(p []byte, exec bool, at time.Time) string {
	return fmt.Sprintf("exec %v at %d: %s", exec, at.Unix(), short(p))
}

func short(p []byte) string {
	if len(p) <= 40 {
		return string(p)
	}
	return fmt.Sprintf("%d bytes %x", len(p), must(tree.SumWhole(context.Background(), bytes.NewReader(p), int64(len(p)), key)))
}

var (
	when = time.Date(2019, 4, 5, 6, 7, 8, 0, time.UTC)
	key  = bytes.Repeat([]byte{7}, 32)
	id   = tree.ID{1}
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A load is a manifest and what is in its files.
type load struct {
	m    *manifest.Manifest
	data tree.Bytes
}

// pack makes one of paths: "d/" is a directory, "l>x" a link to x, "f*" a program, "f~"
// a stream, and any other a file with the content.
func pack(paths ...string) *load {
	p := &load{m: new(manifest.Manifest)}
	for _, line := range paths {
		path, content, _ := strings.Cut(line, "=")
		e := manifest.Entry{Path: path, Kind: manifest.File, Size: int64(len(content)), ModTime: when}
		if name, target, ok := strings.Cut(path, ">"); ok {
			e = manifest.Entry{Path: name, Kind: manifest.Link, Target: target, ModTime: when}
		} else if name, ok := strings.CutSuffix(path, "/"); ok {
			e = manifest.Entry{Path: name, Kind: manifest.Dir, ModTime: when}
		} else if name, ok := strings.CutSuffix(path, "*"); ok {
			e.Path, e.Exec = name, true
		} else if name, ok := strings.CutSuffix(path, "~"); ok {
			e.Path, e.Size = name, manifest.StreamSize
		}
		p.m.Entries = append(p.m.Entries, e)
		p.data = append(p.data, []byte(content))
	}
	return p
}

// want is what a Store lists that has all of it.
func (p *load) want() map[string]string {
	out := make(map[string]string)
	for i, e := range p.m.Entries {
		switch e.Kind {
		case manifest.Dir:
			out[e.Path] = "dir"
		case manifest.Link:
			out[e.Path] = "to " + e.Target
		default:
			out[e.Path] = fileLine(p.data[i], e.Exec, e.ModTime)
		}
	}
	return out
}

func (p *load) begin(t *testing.T, s tree.Store, o *tree.Options) tree.Writer {
	t.Helper()
	w, err := s.Begin(t.Context(), p.m, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

// send writes all that isn't there.
func (p *load) send(t *testing.T, w tree.Writer) {
	t.Helper()
	for i, e := range p.m.Entries {
		if e.Kind == manifest.File && e.Size != 0 && !failed(w, i) {
			if err := w.WriteFile(i, p.data[i]); err != nil {
				t.Fatal(e.Path, err)
			}
		}
	}
}

func same(t *testing.T, got, want map[string]string) {
	t.Helper()
	if !maps.Equal(got, want) {
		t.Errorf("there is\n\t%q\nwant\n\t%q", got, want)
	}
}

// noise returns n bytes that depend on seed.
func noise(seed byte, n int) string {
	p := make([]byte, n)
	rand.NewChaCha8([32]byte{seed}).Read(p)
	return string(p)
}

// Fails if what came in pieces, in any order, several at once and twice, isn't there
// as it was sent; if anything of it has a final name before; or if it can be written
// to afterwards.
func TestStorePieces(t *testing.T) {
	inEach(t, func(t *testing.T, s shop) {
		p := pack("d/", "d/empty=", "d/run*=#!", "d/e/", "d/e/large="+noise(1, 700_000), "d/l>e/large", "d/holed="+noise(2, 1000)+string(make([]byte, 300_000))+noise(3, 10), "pipe~="+noise(4, 200_000))
		w := p.begin(t, s, nil)
		var wg sync.WaitGroup
		for writer := range 3 {
			wg.Go(func() {
				r := rand.New(rand.NewPCG(uint64(writer), 1))
				for i, e := range p.m.Entries {
					if e.Kind != manifest.File || len(p.data[i]) == 0 {
						continue
					}
					const chunk = 30_000
					for _, k := range r.Perm(len(p.data[i])/chunk + 1) {
						off := k * chunk
						if err := w.WriteAt(i, int64(off), p.data[i][off:min(off+chunk+r.IntN(100), len(p.data[i]))]); err != nil {
							t.Errorf("%s at %d: %v", e.Path, off, err)
						}
					}
				}
			})
		}
		if err := w.Hole(6, 1000, 300_000); err != nil {
			t.Error(err)
		}
		wg.Wait()
		if w.Complete() || len(s.list()) > 0 {
			t.Errorf("complete without the end of a stream: %v, %q", w.Complete(), s.list())
		}
		if _, err := w.Place(t.Context(), nil); !errors.Is(err, tree.ErrIncomplete) {
			t.Errorf("placed what isn't complete: %v", err)
		}
		if err := w.EndStream(7, 200_000); err != nil || !w.Complete() || w.Written() != 1_201_012 {
			t.Errorf("%v, complete %v, %d bytes", err, w.Complete(), w.Written())
		}
		placed, err := w.Place(t.Context(), nil)
		if want := []tree.Placed{{Name: "d", Final: "d"}, {Name: "pipe", Final: "pipe"}}; err != nil || !slices.EqualFunc(placed, want, func(a, b tree.Placed) bool { return a.Name == b.Name && a.Final == b.Final }) {
			t.Errorf("%+v, %v", placed, err)
		}
		same(t, s.list(), s.kept(p.want()))
		if err := w.WriteAt(1, 0, nil); !errors.Is(err, tree.ErrClosed) {
			t.Errorf("written afterwards: %v", err)
		}
		if err := errors.Join(w.Close(), w.Close()); err != nil {
			t.Error(err)
		}
		same(t, s.list(), s.kept(p.want()))
	})
}

// Fails if what no manifest has is taken, or isn't told from a fault of the store.
func TestStoreRange(t *testing.T) {
	inEach(t, func(t *testing.T, s shop) {
		for name, m := range map[string]*load{
			"nothing": pack(), "above": pack("../x=1"), "absolute": pack("/x=1"), "no directory": pack("d/x=1"), "twice": pack("d/", "d/"), "a dot": pack("."),
		} {
			if w, err := s.Begin(t.Context(), m.m, nil); !errors.Is(err, tree.ErrRange) {
				t.Errorf("%s: %v, %v", name, w, err)
			}
		}
		w := pack("d/", "d/f=abc", "pipe~=").begin(t, s, &tree.Options{ID: id})
		for name, err := range map[string]error{
			"behind the end":     w.WriteAt(1, 2, []byte("cd")),
			"before the start":   w.WriteAt(1, -1, []byte("a")),
			"at the largest":     w.WriteAt(1, 1<<63-1, []byte("a")),
			"no file":            w.WriteAt(0, 0, []byte("a")),
			"no entry":           w.WriteFile(3, []byte("a")),
			"below no entry":     w.Hole(-1, 0, 1),
			"another size":       w.WriteFile(1, []byte("ab")),
			"a hole behind":      w.Hole(1, 1, 3),
			"an end elsewhere":   w.EndStream(1, 2),
			"nothing to keep":    w.Keep(1, 0),
			"failure of nothing": w.Fail(9, manifest.Because(manifest.CauseGone)),
			"two ends":           errors.Join(w.WriteAt(2, 0, []byte("abc")), w.EndStream(2, 2)),
		} {
			if !errors.Is(err, tree.ErrRange) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// Fails if a plan for names doesn't come about as its words say.
func TestStoreNames(t *testing.T) {
	old := pack("d/", "d/both=old", "d/theirs=1", "d/sub/", "f=old", "g=new!")
	for name, c := range map[string]struct {
		send   *load
		to     tree.Target
		change map[string]string // of what old lists; "" for gone
		taken  bool
		beside []string
	}{
		"free":                {send: pack("x=1"), change: map[string]string{"x": "1"}},
		"another name":        {send: pack("x=1"), to: tree.Target{Name: "y"}, change: map[string]string{"y": "1"}},
		"refuse":              {send: pack("f=new"), taken: true},
		"refuse a directory":  {send: pack("d/", "d/x=1"), taken: true},
		"yield":               {send: pack("f=new"), to: tree.Target{Yield: true}, change: map[string]string{"f (2)": "new"}},
		"the same":            {send: pack("g=new!"), to: tree.Target{Name: "g (2)", Same: "g"}},
		"not the same":        {send: pack("g=new?"), to: tree.Target{Name: "g (2)", Same: "g"}, change: map[string]string{"g (2)": "new?"}},
		"replace":             {send: pack("f=new"), to: tree.Target{Exists: tree.Replace}, change: map[string]string{"f": "new"}},
		"replace a directory": {send: pack("d/", "d/x=1"), to: tree.Target{Exists: tree.Replace}, change: map[string]string{"d/x": "1", "d/both": "", "d/theirs": "", "d/sub": ""}},
		"merge, skip":         {send: pack("d/", "d/both=new", "d/x=1"), to: tree.Target{Exists: tree.MergeSkip}, change: map[string]string{"d/x": "1"}},
		"merge, replace":      {send: pack("d/", "d/both=new", "d/x=1"), to: tree.Target{Exists: tree.MergeReplace}, change: map[string]string{"d/x": "1", "d/both": "new"}},
		"merge, rename":       {send: pack("d/", "d/both=new", "d/theirs=1"), to: tree.Target{Exists: tree.MergeRename}, change: map[string]string{"d/both (2)": "new"}, beside: []string{"both (2)"}},
		"merge with a file":   {send: pack("f/", "f/x=1"), to: tree.Target{Exists: tree.MergeReplace}, taken: true},
		"a file over files":   {send: pack("f=new"), to: tree.Target{Exists: tree.MergeReplace}, change: map[string]string{"f": "new"}},
		"no name":             {send: pack("f=new"), to: tree.Target{Name: "a/b"}},
	} {
		t.Run(name, func(t *testing.T) {
			inEach(t, func(t *testing.T, s shop) {
				first := old.begin(t, s, nil)
				old.send(t, first)
				must(first.Place(t.Context(), nil))
				w := c.send.begin(t, s, nil)
				c.send.send(t, w)
				placed, err := w.Place(t.Context(), tree.Plan{c.send.m.Entries[0].Path: c.to})
				var exists *tree.ExistsError
				switch {
				case name == "no name":
					if err == nil {
						t.Error("placed under a name with a slash")
					}
				case errors.As(err, &exists) != c.taken || err != nil && !c.taken:
					t.Errorf("%v", err)
				case err == nil && (len(placed) != 1 || !slices.Equal(placed[0].Beside, c.beside)):
					t.Errorf("%+v", placed)
				}
				want := old.want()
				for path, content := range c.change {
					if want[path] = fileLine([]byte(content), false, when); content == "" {
						delete(want, path)
					}
				}
				same(t, s.list(), want)
			})
		})
	}
}

// Fails if a directory that holds only what the tree has is not completed where it
// stands, or one that has more gets something.
func TestStoreSettle(t *testing.T) {
	for name, c := range map[string]struct {
		stands *load
		final  string
	}{"part of it": {pack("d/", "d/a=1"), "d"}, "something else": {pack("d/", "d/x=1"), "d (2)"}} {
		t.Run(name, func(t *testing.T) {
			inEach(t, func(t *testing.T, s shop) {
				first := c.stands.begin(t, s, nil)
				c.stands.send(t, first)
				must(first.Place(t.Context(), nil))
				p := pack("d/", "d/a=1", "d/b=2")
				plan := tree.Plan{"d": {Name: "d (2)", Same: "d"}}
				w := p.begin(t, s, nil)
				standing, err := w.Standing(t.Context(), plan)
				if err != nil {
					t.Fatal(err)
				}
				p.send(t, w)
				settled := must(w.Settle(t.Context(), plan))
				if a, b := settled["d"], standing.Plan()["d"]; a.Name != b.Name || a.Exists != b.Exists {
					t.Errorf("Settle says %+v, Standing %+v", a, b)
				}
				placed := must(w.Place(t.Context(), standing.Plan()))
				if len(placed) != 1 || placed[0].Final != c.final {
					t.Errorf("%+v", placed)
				}
				if got := s.list()[c.final+"/b"]; got != fileLine([]byte("2"), false, when) {
					t.Errorf("%q", s.list())
				}
			})
		})
	}
}

// Fails if a run doesn't go on with what an earlier one of the same transfer left, goes
// on with another's or with what was to be discarded, or if what differs stays.
func TestStoreGoesOn(t *testing.T) {
	const size = 3*256<<10 + 1000
	content := noise(1, size)
	changed := content[:300<<10] + "!" + content[300<<10+1:]
	for name, c := range map[string]struct {
		first, second tree.Options
		kept          int64
	}{
		"the same":       {tree.Options{ID: id}, tree.Options{ID: id}, 2 * 256 << 10},
		"another":        {tree.Options{ID: id}, tree.Options{ID: tree.ID{2}}, 0},
		"begins anew":    {tree.Options{ID: id}, tree.Options{ID: id, Fresh: true}, 0},
		"to discard":     {tree.Options{ID: id, Discard: true}, tree.Options{ID: id}, 0},
		"without an ID":  {tree.Options{}, tree.Options{}, 0},
		"nothing to use": {tree.Options{ID: id}, tree.Options{}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inEach(t, func(t *testing.T, s shop) {
				first := pack("d/", "d/f="+content)
				w := first.begin(t, s, &c.first)
				if err := errors.Join(w.WriteAt(1, 0, first.data[1][:3*256<<10+7]), w.Close()); err != nil {
					t.Fatal(err)
				}
				second := pack("d/", "d/f="+changed)
				w = second.begin(t, s, &c.second)
				group, sums, err := w.Hashes(t.Context(), 1, key)
				if err != nil || group != tree.GroupSize(size) || int64(len(sums))/tree.SumSize*group != w.Resumable(1) {
					t.Fatalf("groups of %d, %d bytes of hashes for %d, %v", group, len(sums), w.Resumable(1), err)
				}
				equal := must(tree.Match(t.Context(), must(second.data.Open(1)), size, key, sums))
				for g, ok := range equal {
					if !ok {
						continue
					}
					if err := w.Keep(1, g); err != nil {
						t.Error(err)
					}
				}
				if w.Written() != c.kept {
					t.Errorf("%d bytes were kept, want %d", w.Written(), c.kept)
				}
				if err := w.WriteAt(1, 0, second.data[1]); err != nil {
					t.Fatal(err)
				}
				must(w.Place(t.Context(), nil))
				same(t, s.list(), second.want())
			})
		})
	}
}

// Fails if what an earlier run left shows through a hole.
func TestStoreHoleOverOld(t *testing.T) {
	inEach(t, func(t *testing.T, s shop) {
		first, second := pack("f="+noise(1, 300_000)), pack("f="+string(make([]byte, 299_990))+noise(2, 10))
		w := first.begin(t, s, &tree.Options{ID: id})
		must(0, errors.Join(w.WriteAt(0, 0, first.data[0][:290_000]), w.Close()))
		w = second.begin(t, s, &tree.Options{ID: id})
		must(0, errors.Join(w.WriteAt(0, 299_990, second.data[0][299_990:]), w.Hole(0, 70_000, 229_990), w.Hole(0, 0, 100_000)))
		must(w.Place(t.Context(), nil))
		same(t, s.list(), second.want())
	})
}

// Fails if two runs of one transfer at the same time go on with the same.
func TestStoreTwoRuns(t *testing.T) {
	inEach(t, func(t *testing.T, s shop) {
		p := pack("f=" + noise(1, 300_000))
		w := p.begin(t, s, &tree.Options{ID: id})
		must(0, errors.Join(w.WriteAt(0, 0, p.data[0][:280_000]), w.Close()))
		first, second := p.begin(t, s, &tree.Options{ID: id}), p.begin(t, s, &tree.Options{ID: id})
		if a, b := first.Resumable(0), second.Resumable(0); a != 256<<10 || b != 0 {
			t.Errorf("%d and %d bytes may be gone on with", a, b)
		}
		for k, w := range []tree.Writer{first, second} {
			p.send(t, w)
			must(w.Place(t.Context(), tree.Plan{"f": {Name: fmt.Sprint(k)}}))
		}
		line := fileLine(p.data[0], false, when)
		same(t, s.list(), map[string]string{"0": line, "1": line})
	})
}

// Fails if what failed is there, if what didn't isn't, or if nobody hears why.
func TestStoreFails(t *testing.T) {
	inEach(t, func(t *testing.T, s shop) {
		p := pack("d/", "d/done=1", "d/half=22", "d/later=333", "d/good=4444", "top=55555", "d/out>../../x")
		losses := new(tree.Losses)
		w := p.begin(t, s, &tree.Options{Losses: losses})
		must(0, errors.Join(w.WriteFile(1, p.data[1]), w.WriteAt(2, 0, []byte("2")), w.WriteFile(4, p.data[4]), w.WriteFile(5, p.data[5])))
		for i, path := range []string{1: "d/done", 2: "d/half", 3: "d/later", 5: "top"} {
			if path != "" {
				first := manifest.Because(manifest.CauseMore, int64(i))
				must(0, errors.Join(w.Fail(i, first), w.Fail(i, manifest.Because(manifest.CauseGone))))
				if why, failed := w.Failed(i); why != first || !failed {
					t.Errorf("%s failed %v, because it %v", path, failed, why)
				}
			}
		}
		must(0, w.WriteFile(3, p.data[3]))
		if w.Written() != 4 || !w.Complete() {
			t.Errorf("%d bytes, complete %v", w.Written(), w.Complete())
		}
		must(w.Place(t.Context(), nil))
		same(t, s.list(), map[string]string{"d": "dir", "d/good": fileLine([]byte("4444"), false, when)})
		if list := losses.List(); len(list) != 1 || list[0].Path != "d/out" || !losses.Has(6) || !failed(w, 6) {
			t.Errorf("lost %+v", list)
		}
	})
}

// Fails if a Store doesn't say what it has.
func TestStoreLook(t *testing.T) {
	inEach(t, func(t *testing.T, s shop) {
		p := pack("d/", "f=1")
		w := p.begin(t, s, nil)
		p.send(t, w)
		must(w.Place(t.Context(), nil))
		for name, dir := range map[string]bool{"d": true, "f": false} {
			if found, err := s.Look(name); err != nil || found.Dir != dir || found.Fixed != nil {
				t.Errorf("%s: %+v, %v", name, found, err)
			}
		}
		if _, err := s.Look("x"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("what isn't there: %v", err)
		}
		large := pack("x~=")
		large.m.Entries[0].Size = 1 << 60
		if err := s.Fits(t.Context(), large.m, nil); !errors.Is(err, tree.ErrFull) {
			t.Errorf("a file of 2^60 bytes: %v", err)
		}
		if err := s.Fits(t.Context(), p.m, nil); err != nil {
			t.Error(err)
		}
		if space, ok := s.Free(); !ok || space.Bytes == 0 {
			t.Errorf("%+v, %v", space, ok)
		}
	})
}

// Fails if a Memory takes more than it may, counts what isn't there any more, or holds
// a large file of which little has come.
func TestMemoryLimit(t *testing.T) {
	s := &tree.Memory{Limit: 100_000}
	big := pack("big~=")
	w := big.begin(t, s, &tree.Options{ID: id})
	must(0, w.WriteAt(0, 1<<40, []byte("far away")))
	if err := w.WriteAt(0, 0, make([]byte, 100_001)); !errors.Is(err, tree.ErrFull) {
		t.Errorf("more than the limit: %v", err)
	}
	must(0, w.Close())
	for range 3 {
		p := pack("f=" + noise(1, 80_000))
		w := p.begin(t, s, &tree.Options{ID: id})
		p.send(t, w)
		if space, _ := s.Free(); space.Bytes != 20_000 {
			t.Fatalf("%d bytes are free", space.Bytes)
		}
		must(0, w.Close()) // it stays for the next
	}
	for range 2 { // what isn't listed any more goes, once
		must(0, pack("other=1").begin(t, s, &tree.Options{ID: id}).Close())
		if space, _ := s.Free(); space.Bytes != 100_000 {
			t.Fatalf("%d bytes are free", space.Bytes)
		}
	}
	p := pack("f=" + noise(1, 80_000))
	w = p.begin(t, s, &tree.Options{ID: id})
	must(0, w.WriteAt(0, 0, p.data[0]))
	must(w.Place(t.Context(), nil))
	for range 2 {
		p := pack("f=" + noise(2, 10_000))
		w := p.begin(t, s, nil)
		p.send(t, w)
		must(w.Place(t.Context(), tree.Plan{"f": {Exists: tree.Replace}}))
	}
	if space, _ := s.Free(); space.Bytes != 90_000 {
		t.Errorf("%d bytes are free", space.Bytes)
	}
}

// Fails if a Spool gives back something else than was written to it, or stays.
func TestStoreSpool(t *testing.T) {
	inEach(t, func(t *testing.T, s shop) {
		before, _ := s.Free()
		spool := must(s.Spool())
		text := noise(1, 200_000)
		for off := 0; off < len(text); off += 1000 {
			must(spool.Write([]byte(text[off : off+1000])))
		}
		if got, err := io.ReadAll(io.NewSectionReader(spool, 0, 1<<20)); err != nil || string(got) != text {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		spool.Discard()
		spool.Discard()
		same(t, s.list(), map[string]string{})
		if after, _ := s.Free(); t.Name() == "TestStoreSpool/memory" && after != before {
			t.Errorf("%+v is free, was %+v", after, before)
		}
	})
}

// Fails if a Source of bytes gives something else than they are.
func TestBytes(t *testing.T) {
	s := tree.Bytes{nil, []byte("abc")}
	c := must(s.Open(1))
	if got, err := io.ReadAll(io.NewSectionReader(c, 0, 9)); err != nil || string(got) != "abc" || s.Changed(c, 1) != nil {
		t.Errorf("%q, %v", got, err)
	}
	p := make([]byte, 3)
	if err := s.Read(1, p); err != nil || string(p) != "abc" {
		t.Errorf("%q, %v", p, err)
	}
	if _, err := s.Open(2); !errors.Is(err, tree.ErrRange) || s.Read(1, p[:2]) == nil {
		t.Errorf("what isn't there: %v", err)
	}
}

// failed reports whether entry i has failed or is lost.
func failed(w tree.Writer, i int) bool {
	_, failed := w.Failed(i)
	return failed
}
