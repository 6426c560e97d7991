package deliver

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"testing"

	"sesame/internal/test/crossing"
	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
)

// held is content in memory, by entry.
type held map[int][]byte

type reading struct{ *bytes.Reader }

func (reading) Close() error { return nil }

func (h held) Open(i int) (tree.Content, error) {
	b, ok := h[i]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return reading{bytes.NewReader(b)}, nil
}

func (h held) Changed(tree.Content, int) error { return nil }

func (h held) Read(i int, p []byte) error {
	_, err := io.ReadFull(bytes.NewReader(h[i]), p)
	return err
}

// Fails if what lies in memory can't be sent, or not be received into memory: no
// protocol needs a disk.
func TestMemoryToMemory(t *testing.T) {
	content := held{1: []byte("sun and sea"), 3: crossing.Bytes(3*blockSize + 5), 4: nil}
	list := &manifest.Manifest{Entries: []manifest.Entry{
		{Path: "photos", Kind: manifest.Dir},
		{Path: "photos/a.txt", Kind: manifest.File, Size: int64(len(content[1]))},
		{Path: "photos/sub", Kind: manifest.Dir},
		{Path: "photos/sub/large", Kind: manifest.File, Size: int64(len(content[3]))},
		{Path: "photos/sub/nothing", Kind: manifest.File},
	}}
	both(t, func(t *testing.T, p protocol) {
		src := transfer.FromTree(list, content)
		defer src.Close()
		if src.Name() != "photos" || !src.IsDir() || src.Size() != list.Total() || src.String() != "photos" {
			t.Errorf("%s, directory: %v, %d bytes", src, src.IsDir(), src.Size())
		}
		into := new(tree.Memory)
		res := p.run(t, src, transfer.Target{Into: into})
		res.OK(t)
		got := map[string]*tree.Item{}
		for path, item := range into.All() {
			got[path] = item
		}
		if len(got) != len(list.Entries) {
			t.Errorf("%d things arrived", len(got))
		}
		for i, e := range list.Entries {
			item := got[e.Path]
			if item == nil || item.Kind != e.Kind || item.Size != e.Size {
				t.Errorf("%s: %+v", e.Path, item)
				continue
			}
			b := make([]byte, item.Size)
			if e.Size > 0 {
				if _, err := item.Content.ReadAt(b, 0); err != nil && err != io.EOF {
					t.Error(err)
				}
			}
			if !bytes.Equal(b, content[i]) {
				t.Errorf("%s: %d bytes are others", e.Path, len(b))
			}
		}
	})
}

// Fails if a list that can't be sent is offered.
func TestListsThatCantBeSent(t *testing.T) {
	for name, entries := range map[string][]manifest.Entry{
		"nothing":      nil,
		"no size":      {{Path: "a", Kind: manifest.File, Size: manifest.StreamSize}},
		"leads out":    {{Path: "../a", Kind: manifest.File}},
		"no directory": {{Path: "a/b", Kind: manifest.File}},
	} {
		src := transfer.FromTree(&manifest.Manifest{Entries: entries}, held{})
		var list *transfer.ListError
		if err := src.Scan(t.Context(), nil); !errors.As(err, &list) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
