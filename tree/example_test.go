package tree_test

import (
	"context"
	"fmt"
	"io"

	"sesame/tree"
	"sesame/tree/manifest"
)

// What a protocol does between a Source and a Store, without a disk.
func Example() {
	ctx := context.Background()
	list := &manifest.Manifest{Entries: []manifest.Entry{
		{Path: "holiday", Kind: manifest.Dir},
		{Path: "holiday/note.txt", Kind: manifest.File, Size: 14},
	}}
	source := tree.Bytes{nil, []byte("back on Monday")}
	store := new(tree.Memory)

	w, err := store.Begin(ctx, list, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer w.Close()
	p := make([]byte, 14)
	if err := source.Read(1, p); err != nil {
		fmt.Println(err)
		return
	}
	w.WriteAt(1, 5, p[5:]) // in any order
	w.WriteAt(1, 0, p[:5])
	if _, err := w.Place(ctx, tree.Plan{"holiday": {Name: "summer"}}); err != nil {
		fmt.Println(err)
		return
	}
	for path, item := range store.All() {
		if item.Kind == manifest.File {
			text, _ := io.ReadAll(io.NewSectionReader(item.Content, 0, item.Size))
			fmt.Printf("%s: %s\n", path, text)
		}
	}
	// Output: summer/note.txt: back on Monday
}
