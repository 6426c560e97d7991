package bolt

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"sesame/relay/store"
)

// writerDir has this program write to a store until somebody kills it.
const writerDir = "SESAME_TEST_STORE"

// goesOn has it go on after changes that failed, and often has it write to the file very often.
const (
	goesOn = "SESAME_TEST_GOES_ON"
	often  = "SESAME_TEST_OFTEN"
)

// tight are bounds by which a store writes to its file all the time.
var tight = bounds{bytes: 20 << 10, age: time.Second, logs: 4, full: 4}

func TestMain(m *testing.M) {
	if dir := os.Getenv(writerDir); dir != "" {
		write(dir)
		return
	}
	os.Exit(m.Run())
}

// twin is a record to which everything happens that happens to k, in the same group.
func twin(k store.Key) store.Key { return store.Key{Kind: "twin", App: "z", Name: k.Name} }

// write makes records of many goroutines, and their twins, appends to them, and says what was
// answered: the name, and how many items.
func write(dir string) {
	b := usual
	if os.Getenv(often) != "" {
		b = tight
	}
	s, err := openBounded(dir, Config{}, b)
	if err != nil {
		fmt.Println("error", err)
		return
	}
	if s.Stats().Reset {
		fmt.Println("error reset")
		return
	}
	fmt.Println("open")
	var mu sync.Mutex
	said := func(name string, items int) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Println(name, items)
	}
	fill := func(k store.Key) error {
		both := func(do func(k store.Key) store.Change) error {
			_, err := s.Commit(context.Background(), do(k), do(twin(k)))
			return err
		}
		if err := both(func(k store.Key) store.Change { return store.Put(k, 0, k.Name, time.Hour) }); err != nil {
			return err
		}
		said(k.Name, 0)
		for j := range 5 {
			if err := both(func(k store.Key) store.Change { return store.Append(k, j, fmt.Sprint(k.Name, "/", j)) }); err != nil {
				return err
			}
			said(k.Name, j+1)
		}
		// Of what comes and goes nothing is left: neither of it at once nor of it after a while.
		short := store.Key{Kind: "short", Name: k.Name}
		v, err := s.Commit(context.Background(), store.Put(short, 0, k.Name, time.Hour))
		if err == nil {
			said("-"+k.Name, 0)
			_, err = s.Commit(context.Background(), store.Delete(short, v[0]))
		}
		if err == nil {
			said("-"+k.Name, 1)
		}
		return err
	}
	for i := range 32 {
		go func() {
			for n := 0; ; n++ {
				if err := fill(store.Key{Kind: "box", Name: fmt.Sprintf("%d-%d-%d", os.Getpid(), i, n)}); err != nil {
					said("error", 0)
					if os.Getenv(goesOn) == "" {
						return
					}
				}
			}
		}()
	}
	select {}
}

// Fails when something that was answered is gone after a process was killed, in any of
// several lives of one file; or when a group is there in part.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	answered := map[string]int{}
	for round := range 8 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		// It is killed at some answer, not after some time.
		cmd.Env = append(os.Environ(), []string{often + "=1", often + "="}[round%2])
		if why := outlive(t, cmd, cmd.Cancel, dir, 100+rand.IntN(1500), answered); why != "" {
			t.Errorf("round %d: %s", round, why)
		}
	}
	if len(answered) < 100 {
		t.Fatalf("only %d records", len(answered))
	}
	complete(t, dir, answered)
	t.Logf("%d records in %s", len(answered), strings.TrimSuffix(dir, "/"))
}

// outlive has a process write to a store until it ends, or has given so many answers and is killed, and notes what it
// has answered. It returns what is wrong.
func outlive(t *testing.T, cmd *exec.Cmd, kill func() error, dir string, end int, answered map[string]int) (why string) {
	t.Helper()
	cmd.Env = append(cmd.Env, writerDir+"="+dir, "GOMAXPROCS=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ {
		if n == end {
			kill() // what it has said comes all the same
		}
		var name string
		var items int
		switch _, err := fmt.Sscan(lines.Text(), &name, &items); {
		case lines.Text() == "open":
		case name == "error":
			why = lines.Text()
		case err != nil: // the last line may be cut
		default:
			answered[name] = max(answered[name], items)
		}
	}
	cmd.Wait()
	return why
}

// complete checks that all is in a store that was answered, and its twins are as it is.
func complete(t *testing.T, dir string, answered map[string]int) {
	t.Helper()
	s := open(t, dir)
	defer s.Close()
	if s.Stats().Reset {
		t.Fatalf("begun anew, after %d records", len(answered))
	}
	for name, n := range answered {
		if name, short := strings.CutPrefix(name, "-"); short {
			if r, err := s.Get(t.Context(), store.Key{Kind: "short", Name: name}); err != nil || n == 1 && r.Version != 0 {
				t.Errorf("%s is there again: %+v, %v", name, r, err)
			}
			continue
		}
		k := store.Key{Kind: "box", Name: name}
		items, err := s.Items(t.Context(), k, 0)
		if err != nil {
			t.Fatal(err)
		}
		for j, item := range items {
			if item != fmt.Sprint(name, "/", j) {
				t.Errorf("item %d of %s is %q", j, name, item)
			}
		}
		if r, _ := s.Get(t.Context(), k); r.Head != name || len(items) < n {
			t.Errorf("of %s there are %q and %d items of %d that were answered", name, r.Head, len(items), n)
		}
	}
	twins(t, s)
}

// twins checks that of each group all is there, or nothing.
func twins(t *testing.T, s *Store) {
	t.Helper()
	keys, err := s.Scan(t.Context(), "box", store.Key{}, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	others, err := s.Scan(t.Context(), "twin", store.Key{}, 1<<20)
	if err != nil || len(others) != len(keys) {
		t.Errorf("%d twins of %d records, %v", len(others), len(keys), err)
	}
	for _, k := range keys {
		r, err := s.Get(t.Context(), k)
		if err != nil {
			t.Fatal(err)
		}
		if o, err := s.Get(t.Context(), twin(k)); err != nil || o.Head != r.Head || o.Items != r.Items {
			t.Errorf("%s has %d items, its twin %d, %v", k.Name, r.Items, o.Items, err)
		}
	}
}
