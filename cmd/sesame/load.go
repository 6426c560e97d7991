package main

import (
	"fmt"
	"slices"
	"strings"

	"sesame/client"
	"sesame/internal/safetext"
	"sesame/transfer"
	"sesame/tree/manifest"
)

// A load is what will be sent: a text, or files, directories or a stream.
type load struct {
	text   string
	source *transfer.Source // nil for a text
	what   string           // for people
}

func (p *load) String() string { return p.what }

func (p *load) close() {
	if p.source != nil {
		p.source.Close()
	}
}

// pack turns the arguments into a load, so that a wrong path is found before
// a code is made.
func (o *sendOptions) pack(ui *terminal, isText bool, args []string) (*load, error) {
	switch {
	case isText && len(args) > 0:
		return nil, &usageError{text: "a text and a file can't be sent together", hint: "send them one after the other"}
	case isText:
		return packText(ui, o.text)
	case len(args) == 0:
		return nil, &usageError{text: "nothing to send", hint: "name files or folders, or use --text"}
	case len(args) == 1 && args[0] == "-":
		return &load{source: transfer.FromReader("stdin", ui.in), what: "standard input"}, nil
	}
	if slices.Contains(args, "") {
		return nil, &usageError{text: "one of the names is empty", hint: "name files or folders, or use --text"}
	}
	args, err := expand(args)
	if err != nil {
		return nil, err
	}
	source, err := transfer.Open(args...)
	if err != nil {
		return nil, client.Fail(client.NoRead, client.Explain(err))
	}
	return &load{source: source, what: describeSource(source, len(args))}, nil
}

func packText(ui *terminal, given string) (*load, error) {
	text, err := readText(ui, given)
	if err != nil {
		return nil, err
	}
	if text == "" {
		return nil, &usageError{text: "the text is empty", hint: "--text takes what to say; - reads it from standard input"}
	}
	return &load{text: text, what: "a text of " + size(int64(len(text)))}, nil
}

func describeSource(s *transfer.Source, paths int) string {
	switch {
	case paths > 1:
		return fmt.Sprintf("%d files and folders", paths)
	case s.IsDir():
		return "the folder " + safetext.Line(s.Name(), 200)
	default:
		return fmt.Sprintf("%s (%s)", safetext.Line(s.Name(), 200), size(s.Size()))
	}
}

// offeredText describes a text.
func (p *load) offeredText() offered {
	length := int64(len(p.text))
	return offered{Kind: transfer.Text.String(), Names: []string{}, Size: &length}
}

// offeredList describes what was listed.
func offeredList(m *manifest.Manifest) offered {
	e := offered{Kind: transfer.File.String(), Names: []string{}}
	for i := range m.Entries {
		entry := &m.Entries[i]
		if strings.Contains(entry.Path, "/") || len(e.Names) == maxNames {
			continue
		}
		e.Names = append(e.Names, entry.Path)
		if entry.Kind == manifest.Dir {
			e.Kind = transfer.Directory.String()
		}
	}
	if len(e.Names) > 1 {
		e.Kind = transfer.Several.String()
	}
	e.describe(m)
	return e
}
