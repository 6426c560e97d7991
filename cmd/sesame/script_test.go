package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"sesame/internal/test/events"
	"sesame/relay"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sesame": main, "await": awaitLine, "panics": panicAsking})
}

// TestScripts runs the program as a user does, against a relay in this process.
// Each script fails if what the program prints, writes or returns differs.
//
// Beside the program there are others, "await" and "panics": see awaitLine and
// panicAsking. Commands beside testscript's own:
//
//	relay          starts a relay; $SESAME_SERVER names it
//	port           sets $PORT to one that nobody listens on
//	same A B       fails unless two trees hold the same names, x-bits and bytes
//	lines NAME...  fails unless standard output was these events, each once or
//	               several times in a row, and nothing else; of NAME,NAME any
//	               may come first; a path that is measured again doesn't count.
//	               doc/json.md has to know each of them, and what is in it
//
// The condition [root] says that scripts can make networks: Linux, as root.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Deadline:            time.Now().Add(5 * time.Minute),
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("NET", "--allow-loopback")
			return nil
		},
		Condition: func(what string) (bool, error) {
			if what != "root" {
				return false, fmt.Errorf("no condition %q", what)
			}
			return runtime.GOOS == "linux" && os.Geteuid() == 0, nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"relay": startRelay,
			"port":  deadPort,
			"same":  sameTrees,
			"lines": eventLines,
		},
	})
}

func startRelay(ts *testscript.TestScript, neg bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	motd := strings.NewReplacer(`\x1b`, "\x1b").Replace(strings.Join(args, " "))
	server := relay.New(&relay.Config{MOTD: motd})
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	ts.Defer(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		server.Shutdown(ctx)
		<-served
	})
	ts.Setenv("SESAME_SERVER", "ws://"+l.Addr().String()+"/v1")
}

func deadPort(ts *testscript.TestScript, neg bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	_, port, err := net.SplitHostPort(l.Addr().String())
	ts.Check(err)
	ts.Check(l.Close())
	ts.Setenv("PORT", port)
}

func eventLines(ts *testscript.TestScript, neg bool, args []string) {
	var names []string
	doc, err := events.Read()
	ts.Check(err)
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		ts.Check(doc.Check([]byte(line)))
		var e struct{ Event string }
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Event == "" {
			ts.Fatalf("%q is no event: %v", line, err)
		}
		if e.Event != "path" { // which comes when the machine is busy
			names = append(names, e.Event)
		}
	}
	if !inOrder(names, args) {
		ts.Fatalf("the events are %v, want %v", slices.Compact(names), args)
	}
}

// inOrder reports whether events are these, each once or several times in a row.
// Those that are joined by commas may come in any order among each other.
func inOrder(events, want []string) bool {
	for _, step := range slices.Compact(slices.Clone(want)) {
		missing := strings.Split(step, ",")
		all := slices.Clone(missing)
		n := 0
		for n < len(events) && slices.Contains(all, events[n]) {
			missing = slices.DeleteFunc(missing, func(name string) bool { return name == events[n] })
			n++
		}
		if len(missing) > 0 {
			return false
		}
		events = events[n:]
	}
	return len(events) == 0
}

// Fails if the command "lines" takes events for others, or minds an order that
// was left open.
func TestInOrder(t *testing.T) {
	for _, test := range []struct {
		events, want string
		good         bool
	}{
		{"start a b done", "start a b done", true},
		{"start a a b done", "start a b done", true},
		{"start a b done", "start a a b done", true},
		{"start b a done", "start a b done", false},
		{"start a done", "start a b done", false},
		{"start a b c done", "start a b done", false},
		{"start a b", "start a b done", false},
		{"start b a done", "start a,b done", true},
		{"start a b done", "start a,b done", true},
		{"start a b a done", "start a,b done", true},
		{"start b done", "start a,b done", false},
		{"start b done a", "start a,b done", false},
		{"", "start", false},
	} {
		if got := inOrder(strings.Fields(test.events), strings.Fields(test.want)); got != test.good {
			t.Errorf("%q for %q: %v", test.events, test.want, got)
		}
	}
}

func sameTrees(ts *testscript.TestScript, neg bool, args []string) {
	a, b := tree(ts, args[0]), tree(ts, args[1])
	for name, content := range a {
		if b[name] != content {
			ts.Fatalf("%s: %.40q in %s, %.40q in %s", name, content, args[0], b[name], args[1])
		}
		delete(b, name)
	}
	for name := range b {
		ts.Fatalf("%s is only in %s", name, args[1])
	}
}

// tree maps every path at and below root to what it is.
func tree(ts *testscript.TestScript, root string) map[string]string {
	found := map[string]string{}
	root = ts.MkAbs(root)
	ts.Check(filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		switch {
		case info.IsDir():
			found[name] = "directory"
		default:
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			found[name] = "file " + string(b)
			if info.Mode()&0o100 != 0 {
				found[name] = "program " + string(b)
			}
		}
		return nil
	}))
	return found
}
