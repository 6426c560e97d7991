package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func begun(t *testing.T) (dir string, j *Journal, m Mark) {
	t.Helper()
	dir = t.TempDir()
	j, err := Begin(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(j.Close)
	return dir, j, j.Mark()
}

func (j *Journal) must(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if err := j.Append([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
}

func reads(t *testing.T, dir string, m Mark, want ...string) Found {
	t.Helper()
	found, err := Read(dir, m)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprintf("%s", found.Texts) != fmt.Sprint(want) {
		t.Errorf("found %.200s, want %.200v", found.Texts, want)
	}
	return found
}

// Fails when what was appended isn't read from the mark on that is kept elsewhere; with logs that are written over, too.
func TestAppendAndRead(t *testing.T) {
	dir, j, m := begun(t)
	reads(t, dir, m)
	long := strings.Repeat("x", 100_000)
	j.must(t, "a", long, "c")
	reads(t, dir, m, "a", long, "c")
	for round := range 5 {
		if _, err := j.Rotate(); err != nil {
			t.Fatal(err)
		}
		next := j.Mark()
		text := fmt.Sprint("later", round)
		j.must(t, text)
		if round == 0 {
			reads(t, dir, m, "a", long, "c", text)
		} else {
			reads(t, dir, m, fmt.Sprint("later", round-1), text)
		}
		m = next
		reads(t, dir, m, text)
		j.Drop(m.First)
		reads(t, dir, m, text)
		if files, _ := Files(dir); len(files) > 2 || j.Logs() != 1 {
			t.Errorf("there are %q, and %d are said", files, j.Logs())
		}
	}
	for _, path := range must(Files(dir)) {
		if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
			t.Errorf("%s is %v", path, info.Mode())
		}
	}
	found := reads(t, dir, m, "later4")
	defer found.Journal.Close()
	found.Journal.must(t, "after a kill")
	reads(t, dir, m, "later4", "after a kill")
	if err := Remove(dir); err != nil || len(must(Files(dir))) > 0 {
		t.Errorf("left over: %q, %v", must(Files(dir)), err)
	}
}

func must(files []string, err error) []string {
	if err != nil {
		panic(err)
	}
	return files
}

// Fails when something is appended behind a sync that has failed, what had been answered before is lost then, or what
// wasn't is there beside what came in its place.
func TestFailedSync(t *testing.T) {
	dir, j, m := begun(t)
	j.must(t, "a", "b")
	j.last-- // as if the sync of b had failed
	j.Close()
	j.must(t, "B", "c")
	if j.tag.number != 2 {
		t.Errorf("it goes on in log %d", j.tag.number)
	}
	reads(t, dir, m, "a", "B", "c")
	j.last--
	j.Close() // twice, and nothing comes between
	if _, err := j.Rotate(); err != nil {
		t.Fatal(err)
	}
	reads(t, dir, m, "a", "B", "c")
	j.Close()
	j.must(t, "C")
	reads(t, dir, m, "a", "B", "C")
}

// Fails when logs of another age are taken for those that there are, or it isn't noticed that one is missing, or has
// lost its end.
func TestWhatIsMissing(t *testing.T) {
	for name, take := range map[string]func(dir string) error{
		"the first": func(dir string) error { return os.Remove(filepath.Join(dir, "state.log-1")) },
		"one":       func(dir string) error { return os.Remove(filepath.Join(dir, "state.log-2")) },
		"all":       Remove,
		"the end":   func(dir string) error { return os.Truncate(filepath.Join(dir, "state.log-2"), page) },
		"the middle": func(dir string) error {
			b, err := os.ReadFile(filepath.Join(dir, "state.log-2"))
			return errors.Join(err, os.WriteFile(filepath.Join(dir, "state.log-2"), slices.Concat(b[:page], b[2*page:]), 0o600))
		},
		"another era": func(dir string) error {
			j, err := Begin(dir)
			if err == nil {
				err = j.Append([]byte("other"))
				j.Close()
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, j, m := begun(t)
			j.must(t, "a", "b")
			for range 2 {
				if _, err := j.Rotate(); err != nil {
					t.Fatal(err)
				}
				j.must(t, "c", "d", "e")
			}
			j.Close()
			if err := take(dir); err != nil {
				t.Fatal(err)
			}
			found, err := Read(dir, m)
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("%s, %v", found.Texts, err)
			}
		})
	}
}
