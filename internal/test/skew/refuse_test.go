//go:build linux

package skew

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sesame/internal/test/lab"
)

// An ending is how a side ends that transfers nothing.
type ending struct {
	exit int
	says string // its last line
}

// Fails if what only one of two ages can do isn't said by both in a line, or is
// refused where both can do it.
func TestOnlyNative(t *testing.T) {
	t.Parallel()
	const (
		hint     = `\n +(update it there, or .*|streams and --require-pq need sesames of one age on both sides: update it there)`
		noStream = `the other computer's sesame, which is older, can't take a stream from this one` + hint
		noKey    = `the other computer's sesame, which is older, can't agree on a post-quantum key with this one` + hint
	)
	older := func(words string) ending {
		return ending{1, `the other computer's sesame, which is older, says: "` + words + `"` + hint}
	}
	w := newWorld(t)
	at := startServer(t, today)
	for _, c := range []struct {
		name          string
		send, receive []string
		input         string
		toOld, toNew  [2]ending // where the protocol is classic: of a new sender and an old receiver, and the other way round
	}{
		{
			name: "stream", send: []string{"-"}, receive: []string{"--output", "-"}, input: "to be continued\n",
			toOld: [2]ending{{9, noStream}, {1, "the sender has a stream, which only a sesame of the same protocol can take"}},
			toNew: [2]ending{{9, "the other program can't take a stream: save it to a file and send that"}, older("the sender has a stream, which only sesame can take")},
		},
		{
			name: "sender insists", send: []string{"--require-pq", "data.bin"},
			toOld: [2]ending{{9, noKey}, {1, "the other side insists on a post-quantum key, which this program can't agree on"}},
			toNew: [2]ending{{9, "the other program can't agree on a post-quantum key"}, older("the other side insists on a post-quantum key, which this program can't agree on")},
		},
		{
			name: "receiver insists", send: []string{"data.bin"}, receive: []string{"--require-pq"},
			toOld: [2]ending{older("the other side insists on a post-quantum key, which this program can't agree on"), {9, "the other program can't agree on a post-quantum key"}},
			toNew: [2]ending{{1, "the other side insists on a post-quantum key, which this program can't agree on"}, {9, noKey}},
		},
	} {
		for _, from := range []age{before, today} {
			for _, to := range []age{before, today} {
				t.Run(fmt.Sprintf("%s/%s to %s", c.name, from, to), func(t *testing.T) {
					t.Parallel()
					into := w.folder(t)
					a, b := w.start(t, pairing{at, side{program: from, args: c.send, input: c.input}, side{program: to, args: c.receive, in: into}})
					if speaks(from, to) == native {
						finish(t, a, b, 0, 0)
						if got := b.Out.String(); got != c.input {
							t.Errorf("the receiver's standard output is %q, want %q", got, c.input)
						}
						return
					}
					want := c.toOld
					if to == today {
						want = c.toNew
					}
					finish(t, a, b, want[0].exit, want[1].exit)
					for i, p := range []*lab.Process{a, b} {
						if lines := strings.Count("\n"+p.Err.String(), "\nsesame: "); lines != 1 {
							t.Errorf("%s said %d lines of why it ends", first(p), lines)
						}
						said(t, p, `(?m)^sesame: .*`+want[i].says)
						if got := notes(p); len(got) > 0 {
							t.Errorf("%s said %q, too, though nothing crossed", first(p), got)
						}
					}
					if names := list(t, into); len(names) > 0 {
						t.Errorf("there is %q", names)
					}
				})
			}
		}
	}
}

// Fails if programs that read JSON can't tell what people are told of the other
// one's age.
func TestCauses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := startServer(t, today)
	if speaks(today, before) == native {
		t.Skip("there is nothing to tell")
	}
	for _, c := range []struct {
		name     string
		from, to age
		insists  bool
	}{
		{"sender", today, before, false},
		{"receiver", before, today, false},
		{"sender insists", today, before, true},
		{"receiver insists", before, today, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := pairing{at, side{program: c.from, args: []string{"data.bin"}}, side{program: c.to, in: w.folder(t)}}
			mine, exits, cause := &p.from, [2]int{0, 0}, `"event":"note","text":"[^"]*","cause":"older"`
			if c.to == today {
				mine = &p.to
			}
			mine.args = append(mine.args, "--json")
			if c.insists {
				mine.args = append(mine.args, "--require-pq")
				exits, cause = [2]int{9, 1}, `"event":"error","exit":9,.*"cause":"not-post-quantum"`
				if c.to == today {
					exits = [2]int{1, 9}
				}
			}
			a, b := w.start(t, p)
			finish(t, a, b, exits[0], exits[1])
			end := a
			if c.to == today {
				end = b
			}
			if got := regexp.MustCompile(cause).FindAllString(end.Out.String(), -1); len(got) != 1 {
				t.Errorf("%s told %q %d times", first(end), cause, len(got))
			}
		})
	}
}

// Fails if an older program and a new one can't tell each other why nothing
// crosses: each ends with what it can know, and shows what was only said in words.
func TestRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	write(t, filepath.Join(w.out, "big"), noise(24<<20), 0o644)
	at := startServer(t, today)
	full, cancelled := ending{6, `the other computer's disk has not enough room`}, ending{4, `the other (?:side|computer) cancelled the transfer`}
	for _, pair := range []struct {
		from, to        age
		full, cancelled ending // of the sender where the receiver has no room, and where it is interrupted
	}{
		{before, today, full, cancelled}, // the older one goes by words, which stay as they are
		{today, before, ending{4, `the other (?:side|computer|person) declined: "the receiver's disk has not enough room"`}, ending{1, `the other (?:side|computer) says: "the receiver cancelled the transfer"`}},
		{today, today, full, cancelled},
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
			said(t, a, `the other (?:side|computer|person) declined: "?the receiver has something of that name already`) // the older one has no quotation marks
		})
		t.Run(fmt.Sprintf("interrupted/%s to %s", pair.from, pair.to), func(t *testing.T) {
			t.Parallel()
			a, b := start(t, w.folder(t), []string{"--limit", "4M"}, []string{"--json"})
			b.Await(t, patience, arrived)
			b.Signal(os.Interrupt)
			finish(t, a, b, pair.cancelled.exit, 130)
			said(t, a, pair.cancelled.says)
		})
	}
}

// arrived is what a receiver with --json says when a few MB are there.
const arrived = `"done":[4-9][0-9]{6},`
