//go:build !js

package native

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
	"sesame/tree/staging"
)

// sendInto sends what is below top into dir under plan. It returns the bytes that
// crossed.
func sendInto(t *testing.T, top, dir string, plan tree.Plan, cfg config) (outcome, int64) {
	t.Helper()
	return sendRemembered(t, top, dir, plan, cfg, new(memory))
}

func sendRemembered(t *testing.T, top, dir string, plan tree.Plan, cfg config, marks *memory) (outcome, int64) {
	t.Helper()
	w := newWorld(t)
	m, src := walk(t, top)
	root := openRoot(t, dir)
	defer root.Close()
	out := w.runWith(t.Context(), m, src, cfg, cfg, func(o *treeOffer) (*transfer.Report, error) {
		return o.accept(context.Background(), &staging.Disk{Dir: root, Options: staging.Options{NoSync: true, Marks: marks}}, plan)
	})
	out.ok(t)
	return out, w.Wire.Load()
}

// Fails if a file that stands at its final place crosses again or gets a second
// name, whoever put it there; if one that only has the same size is taken for it;
// or if a small one is asked about.
func TestStandingFile(t *testing.T) {
	content := noise(3, 3<<20+17)
	other := append(noise(4, 1), content[1:]...)
	for _, c := range []struct {
		name    string
		content []byte
		there   []byte
		crosses bool
		want    []string
	}{
		{"the same", content, content, false, []string{"top"}},
		{"one byte differs", content, other, true, []string{"top", "top (2)"}},
		{"shorter", content, content[:len(content)-1], true, []string{"top", "top (2)"}},
		{"64 KiB", content[:tree.MinStanding], content[:tree.MinStanding], false, []string{"top"}},
		{"less than 64 KiB", content[:tree.MinStanding-1], content[:tree.MinStanding-1], true, []string{"top"}},
		{"small and different", content[:100], other[:100], true, []string{"top", "top (2)"}},
		{"only zeros", make([]byte, 1<<20), make([]byte, 1<<20), false, []string{"top"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			top, dir := filepath.Join(t.TempDir(), "top"), t.TempDir()
			write := func(path string, b []byte) {
				if err := os.WriteFile(path, b, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			write(top, c.content)
			write(filepath.Join(dir, "top"), c.there)
			cfg := today
			cfg.NoCompress = true
			out, crossed := sendInto(t, top, dir, tree.Plan{"top": {Name: "top (2)", Same: "top"}}, cfg)
			if got := fmt.Sprint(names(t, dir)); got != fmt.Sprint(c.want) {
				t.Errorf("there is %s, want %s", got, c.want)
			}
			last, err := os.ReadFile(filepath.Join(dir, c.want[len(c.want)-1]))
			if err != nil || string(last) != string(c.content) {
				t.Errorf("what was sent isn't there: %v", err)
			}
			if first, err := os.ReadFile(filepath.Join(dir, "top")); err != nil || string(first) != string(c.there) {
				t.Errorf("what was there isn't there any more: %v", err)
			}
			if sent := crossed >= int64(len(c.content)); sent != c.crosses {
				t.Errorf("%d bytes crossed for %d", crossed, len(c.content))
			}
			if !c.crosses && (out.sent.Resumed != int64(len(c.content)) || out.got.Resumed != out.sent.Resumed || out.got.Bytes != out.got.Resumed) {
				t.Errorf("reports: %+v, %+v", out.sent, out.got)
			}
			if there := len(c.want) == 1; out.got.Placed[0].There != there {
				t.Errorf("placed: %+v", out.got.Placed)
			}
		})
	}
}

// standingTree is a tree with files of all sorts of sizes.
func standingTree(t *testing.T) string {
	files := map[string][]byte{"void/": nil, "empty": nil, "deep/er/large": noise(9, 2<<20)}
	for i := range 40 {
		files[fmt.Sprintf("deep/n%02d", i)] = noise(byte(i), 100+i*9000)
	}
	top, _, _ := makeTree(t, files)
	if err := os.Symlink("deep/er/large", filepath.Join(top, "latest")); err != nil {
		t.Fatal(err)
	}
	return top
}

// copyTree gives dir a copy of top as sesame would have left it.
func copyTree(t *testing.T, top, dir string) string {
	t.Helper()
	_, _ = sendInto(t, top, dir, nil, config{})
	return filepath.Join(dir, filepath.Base(top))
}

// Fails if a tree whose run before left something out, or was killed in the last
// moment, crosses again or is there twice; or if it is mixed with a folder that
// holds something else.
func TestStandingTree(t *testing.T) {
	const size = 2<<20 + 40*100 + 9000*39*40/2
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name    string
		change  func(there string)
		twice   bool
		crosses int64 // at most
	}{
		{"all of it", func(string) {}, false, 600_000},
		{"a small one is missing", func(d string) { must(os.Remove(d + "/deep/n03")) }, false, 600_000},
		{"a large one is missing", func(d string) { must(os.Remove(d + "/deep/n39")) }, false, 1_000_000},
		{"a folder is missing", func(d string) { must(os.RemoveAll(d + "/deep/er")) }, false, 3_000_000},
		{"only the folder is there", func(d string) {
			must(os.RemoveAll(d))
			must(os.Mkdir(d, 0o755))
		}, false, 2 * size},
		{"something else is in it", func(d string) { must(os.WriteFile(d+"/mine", nil, 0o644)) }, true, 2 * size},
		{"a file is longer", func(d string) { must(os.WriteFile(d+"/deep/n01", noise(5, 10000), 0o644)) }, true, 2 * size},
		{"a file has another time", func(d string) { must(os.Chtimes(d+"/deep/n01", time.Time{}, time.Unix(1e9, 0))) }, true, 2 * size},
		{"a file is a link", func(d string) {
			must(os.Remove(d + "/deep/n01"))
			must(os.Symlink("n02", d+"/deep/n01"))
		}, true, 2 * size},
		{"the folder is a link", func(d string) {
			must(os.Rename(d, d+".real"))
			must(os.Symlink("top.real", d))
		}, true, 2 * size},
	} {
		t.Run(c.name, func(t *testing.T) {
			top, dir := standingTree(t), t.TempDir()
			there := copyTree(t, top, dir)
			c.change(there)
			before := snapshot(t, there)
			_, crossed := sendInto(t, top, dir, tree.Plan{"top": {Name: "top (2)", Same: "top"}}, today)
			if crossed > c.crosses {
				t.Errorf("%d bytes crossed, %d at most should", crossed, c.crosses)
			}
			want := snapshot(t, top)
			result := there
			if c.twice {
				result = filepath.Join(dir, "top (2)")
				if got := fmt.Sprint(snapshot(t, there)); got != fmt.Sprint(before) {
					t.Errorf("what was there has changed:\n%s\n%s", got, before)
				}
			} else if _, err := os.Lstat(filepath.Join(dir, "top (2)")); err == nil {
				t.Error("it is there twice")
			}
			if got := fmt.Sprint(snapshot(t, result)); got != fmt.Sprint(want) {
				t.Errorf("result\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// Fails if a folder that a run of the same transfer has put in place is there twice
// because its owner has put something into it; or if another transfer's folder, or a
// file that was edited, is mixed with what is sent.
func TestStandingTreeOfTheSameTransfer(t *testing.T) {
	for _, c := range []struct {
		name  string
		id    byte
		edit  bool
		twice bool
	}{
		{"the same", 7, false, false},
		{"another", 8, false, true},
		{"the same, and a file was edited", 7, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			top, dir := standingTree(t), t.TempDir()
			there := filepath.Join(dir, "top")
			plan := tree.Plan{"top": {Name: "top (2)", Same: "top"}}
			marks := new(memory)
			sendRemembered(t, top, dir, nil, today, marks)
			if err := errors.Join(os.WriteFile(there+"/.DS_Store", []byte("mine"), 0o644), os.Remove(there+"/deep/n03")); err != nil {
				t.Fatal(err)
			}
			if c.edit {
				if err := os.WriteFile(there+"/deep/n01", []byte("edited"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			before := snapshot(t, there)
			cfg := today
			cfg.ID = tree.ID{c.id}
			sendRemembered(t, top, dir, plan, cfg, marks)
			_, err := os.Lstat(there + " (2)")
			if twice := err == nil; twice != c.twice {
				t.Errorf("it is there twice: %v", twice)
			}
			if !c.twice {
				before["deep/n03"] = snapshot(t, top)["deep/n03"]
			}
			if got := snapshot(t, there); fmt.Sprint(got) != fmt.Sprint(before) {
				t.Errorf("result\n%s\nwant\n%s", got, before)
			}
		})
	}
}

// Fails if a file that looks like the one that is sent, but differs, is replaced,
// or lost, in a tree that is completed.
func TestStandingTreeDiffers(t *testing.T) {
	for _, name := range []string{"deep/n01", "deep/n39"} { // 9 KB, which cross, and 350 KB
		t.Run(name, func(t *testing.T) {
			top, dir := standingTree(t), t.TempDir()
			there := filepath.Join(copyTree(t, top, dir), name)
			info, err := os.Stat(there)
			if err != nil {
				t.Fatal(err)
			}
			mine := noise(77, int(info.Size()))
			if err := errors.Join(os.WriteFile(there, mine, 0o644), os.Chtimes(there, info.ModTime(), info.ModTime())); err != nil {
				t.Fatal(err)
			}
			out, _ := sendInto(t, top, dir, tree.Plan{"top": {Name: "top (2)", Same: "top"}}, today)
			got, err := os.ReadFile(there)
			if err != nil || string(got) != string(mine) {
				t.Error("what was there is lost")
			}
			got, err = os.ReadFile(there + " (2)")
			want, _ := os.ReadFile(filepath.Join(top, name))
			if err != nil || string(got) != string(want) {
				t.Errorf("what was sent isn't beside it: %v", err)
			}
			if b := out.got.Placed[0].Beside; len(b) != 1 || b[0] != name+" (2)" {
				t.Errorf("said to be beside it: %q", b)
			}
		})
	}
}

// Fails if what the receiver skips crosses, is changed, or counts as something that
// failed.
func TestSkippedIsNotSent(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  config
		most int64
	}{
		{"both of today", today, 200_000},
	} {
		t.Run(c.name, func(t *testing.T) {
			top, dir := standingTree(t), t.TempDir()
			there := copyTree(t, top, dir)
			if err := errors.Join(os.Remove(there+"/deep/n09"), os.WriteFile(there+"/deep/n38", []byte("mine"), 0o644)); err != nil {
				t.Fatal(err)
			}
			want := snapshot(t, there)
			want["deep/n09"] = snapshot(t, top)["deep/n09"]
			out, crossed := sendInto(t, top, dir, tree.Plan{"top": {Exists: tree.MergeSkip}}, c.cfg)
			if got := fmt.Sprint(snapshot(t, there)); got != fmt.Sprint(want) {
				t.Errorf("result\n%s\nwant\n%s", got, want)
			}
			if crossed > c.most {
				t.Errorf("%d bytes crossed, %d at most should", crossed, c.most)
			}
			if len(out.sent.Failed)+len(out.got.Failed) > 0 || out.got.Bytes != 100+9*9000 {
				t.Errorf("reports: %+v, %+v", out.sent, out.got)
			}
			if c.most < 1<<20 && (out.sent.Declined != 40 || out.sent.Bytes != 100+9*9000) {
				t.Errorf("the sender's report: %+v", out.sent)
			}
			if n := len(out.got.Placed[0].Skipped); n < 40 {
				t.Errorf("%d files are said to have stayed", n)
			}
		})
	}
}

// Fails if a file that was kept where it stands, and then changed before the rest
// had come, counts as received.
func TestStandingFileChangesMeanwhile(t *testing.T) {
	top, dir := standingTree(t), t.TempDir()
	there := filepath.Join(copyTree(t, top, dir), "deep/n39")
	if err := os.Remove(filepath.Join(dir, "top/deep/er/large")); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	m, src := walk(t, top)
	root := openRoot(t, dir)
	defer root.Close()
	out := w.runWith(t.Context(), m, src, today, today, func(o *treeOffer) (*transfer.Report, error) {
		st, err := staging.Open(root, o.Manifest, kept())
		if err != nil {
			return nil, err
		}
		if o.r.standing, err = st.Standing(t.Context(), tree.Plan{"top": {Same: "top"}}); err != nil {
			return nil, err
		}
		o.use()
		return o.takeInto(t.Context(), &lateTree{st, func() { os.WriteFile(there, []byte("changed"), 0o644) }}, o.r.standing.Plan())
	})
	out.ok(t)
	for who, rep := range map[string]*transfer.Report{"sender": out.sent, "receiver": out.got} {
		if len(rep.Failed) != 1 || rep.Failed[0].Path != "top/deep/n39" || rep.Failed[0].Why != manifest.Because(manifest.CauseStoodHere) {
			t.Errorf("%s: %+v", who, rep)
		}
	}
	if got, err := os.ReadFile(there); err != nil || string(got) != "changed" {
		t.Errorf("what somebody wrote there meanwhile: %q, %v", got, err)
	}
}

// fickle has one file that isn't what was listed, whenever it is asked.
type fickle struct{ tree.Source }

func (fickle) Changed(tree.Content, int) error { return errors.New("is another one") }

// Fails if a file that is the same at the receiver, but changes at the sender while
// it is compared, is both kept and failed, which breaks the protocol.
func TestSourceChangesWhileCompared(t *testing.T) {
	content := noise(3, 1<<20)
	top, m, src := makeTree(t, map[string][]byte{"large": content})
	dir := t.TempDir()
	copyTree(t, top, dir)
	w := newWorld(t)
	root := openRoot(t, dir)
	defer root.Close()
	out := w.runWith(t.Context(), m, fickle{src}, today, today, func(o *treeOffer) (*transfer.Report, error) {
		return o.accept(t.Context(), disk(root), tree.Plan{"top": {Name: "top (2)", Same: "top"}})
	})
	out.ok(t)
	if len(out.sent.Failed) != 1 || len(out.got.Failed) != 1 || out.got.Resumed != 0 {
		t.Errorf("%+v, %+v", out.sent, out.got)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "top/large")); err != nil || string(b) != string(content) {
		t.Errorf("what was there: %d bytes, %v", len(b), err)
	}
}

// A lateTree does something before it places.
type lateTree struct {
	tree.Writer
	before func()
}

func (l *lateTree) Place(ctx context.Context, plan tree.Plan) ([]tree.Placed, error) {
	l.before()
	return l.Writer.Place(ctx, plan)
}

// Fails if the hash of a whole file depends on where its zeros are holes, or is the
// same for what differs.
func TestWholeHash(t *testing.T) {
	key := noise(1, 32)
	sum := func(write func(f *os.File), size int64) string {
		f, err := os.Create(filepath.Join(t.TempDir(), "f"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		write(f)
		f.Truncate(size)
		s, err := tree.SumWhole(t.Context(), f, size, key)
		if err != nil {
			t.Fatal(err)
		}
		return string(s)
	}
	const size = 3<<20 + 5
	zeros := func(f *os.File) { f.Write(make([]byte, size)) }
	hole := func(*os.File) {}
	end := func(f *os.File) { f.WriteAt([]byte{1}, size-1) }
	both := func(f *os.File) { zeros(f); end(f) }
	if sum(zeros, size) != sum(hole, size) || sum(end, size) != sum(both, size) {
		t.Error("a hole isn't the same as zeros")
	}
	seen := map[string]bool{sum(hole, size): true, sum(hole, size+1): true, sum(hole, 256<<10): true, sum(end, size): true}
	if len(seen) != 4 {
		t.Error("different files have one hash")
	}
}
