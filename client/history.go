//go:build !js

package client

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"sesame/internal/userstate"
	"sesame/tree"
)

// A history is what is known from earlier runs: which transfers were begun, so that an
// interrupted one can be gone on with. A transfer needs none of it.
type history struct {
	told   *teller
	dir    string
	where  error // why there is no dir
	forget bool
	said   sync.Once // that nothing can be remembered
}

// newHistory finds out where that is kept.
func newHistory(cfg *Config, told *teller) *history {
	m := &history{told: told, forget: cfg.Forget}
	if !m.forget {
		m.dir, m.where = userstate.Directory(cfg.Env)
	}
	return m
}

// sent holds the ID of what was sent, by what that is.
func (m *history) sent() *userstate.Shelf {
	return &userstate.Shelf{Dir: m.dir, Kind: "sent", Format: 1, Most: 1000, Age: 90 * 24 * time.Hour}
}

// receiving holds the marks of what is being received.
func (m *history) receiving() *userstate.Shelf {
	return &userstate.Shelf{Dir: m.dir, Kind: "receiving", Format: 1, Most: 2000, Age: 180 * 24 * time.Hour}
}

// complain says once that nothing can be remembered.
func (m *history) complain(err error) {
	if !m.forget {
		m.said.Do(func() { m.told.note(NoteNoMemory, noMemory(err)) })
	}
}

// noMemory says why nothing can be remembered.
func noMemory(err error) *Failure {
	if errors.Is(err, userstate.ErrNowhere) {
		return Fail(MemoryNowhere)
	}
	return trouble(err)
}

var errForget = errors.New("nothing is to be remembered")

// identify returns the ID of a transfer of what paths name: the same as at the last
// time, whatever has become of it since. What was sent can't be read from what is
// remembered.
func (m *history) identify(paths []string) tree.ID {
	id := tree.NewID()
	h := sha256.New()
	absolute := make([]string, len(paths))
	for i, path := range paths {
		abs, err := filepath.Abs(path)
		if err != nil {
			m.complain(err)
			return id
		}
		absolute[i] = abs
	}
	slices.Sort(absolute)
	for _, path := range absolute {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(path))))
		h.Write([]byte(path))
	}
	key := hex.EncodeToString(h.Sum(nil))
	if text, ok := m.sent().Get(key); ok {
		if known, err := hex.DecodeString(string(text)); err == nil && len(known) == len(id) {
			return tree.ID(known)
		}
	}
	if err := m.keep(m.sent(), key, hex.EncodeToString(id[:])); err != nil {
		m.complain(err)
	}
	return id
}

func (m *history) keep(shelf *userstate.Shelf, key, value string) error {
	switch {
	case m.forget:
		return errForget
	case m.where != nil:
		return m.where
	}
	return shelf.Put(key, []byte(value))
}
