//go:build linux

package endtoend

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"sesame/internal/test/lab"
)

// protocols are the flags of both sides for each.
var protocols = map[string][]string{"native": nil, "classic": {"--classic"}}

// mountAt mounts a file system in memory, or source if it isn't empty, until t
// ends.
func mountAt(t *testing.T, source, target string) {
	t.Helper()
	kind, flags := "tmpfs", uintptr(0)
	if source != "" {
		kind, flags = "", syscall.MS_BIND
	}
	if err := syscall.Mount(source, target, kind, flags, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Unmount(target, syscall.MNT_DETACH) })
}

// Fails if a folder can't be completed in which something is mounted, or that is
// mounted itself, or if anything of it is under its final name before it is whole.
func TestFolderWithMountsInIt(t *testing.T) {
	for protocol, flags := range protocols {
		for _, at := range []string{"album", "album/sub"} {
			t.Run(protocol+"/"+at, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				album(t, w.out)
				if err := os.MkdirAll(filepath.Join(w.in, at), 0o755); err != nil {
					t.Fatal(err)
				}
				mountAt(t, "", filepath.Join(w.in, at))
				there := filepath.Join(w.in, at, "mine")
				if err := os.WriteFile(there, []byte("mine"), 0o644); err != nil {
					t.Fatal(err)
				}
				sender, receiver := w.pair(append(flags, "album"), append(flags, "--on-conflict", "overwrite"))
				w.finish(sender, receiver, 0, 0)
				for _, name := range []string{"one.jpg", "run.sh", "sub/two.jpg", "what?/three.jpg", "long.bin"} {
					sent, _ := os.ReadFile(filepath.Join(w.out, "album", name))
					got, err := os.ReadFile(filepath.Join(w.in, "album", name))
					if err != nil || !bytes.Equal(got, sent) {
						t.Errorf("%s: %d bytes, %v; want %d", name, len(got), err, len(sent))
					}
				}
				if info, err := os.Stat(filepath.Join(w.in, "album/sub/two.jpg")); err != nil || !info.ModTime().Equal(lastWeek) {
					t.Errorf("sub/two.jpg: %v, %v", info, err)
				}
				if info, err := os.Stat(filepath.Join(w.in, "album/run.sh")); err != nil || info.Mode().Perm() != 0o755 {
					t.Errorf("run.sh: %v, %v", info, err)
				}
				if _, err := os.Stat(there); err != nil {
					t.Error("what was there is gone:", err)
				}
				for _, d := range []string{w.in, filepath.Join(w.in, "album"), filepath.Join(w.in, "album/sub")} {
					if names := list(t, d); slices.ContainsFunc(names, func(s string) bool { return strings.HasPrefix(s, ".") }) {
						t.Errorf("left in %s: %q", d, names)
					}
				}
			})
		}
	}
}

// Fails if a file that is mounted by itself is to be replaced and that turns out
// only after all has crossed, or if it is written to.
func TestOntoMountedFile(t *testing.T) {
	for protocol, flags := range protocols {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			write(t, filepath.Join(w.out, "notes"), 20<<20)
			behind, name := filepath.Join(w.dir, "behind"), filepath.Join(w.in, "notes")
			for _, path := range []string{behind, name} {
				if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			mountAt(t, behind, name)
			sender, receiver := w.pair(append(flags, "notes"), append(flags, "--on-conflict", "overwrite"))
			w.finish(sender, receiver, 4, 6)
			said(t, receiver, `(?m)^sesame: notes can't be replaced: something is mounted there$`)
			said(t, sender, `(?m)^sesame: the other (person|computer) declined`)
			if n := w.sender.Sent(t); n > 1<<20 {
				t.Errorf("%d bytes crossed before it was refused", n)
			}
			if got, err := os.ReadFile(behind); string(got) != "old" {
				t.Errorf("the file holds %d bytes, %v", len(got), err)
			}
		})
	}
}

// Fails if a mounted file in a folder takes the rest with it, or isn't named on
// both sides.
func TestMountedFileInFolder(t *testing.T) {
	for protocol, flags := range protocols {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			album(t, w.out)
			behind, name := filepath.Join(w.dir, "behind"), filepath.Join(w.in, "album/one.jpg")
			if err := os.Mkdir(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
			for _, path := range []string{behind, name} {
				if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			mountAt(t, behind, name)
			sender, receiver := w.pair(append(flags, "album"), append(flags, "--on-conflict", "overwrite"))
			w.finish(sender, receiver, 10, 10)
			said(t, receiver, `(?m)^Failed: album/one.jpg: something is mounted under its name`)
			said(t, sender, `(?m)^Failed: album/one.jpg: at the receiver: "?something is mounted under its name`)
			if got, _ := os.ReadFile(filepath.Join(w.in, "album/sub/two.jpg")); string(got) != photo {
				t.Errorf("sub/two.jpg has %q", got)
			}
		})
	}
}

// Fails if two people send something of one name at a time into one folder, and
// who is second fails after the last byte, or replaces what the first one sent.
func TestTwoReceptionsOfOneName(t *testing.T) {
	for protocol, flags := range protocols {
		for _, kind := range []string{"file", "folder"} {
			t.Run(protocol+"/"+kind, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				names := []string{"thing", "thing (2)"}
				content := make(map[string]bool)
				var receivers []*lab.Process
				var finish []func()
				for i := range 2 {
					out := filepath.Join(w.dir, "sender"+string(rune('1'+i)))
					path := filepath.Join(out, "thing")
					if kind == "folder" {
						path = filepath.Join(path, "inside")
					}
					if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
						t.Fatal(err)
					}
					data := bytes.Repeat([]byte{byte('a' + i)}, 2<<20+i)
					content[string(data)] = true
					if err := os.WriteFile(path, data, 0o644); err != nil {
						t.Fatal(err)
					}
					code := newCode()
					s := w.sending(code, append(flags, "--no-compress", "--limit", "1M", "thing")...)
					s.dir = out
					sender, receiver := w.start(s), w.start(w.receiving(code, flags...))
					receivers = append(receivers, receiver)
					finish = append(finish, func() { w.finish(sender, receiver, 0, 0) })
				}
				// By then they have looked at the name.
				until(t, patience, "both have begun to receive", func() bool {
					return !slices.ContainsFunc(receivers, func(p *lab.Process) bool { return !strings.Contains(p.Err.String(), "Receiving ") })
				})
				for _, f := range finish {
					f()
				}
				if got := list(t, w.in); !slices.Equal(got, names) {
					t.Fatalf("received %q, want %q", got, names)
				}
				for _, name := range names {
					path := filepath.Join(w.in, name)
					if kind == "folder" {
						path = filepath.Join(path, "inside")
					}
					got, err := os.ReadFile(path)
					if err != nil || !content[string(got)] {
						t.Errorf("%s: %d bytes, %v", name, len(got), err)
					}
					delete(content, string(got))
				}
			})
		}
	}
}
