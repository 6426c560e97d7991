package staging_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"sesame/tree"
	"sesame/tree/manifest"
	"sesame/tree/staging"
)

// What was announced arrives out of order, and appears when it is whole.
func Example() {
	path, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(path)
	dir, err := os.OpenRoot(path)
	if err != nil {
		log.Fatal(err)
	}
	defer dir.Close()

	m := &manifest.Manifest{Entries: []manifest.Entry{
		{Path: "notes", Kind: manifest.Dir},
		{Path: "notes/today", Kind: manifest.File, Size: 12},
		{Path: "notes/empty", Kind: manifest.File},
	}}
	t, err := staging.Open(dir, m, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer t.Close() // what has arrived stays if Place wasn't reached

	t.WriteAt(1, 6, []byte("world\n"))
	fmt.Println(t.Written(), t.Missing(1))
	t.WriteAt(1, 0, []byte("hello "))

	placed, err := t.Place(context.Background(), tree.Plan{
		"notes": {Name: staging.FreeName(dir, "notes")},
	})
	if err != nil {
		log.Fatal(err)
	}
	text, _ := dir.ReadFile(placed[0].Final + "/today")
	fmt.Printf("%s: %s", placed[0].Final, text)
	// Output:
	// 6 [{0 6}]
	// notes: hello world
}
