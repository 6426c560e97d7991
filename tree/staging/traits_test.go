package staging

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sesame/tree"
	"sesame/tree/manifest"
)

// Fails if a directory that others may write in is taken for private where the
// disk keeps modes and owners, or if one isn't for what a disk shows by itself.
func TestPrivateAsFarAsTheDiskTells(t *testing.T) {
	for name, c := range map[string]struct {
		disk traits
		st   stat
		want bool
	}{
		"closed":                              {usual, stat{mine: true, perm: 0o700}, true},
		"the group may enter":                 {usual, stat{mine: true, perm: 0o750}, false},
		"others may write":                    {usual, stat{mine: true, perm: 0o702}, false},
		"somebody else's":                     {usual, stat{perm: 0o700}, false},
		"modes are set at the beginning only": {traits{modes: true, owners: true}, stat{mine: true, perm: 0o777}, false},
		"modes are set later only":            {traits{chmod: true, owners: true}, stat{mine: true, perm: 0o777}, false},
		"modes of its own":                    {traits{owners: true}, stat{mine: true, perm: 0o777}, true},
		"modes of its own, somebody else's":   {traits{owners: true}, stat{perm: 0o777}, false},
		"owners of its own":                   {traits{modes: true, chmod: true}, stat{perm: 0o700}, true},
		"owners of its own, open":             {traits{modes: true, chmod: true}, stat{perm: 0o777}, false},
		"modes and owners of its own":         {traits{}, stat{perm: 0o777}, true},
	} {
		if got := c.disk.private(c.st); got != c.want {
			t.Errorf("%s: private: %v", name, got)
		}
	}
}

// Fails if what a disk doesn't keep isn't said, or is where nothing is lost.
func TestUnkept(t *testing.T) {
	at := time.Unix(1, 0)
	plain := &manifest.Manifest{Entries: []manifest.Entry{{Path: "a", Kind: manifest.File, ModTime: at}}}
	program := &manifest.Manifest{Entries: []manifest.Entry{{Path: "a", Kind: manifest.File, ModTime: at, Exec: true}}}
	timeless := &manifest.Manifest{Entries: []manifest.Entry{{Path: "a", Kind: manifest.File}}}
	for name, c := range map[string]struct {
		disk traits
		m    *manifest.Manifest
		want tree.Unkept
	}{
		"all is kept":              {usual, program, tree.Unkept{}},
		"modes, and a photo":       {traits{times: true}, plain, tree.Unkept{}},
		"modes, and a program":     {traits{times: true}, program, tree.Unkept{Programs: true}},
		"times":                    {traits{modes: true}, plain, tree.Unkept{Times: true}},
		"times, and there is none": {traits{modes: true}, timeless, tree.Unkept{}},
		"both":                     {traits{}, program, tree.Unkept{Times: true, Programs: true}},
	} {
		c.want.Programs = c.want.Programs && hasModes // elsewhere no file is a program by its mode
		if got := c.disk.unkept(c.m); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// Fails if a hidden name is longer than disks with names of 143 bytes have them, or
// holds what disks don't take.
func TestHiddenNames(t *testing.T) {
	for _, first := range []string{"a", "Re: offer.eml", "what?", `a"b*c<d>e|f\g`, string(bytes.Repeat([]byte("ü"), 127)), "\x01\xff"} {
		name := stagingName(first)
		if len(name) > 100 || bytes.ContainsAny([]byte(name), "\"*/:<>?\\|\x01\xff") || !isStaging(name, stagingPrefix(first)) {
			t.Errorf("%q is hidden as %q", first, name)
		}
	}
}

// Fails if a file that comes in any order, with holes and repetitions, is another
// one on a disk that has to have it in order, or if it isn't written so.
func TestInOrder(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		path := t.TempDir()
		dir, err := os.OpenRoot(path)
		if err != nil {
			t.Fatal(err)
		}
		defer dir.Close()
		want := make([]byte, 1000+rnd.IntN(5000))
		for i := range want {
			want[i] = byte(rnd.Uint32())
		}
		hole := rnd.IntN(len(want) - 500)
		clear(want[hole : hole+400])
		m := &manifest.Manifest{Entries: []manifest.Entry{{Path: "f", Kind: manifest.File, Size: int64(len(want))}}}
		tree, err := Open(dir, m, &Options{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		tree.area.traits.gaps = false
		holed := false
		for !tree.Complete() {
			off := rnd.IntN(len(want))
			n := min(1+rnd.IntN(300), len(want)-off)
			if !holed && rnd.IntN(5) == 0 {
				holed, err = true, tree.Hole(0, int64(hole), 400)
			} else {
				err = tree.WriteAt(0, int64(off), want[off:off+n])
			}
			if err != nil {
				t.Fatal(err)
			}
			if f := tree.files.entries[0].file; f != nil && f.arrival.f != nil && f.arrival.early != nil {
				if st, err := f.arrival.f.Stat(); err != nil || st.Size() != f.arrival.early.end {
					t.Fatalf("%d bytes are written, and there are %d: %v", f.arrival.early.end, st.Size(), err)
				}
			}
		}
		if _, err := tree.Place(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(path, "f"))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("seed %d: %d bytes, %v", seed, len(got), err)
		}
	}
}
