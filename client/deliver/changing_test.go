package deliver

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sesame/internal/test/crossing"
	"sesame/transfer"
	"sesame/tree/manifest"
)

// A change is what somebody does to a file while it is on its way.
type change struct {
	name   string
	do     func(path string) error
	grows  bool // what was there is there still, and more
	starts int  // bytes that the file has before; 3 blocks if it is 0
}

func extended(path, more string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(more)
	return errors.Join(err, f.Close())
}

var changes = []change{
	{name: "a log that grows", do: func(p string) error { return extended(p, "more") }, grows: true},
	{name: "a short log that grows", do: func(p string) error { return extended(p, "more") }, grows: true, starts: 100},
	{name: "an empty log that grows", do: func(p string) error { return extended(p, "more") }, grows: true, starts: -1},
	{name: "saved again", do: func(p string) error {
		return errors.Join(os.WriteFile(p+"~", []byte("new"), 0o644), os.Rename(p+"~", p))
	}},
	{name: "saved again in place, longer", do: func(p string) error {
		return os.WriteFile(p, append([]byte("a new beginning"), crossing.Bytes(3*blockSize)...), 0o644)
	}},
	{name: "saved again in place, longer, with another end", do: func(p string) error {
		return os.WriteFile(p, append(crossing.Bytes(3*blockSize - 9)[:], "another end and more"...), 0o644)
	}},
	{name: "replaced by a longer one that begins alike", do: func(p string) error {
		return errors.Join(os.WriteFile(p+"~", append(crossing.Bytes(3*blockSize), "more"...), 0o644), os.Rename(p+"~", p))
	}},
	{name: "shorter", do: func(p string) error { return os.Truncate(p, 5) }},
	{name: "emptied", do: func(p string) error { return os.Truncate(p, 0) }},
	{name: "touched", do: func(p string) error { return os.Chtimes(p, time.Time{}, time.Unix(1_500_000_000, 0)) }},
}

func (c change) size() int {
	if c.starts != 0 {
		return max(c.starts, 0)
	}
	return 3 * blockSize
}

// changing makes a file, alone or in a folder beside another one, and returns
// what is sent and where the file is below the receiver's directory.
func changing(t *testing.T, c change, folder bool) (path, file, arrives string) {
	top := filepath.Join(t.TempDir(), "top")
	file = filepath.Join(top, "sub", "f")
	crossing.Write(t, file, crossing.Bytes(c.size()), 0o644)
	crossing.Write(t, filepath.Join(top, "other"), []byte("other"), 0o644)
	if folder {
		return top, file, "top/sub/f"
	}
	return file, file, "f"
}

// Fails if what happened to a file before the peer had proven the code keeps it
// from being sent as it is now, or if what was added isn't sent with it.
func TestChangedWhileTheCodeWaits(t *testing.T) {
	both(t, func(t *testing.T, p protocol) {
		for _, c := range changes {
			for _, folder := range []bool{false, true} {
				path, file, arrives := changing(t, c, folder)
				src, dir := crossing.Open(t, path), crossing.Dir(t)
				if err := src.Scan(t.Context(), nil); err != nil {
					t.Fatal(err)
				}
				added := filepath.Join(filepath.Dir(file), "added")
				if err := errors.Join(c.do(file), os.WriteFile(added, nil, 0o644)); err != nil {
					t.Fatal(err)
				}
				var listed *manifest.Manifest
				what := outgoing(src)
				what.Listed = func(m *manifest.Manifest) { listed = m }
				res := p.runWith(t.Context(), what, func(ctx context.Context, o *transfer.Offer) (*transfer.Report, error) {
					return o.Accept(ctx, transfer.Target{Into: disk(dir)})
				})
				res.OK(t)
				want, _ := os.ReadFile(file)
				if got, err := dir.ReadFile(arrives); err != nil || !bytes.Equal(got, want) {
					t.Errorf("%s, in a folder: %v: %d bytes arrived of %d, %v", c.name, folder, len(got), len(want), err)
				}
				if _, err := dir.Stat("top/sub/added"); folder && err != nil {
					t.Errorf("%s: what was added isn't there: %v", c.name, err)
				}
				if len(res.Told.Failed)+len(res.Told.Grown) > 0 || listed == nil || listed.Total() != res.Offer.Size {
					t.Errorf("%s: the sender says %+v, and has listed %v", c.name, res.Told, listed)
				}
			}
		}
	})
}

// Fails if the list that a person is asked about isn't what arrives: what has
// only grown as it was then, with a note, and nothing of what else has changed,
// which both sides hear by name, or of what was added.
func TestChangedWhileTheQuestionIsOpen(t *testing.T) {
	both(t, func(t *testing.T, p protocol) {
		for _, c := range changes {
			for _, folder := range []bool{false, true} {
				path, file, arrives := changing(t, c, folder)
				dir := crossing.Dir(t)
				res := p.runWith(t.Context(), outgoing(crossing.Open(t, path)), func(ctx context.Context, o *transfer.Offer) (*transfer.Report, error) {
					added := filepath.Join(filepath.Dir(file), "added")
					if err := errors.Join(c.do(file), os.WriteFile(added, nil, 0o644)); err != nil {
						t.Fatal(err)
					}
					return o.Accept(ctx, transfer.Target{Into: disk(dir)})
				})
				if _, err := dir.Stat("top/sub/added"); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s: what was added after the question: %v", c.name, err)
				}
				got, err := dir.ReadFile(arrives)
				switch {
				case c.grows:
					res.OK(t)
					if err != nil || !bytes.Equal(got, crossing.Bytes(c.size())) {
						t.Errorf("%s, in a folder: %v: %d bytes of %d, %v", c.name, folder, len(got), c.size(), err)
					}
					// Of an empty file nothing is read between two sesames.
					if !slices.Equal(res.Told.Grown, []string{arrives}) && (c.size() > 0 || p.name == "classic") {
						t.Errorf("%s: the sender notes %q", c.name, res.Told.Grown)
					}
				case !errors.Is(err, fs.ErrNotExist):
					t.Errorf("%s, in a folder: %v: %d bytes have the final name, %v", c.name, folder, len(got), err)
				case p.name == "native":
					res.OK(t)
					for who, r := range map[string]*transfer.Report{"sender": res.Told, "receiver": res.Report} {
						if len(r.Failed) != 1 || r.Failed[0].Path != arrives {
							t.Errorf("%s: the %s says that these failed: %v", c.name, who, r.Failed)
						}
					}
					if other, err := dir.ReadFile("top/other"); folder && (err != nil || string(other) != "other") {
						t.Errorf("%s: the other file: %q, %v", c.name, other, err)
					}
				default:
					var changed *transfer.ChangedError
					var peer *transfer.PeerError
					if !errors.As(res.Sent, &changed) || changed.Path != arrives {
						t.Errorf("%s: the sender says %v", c.name, res.Sent)
					}
					if !errors.As(res.Received, &peer) || !strings.Contains(peer.Words, arrives+" changed while it was sent: it ") {
						t.Errorf("%s: the receiver says %v", c.name, res.Received)
					}
				}
			}
		}
	})
}

// Fails if a sender whose file is gone when somebody comes for it doesn't say so,
// on both sides.
func TestGoneWhileTheCodeWaits(t *testing.T) {
	both(t, func(t *testing.T, p protocol) {
		src := crossing.File(t, 5)
		if err := src.Scan(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		os.Remove(src.String())
		res := p.run(t, src, transfer.Target{Into: disk(crossing.Dir(t))})
		var list *transfer.ListError
		var peer *transfer.PeerError
		if !errors.As(res.Sent, &list) || !errors.Is(res.Sent, fs.ErrNotExist) || !strings.Contains(list.Error(), src.String()) {
			t.Errorf("the sender says %v", res.Sent)
		}
		if !errors.As(res.Received, &peer) || !strings.Contains(peer.Words, "the sender could not read what it sends") {
			t.Errorf("the receiver says %v", res.Received)
		}
	})
}
