package manifest_test

import (
	"fmt"
	"strings"

	"sesame/tree/manifest"
)

// What a receiver does with the pieces that a sender encoded.
func Example() {
	sent := &manifest.Manifest{Entries: []manifest.Entry{
		{Path: "photos", Kind: manifest.Dir},
		{Path: "photos/beach.jpg", Kind: manifest.File, Size: 4_100_000},
		{Path: "photos/latest", Kind: manifest.Link, Target: "beach.jpg"},
	}}
	encoder := manifest.NewEncoder(sent)

	var decoder manifest.Decoder
	for piece := encoder.Next(0); piece != nil; piece = encoder.Next(0) {
		if err := decoder.Add(piece); err != nil {
			fmt.Println(err)
			return
		}
	}
	m, err := decoder.Finish(len(sent.Entries), sent.Total())
	if err != nil {
		fmt.Println(err)
		return
	}
	s := m.Summary()
	fmt.Printf("%d file, %d link, %d bytes\n", s.Files, s.Links, s.Bytes)
	fmt.Println(strings.Join(m.Tree(20), "\n"))
	// Output:
	// 1 file, 1 link, 4100000 bytes
	// photos/  1 file, 4.1 MB
	//   beach.jpg  4.1 MB
	//   latest -> beach.jpg
}

func ExampleDecoder_refused() {
	hostile := &manifest.Manifest{Entries: []manifest.Entry{
		{Path: "../.bashrc", Kind: manifest.File, Size: 1},
	}}
	var decoder manifest.Decoder
	fmt.Println(decoder.Add(manifest.NewEncoder(hostile).Next(0)))
	// Output:
	// manifest entry 0 (../.bashrc) has . or .. in its path
}
