package lab

import (
	"fmt"
	"os/exec"
	"runtime"
	"testing"
	"time"
)

// A failing is a test that takes note of how it fails.
type failing struct {
	testing.TB
	said string
}

func (f *failing) Helper() {}
func (f *failing) Fatalf(format string, args ...any) {
	f.said = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// fails returns how f fails a test, "" if it doesn't.
func fails(t *testing.T, f func(testing.TB)) string {
	inner := &failing{TB: t}
	done := make(chan struct{})
	go func() { defer close(done); f(inner) }()
	<-done
	return inner.said
}

// Fails if a wait takes what was said before the place that it was given for what
// is waited for, misses what came after it, or doesn't end when nothing can come.
func TestAwaitAfter(t *testing.T) {
	cmd := exec.Command("sh", "-c", "echo first; read go; echo second; echo first >&2; read go")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p := Start(t, "sh", cmd)
	p.Await(t, time.Minute, "first")
	from := p.Said()
	if said := fails(t, func(t testing.TB) { p.AwaitAfter(t, from, 10*time.Millisecond, "first") }); said == "" {
		t.Error("what was said before is taken for new")
	}
	fmt.Fprintln(in)
	p.AwaitAfter(t, from, time.Minute, "second")
	p.AwaitAfter(t, from, time.Minute, "first")
	p.Await(t, 0, `first\nsecond\n`)
	fmt.Fprintln(in)
	if said := fails(t, func(t testing.TB) { p.Await(t, time.Minute, "third") }); said == "" {
		t.Error("a program that has ended is waited for")
	}
}

// Fails if a server that prints no whole line is waited for after its end, or one
// that goes on to print is held up.
func TestFirstLine(t *testing.T) {
	p, line := FirstLine(t, "sh", exec.Command("sh", "-c", "echo oops >&2; echo here; seq 100000"))
	if line != "here\n" || p.Exit(t, time.Minute) != 0 {
		t.Errorf("%q", line)
	}
	if said := fails(t, func(t testing.TB) { FirstLine(t, "sh", exec.Command("sh", "-c", "printf half")) }); said == "" {
		t.Error("half a line is taken for one")
	}
}
