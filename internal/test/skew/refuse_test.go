//go:build linux

package skew

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"sesame/internal/test/lab"
)

// An ending is how a side ends that transfers nothing.
type ending struct {
	exit int
	says string // a pattern, on standard error
}

// Fails if what only one of two ages can do isn't said by both in a line, or is
// refused where both can do it.
func TestOnlyNative(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := startServer(t, today)
	for _, c := range []struct {
		name          string
		send, receive []string
		input         string
	}{
		{name: "stream", send: []string{"-"}, receive: []string{"--output", "-"}, input: "to be continued\n"},
		{name: "sender insists", send: []string{"--require-pq", "data.bin"}},
		{name: "receiver insists", send: []string{"data.bin"}, receive: []string{"--require-pq"}},
	} {
		for _, from := range []age{before, today} {
			for _, to := range []age{before, today} {
				t.Run(fmt.Sprintf("%s/%s to %s", c.name, from, to), func(t *testing.T) {
					t.Parallel()
					into := w.folder(t)
					a, b := w.start(t, pairing{at, side{program: from, args: c.send, input: c.input}, side{program: to, args: c.receive, in: into}})
					finish(t, a, b, 0, 0)
					if got := b.Out.String(); got != c.input {
						t.Errorf("the receiver's standard output is %q, want %q", got, c.input)
					}
				})
			}
		}
	}
}

// Fails if an older program and a new one can't tell each other why nothing
// crosses: each ends with what it can know, and shows what was only said in words.
func TestRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	write(t, filepath.Join(w.out, "big"), noise(24<<20), 0o644)
	at := startServer(t, today)
	for _, pair := range []struct {
		from, to age
		full     ending // of the sender where the receiver has no room
	}{
		{before, today, ending{6, `the other computer's disk has not enough room`}},
		{today, before, ending{4, `the other side declined: "the receiver's disk has not enough room"`}},
		{today, today, ending{6, `the other computer's disk has not enough room`}},
	} {
		start := func(t *testing.T, into string, send, receive []string) (a, b *lab.Process) {
			return w.start(t, pairing{at, side{program: pair.from, args: append(send, "big")}, side{program: pair.to, args: receive, in: into}})
		}
		t.Run(fmt.Sprintf("no room/%s to %s", pair.from, pair.to), func(t *testing.T) {
			t.Parallel()
			a, b := start(t, lab.Memory(t, "1M"), nil, nil)
			finish(t, a, b, pair.full.exit, 6)
			said(t, a, pair.full.says)
		})
		t.Run(fmt.Sprintf("there already/%s to %s", pair.from, pair.to), func(t *testing.T) {
			t.Parallel()
			into := w.folder(t)
			write(t, filepath.Join(into, "big"), []byte("another"), 0o644)
			a, b := start(t, into, nil, []string{"--on-conflict", "skip"})
			finish(t, a, b, 4, 4)
			said(t, a, `the other side declined: "?the receiver has something of that name already`) // the older one has no quotation marks
		})
		t.Run(fmt.Sprintf("interrupted/%s to %s", pair.from, pair.to), func(t *testing.T) {
			t.Parallel()
			a, b := start(t, w.folder(t), []string{"--limit", "4M"}, []string{"--json"})
			b.Await(t, patience, arrived)
			b.Signal(os.Interrupt)
			finish(t, a, b, 4, 130)
			said(t, a, `the other side cancelled the transfer`)
		})
	}
}

// arrived is what a receiver with --json says when a few MB are there.
const arrived = `"done":[4-9][0-9]{6},`
