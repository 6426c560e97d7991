//go:build unix

package staging_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sesame/tree"
	"sesame/tree/manifest"
	"sesame/tree/staging"
)

// killTree has files of one and of many writes, and several top-level names.
func killTree() *sample {
	s := plain()
	for i := range 20 {
		s.file(fmt.Sprintf("holiday/deep/%02d", i), noise(uint64(i), 2000+100*i))
	}
	sparse := make([]byte, 2<<20)
	copy(sparse[1<<20:], noise(3, 5000))
	return s.file("b", noise(2, 1_200_000)).exec("c", []byte("c")).file("d", sparse)
}

// child is what the test's own binary does when it is started again: it
// receives killTree into path, as a receiver with several lanes would, and is
// killed at any moment.
func child(mode, path string) {
	runtime.LockOSThread() // strace counts calls by thread: all of Place in one
	fmt.Println("begun")
	err := func() error {
		dir, err := os.OpenRoot(path)
		if err != nil {
			return err
		}
		s := killTree()
		tr, err := staging.Open(dir, &s.Manifest, known(&staging.Options{NoSync: mode == "nosync", OpenFiles: 2}))
		if err != nil {
			return err
		}
		defer tr.Close()
		if err := s.receive(tr); err != nil {
			return err
		}
		plan := tree.Plan{}
		for _, name := range []string{"holiday", "b", "c", "d"} {
			// A person who starts again would say so: what is there is from a
			// run that was killed after it had placed everything.
			plan[name] = tree.Target{Exists: tree.Replace}
		}
		_, err = tr.Place(context.Background(), plan)
		return err
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// receive writes what is missing from three goroutines in random order.
func (s *sample) receive(tr *staging.Tree) error {
	work := make(chan func() error)
	errs := make(chan error, 3)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for f := range work {
				if err := f(); err != nil {
					select {
					case errs <- err:
					default:
					}
				}
			}
		})
	}
	order := rand.Perm(len(s.Entries))
	for _, i := range order {
		e := s.Entries[i]
		if e.Kind != manifest.File || e.Size == 0 {
			continue
		}
		if err := s.keep(tr, i); err != nil {
			return err
		}
		for _, r := range tr.Missing(i) {
			for off := r.Off; off < r.Off+r.N; off += 50_000 {
				p := s.data[i][off:min(off+50_000, r.Off+r.N)]
				work <- func() error {
					if len(bytes.Trim(p, "\x00")) == 0 {
						return tr.Hole(i, off, int64(len(p)))
					}
					if off == 0 && int64(len(p)) == e.Size {
						return tr.WriteFile(i, p)
					}
					return tr.WriteAt(i, off, p)
				}
			}
		}
	}
	close(work)
	wg.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

// keep keeps what can be kept of file i.
func (s *sample) keep(tr *staging.Tree, i int) error {
	_, sums, err := tr.Hashes(context.Background(), i, key)
	if err != nil || len(sums) == 0 {
		return err
	}
	f, err := os.CreateTemp("", "source")
	if err != nil {
		return err
	}
	defer f.Close()
	os.Remove(f.Name())
	if _, err := f.Write(s.data[i]); err != nil {
		return err
	}
	same, err := tree.Match(context.Background(), f, int64(len(s.data[i])), key, sums)
	for g := range same {
		if same[g] && err == nil {
			err = tr.Keep(i, g)
		}
	}
	return err
}

// The calls that not every system has, and the errors that say so.
var modern = []string{"-e", "inject=renameat2:error=EINVAL", "-e", "inject=fallocate:error=EOPNOTSUPP", "-e", "inject=syncfs:error=ENOSYS"}

// Without those calls the outcome is the same; replacing takes two steps, and
// after a death between them the next run puts back what was there.
func TestWithoutModernCalls(t *testing.T) {
	strace := tracer(t)
	s := killTree()
	old := newTree().folder("holiday").file("holiday/old", []byte("old"))
	between := 0
	for links, moments := range map[string][]int{"": {1, 2, 3, 4, 5, 6, 7, 1000}, "EPERM": {8, 1000}} {
		for _, n := range moments {
			path := shm(t)
			dir := openRoot(t, path)
			tr := open(t, dir, old, nil)
			old.finish(t, tr)
			place(t, tr, nil)

			calls := append([]string{"env", "GOMAXPROCS=1", strace, "-f", "-qq", "-o", "/dev/null"}, modern...)
			if links != "" {
				calls = append(calls, "-e", "inject=linkat:error="+links)
			}
			cmd := start(t, "sync", path, append(calls, "-e", fmt.Sprintf("inject=renameat:signal=SIGKILL:when=%d", n))...)
			ended := wait(t, cmd)
			if ended {
				whole(t, path, s, true)
				break
			}
			if _, err := os.Lstat(filepath.Join(path, "holiday")); err != nil {
				between++
			}
			// Somebody starts again and gives up.
			again, err := staging.Open(dir, &s.Manifest, known(nil))
			must(t, err)
			must(t, again.Close())
			got := snapshot(t, path, "")
			if was := old.want()["holiday/old"]; got["holiday/old"] != was && got["holiday"] != s.want()["holiday"] {
				t.Errorf("%s %d: holiday/old is %q", links, n, got["holiday/old"])
			}
			if !wait(t, start(t, "nosync", path)) {
				t.Fatal("killed, by whom?")
			}
			whole(t, path, s, true)
		}
	}
	if between == 0 {
		t.Error("never killed between the two steps")
	}
}

// tracer returns where strace is, which makes calls of a child fail or kill it.
func tracer(t *testing.T) string {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	if testing.Short() || raceDetector {
		t.Skip("takes several seconds, a minute with the race detector, which has nothing to find here")
	}
	return strace
}

// start starts a child, through wrap if that isn't empty.
func start(t *testing.T, mode, path string, wrap ...string) *exec.Cmd {
	t.Helper()
	args := append(wrap, os.Args[0], "staging-child", mode, path)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	cmd.Stderr = &bytes.Buffer{}
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	bufio.NewReader(out).ReadString('\n') // it has begun, or is dead already
	return cmd
}

// wait reports whether the child came to its end. It fails the test if it ended
// in any other way than that or being killed.
func wait(t *testing.T, cmd *exec.Cmd) bool {
	t.Helper()
	err := cmd.Wait()
	var exit *exec.ExitError
	killed := false
	if errors.As(err, &exit) {
		status := exit.Sys().(syscall.WaitStatus)
		killed = status.Signal() == syscall.SIGKILL || status.ExitStatus() == 128+int(syscall.SIGKILL)
	}
	if err != nil && !killed {
		t.Fatalf("%v: %s", err, cmd.Stderr)
	}
	return !killed
}

// whole verifies that every final name holds all of what it should.
func whole(t *testing.T, path string, s *sample, complete bool) {
	t.Helper()
	got, want := snapshot(t, path, ""), s.want()
	for p := range got {
		if top, _, _ := strings.Cut(p, "/"); strings.HasSuffix(top, ".sesame") {
			delete(got, p)
		}
	}
	if !complete {
		for p := range want {
			if top, _, _ := strings.Cut(p, "/"); got[top] == "" {
				delete(want, p)
			}
		}
	}
	same(t, "final names", got, want)
}

func TestKilledAtRandomMoments(t *testing.T) {
	s := killTree()
	rounds := 2
	if testing.Short() || raceDetector {
		rounds = 1
	}
	for range rounds {
		dir := shm(t)
		for kills := 0; ; kills++ {
			cmd := start(t, "nosync", dir)
			var timer *time.Timer
			if kills < 15 {
				delay := time.Duration(rand.Int64N(int64(time.Millisecond) << (kills / 3)))
				timer = time.AfterFunc(delay, func() { cmd.Process.Kill() })
			}
			ended := wait(t, cmd)
			whole(t, dir, s, ended)
			if n := len(left(t, dir)); n > 1 {
				t.Errorf("%d staging directories", n)
			}
			if ended {
				t.Logf("ended after %d kills", kills)
				break
			}
			timer.Stop()
		}
		if n := len(left(t, dir)); n != 0 {
			t.Errorf("%d staging directories at the end", n)
		}
	}
}

// Killed at the n-th of each kind of call that changes a disk, for growing n
// until it lives.
func TestKilledAtEachCall(t *testing.T) {
	strace := tracer(t)
	step := 9
	if os.Getenv("STAGING_KILL") == "all" {
		step = 1
	}
	s := killTree()
	for _, call := range []string{"renameat2", "renameat", "symlinkat", "unlinkat", "mkdirat", "ftruncate", "fchmod", "utimensat", "fdatasync,fsync,syncfs", "openat", "write", "pwrite64", "close"} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			step := step
			switch call {
			case "renameat2", "renameat", "fdatasync,fsync,syncfs":
				step = 1
			}
			n := 1
			for ; n < 2000; n += step {
				path := shm(t)
				cmd := start(t, "sync", path, "env", "GOMAXPROCS=1", strace, "-f", "-qq", "-o", "/dev/null", "-e", "trace="+call,
					"-e", fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", call, n))
				ended := wait(t, cmd)
				whole(t, path, s, ended)
				if ended {
					break
				}
				again := start(t, "nosync", path)
				if !wait(t, again) {
					t.Fatal("killed, by whom?")
				}
				whole(t, path, s, true)
				if names, _ := filepath.Glob(filepath.Join(path, ".*")); len(names) != 0 {
					t.Errorf("%s %d: left %v", call, n, names)
				}
			}
			t.Logf("killed up to call %d", n)
		})
	}
}
