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

// goesOn has it go on after changes that failed.
const goesOn = "SESAME_TEST_GOES_ON"

func TestMain(m *testing.M) {
	if dir := os.Getenv(writerDir); dir != "" {
		write(dir)
		return
	}
	os.Exit(m.Run())
}

// write makes records of many goroutines, appends to them, and says what was
// answered: the name, and how many items.
func write(dir string) {
	s, err := Open(dir, Config{})
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
		if _, err := s.Put(context.Background(), k, 0, k.Name, time.Hour); err != nil {
			return err
		}
		said(k.Name, 0)
		for j := range 5 {
			if err := s.Append(context.Background(), k, j, fmt.Sprint(k.Name, "/", j)); err != nil {
				return err
			}
			said(k.Name, j+1)
		}
		return nil
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
// several lives of one file.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	answered := map[string]int{}
	for round := range 8 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), writerDir+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// It is killed at some answer, not after some time.
		end := 100 + rand.IntN(1500)
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			if n == end {
				cmd.Process.Kill() // what it has said comes all the same
			}
			var name string
			var items int
			switch _, err := fmt.Sscan(lines.Text(), &name, &items); {
			case lines.Text() == "open":
			case err != nil || name == "error":
				if n < end { // the last line may be cut
					t.Errorf("round %d: %q", round, lines.Text())
				}
			default:
				answered[name] = max(answered[name], items)
			}
		}
		cmd.Wait()
	}
	s := open(t, dir)
	if s.Stats().Reset || len(answered) < 100 {
		t.Fatalf("begun anew: %v, after %d records", s.Stats().Reset, len(answered))
	}
	lost := 0
	for name, n := range answered {
		items, err := s.Items(t.Context(), store.Key{Kind: "box", Name: name}, 0)
		if err != nil {
			t.Fatal(err)
		}
		for j, item := range items {
			if item != fmt.Sprint(name, "/", j) {
				t.Errorf("item %d of %s is %q", j, name, item)
			}
		}
		if r, _ := s.Get(t.Context(), store.Key{Kind: "box", Name: name}); r.Head != name || len(items) < n {
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d records lack something that was answered", lost, len(answered))
	}
	t.Logf("%d records in %s", len(answered), strings.TrimSuffix(dir, "/"))
}
