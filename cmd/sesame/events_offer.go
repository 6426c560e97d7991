package main

import (
	"sesame/transfer"
	"sesame/tree/manifest"
)

// offered is what is about to cross: the sender's once it has been listed, the
// receiver's before it is asked about.
type offered struct {
	Kind  string   `json:"kind"` // text, file, directory or several
	Names []string `json:"names"`
	Size  *int64   `json:"size"`  // bytes; null for a stream
	Files *int     `json:"files"` // null if it isn't known
	// The following may deserve a look. A classic peer doesn't tell.
	Hidden   int `json:"hidden"`
	Programs int `json:"programs"`
	Autorun  int `json:"autorun"`
}

// maxNames bounds how many names an offer lists.
const maxNames = 1000

func describeOffer(o *transfer.Offer) offered {
	e := offered{Kind: o.Kind.String(), Names: []string{}, Size: known(o.Size)}
	if o.Kind != transfer.Text {
		e.Files = &o.Files
	}
	for i, top := range o.Tops() {
		if i == maxNames {
			break
		}
		e.Names = append(e.Names, top.Name)
	}
	if o.Manifest != nil {
		e.describe(o.Manifest)
	}
	return e
}

// describe adds what a listing tells.
func (e *offered) describe(m *manifest.Manifest) {
	s := m.Summary()
	e.Size, e.Files = known(m.Total()), &s.Files
	for i := range m.Entries {
		if m.Entries[i].Size == manifest.StreamSize {
			e.Size = nil
		}
	}
	e.Hidden, e.Programs, e.Autorun = s.Hidden.Count, s.Programs.Count, s.Autorun.Count
}

// known returns n unless it stands for what isn't known yet.
func known(n int64) *int64 {
	if n < 0 {
		return nil
	}
	return &n
}

func (offered) name() string  { return "offer" }
func (offered) words() string { return "" } // see answering.show

// textIs is a text that was received. People get it on standard output.
type textIs struct {
	Text string `json:"text"`
}

func (textIs) name() string  { return "text" }
func (textIs) words() string { return "" }
