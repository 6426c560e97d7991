//go:build linux

package skew

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"sesame/internal/test/lab"
)

// Fails if two people of whom nobody receives, at programs of two ages, aren't both told
// so at once. The new one says what it does with its key, and the older one tells it by
// the transfer's first message.
func TestBothSend(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := startServer(t, today)
	for _, pair := range [][2]age{{before, today}, {today, before}, {today, today}} {
		t.Run(fmt.Sprintf("%s and %s", pair[0], pair[1]), func(t *testing.T) {
			t.Parallel()
			send := append([]string{"send"}, at.flags...)
			a := w.run(t, w.sender, side{program: pair[0]}, w.out, append(send, "data.bin"))
			code := a.Await(t, patience, shownCode)[1]
			b := w.run(t, w.receiver, side{program: pair[1]}, w.out, append(send, "--code", code, "note.txt"))
			for i, p := range []*lab.Process{a, b} {
				want := ending{2, `both of you are sending, so nobody receives\n +one of the two sends and the other one receives; then use a new code$`}
				if pair[i] == before {
					want = ending{1, `the other side says: the sender sends, too: one of the two has to receive$`}
				}
				ends(t, p, want)
			}
		})
	}
}

// Fails if the newer of two programs that both receive, of which nobody can tell the
// other, doesn't say after a while what may be the matter, if two of today don't end at
// once, or if the end of one isn't told to the other.
func TestBothReceive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := startServer(t, today)
	for i, pair := range [][2]age{{before, today}, {today, before}, {today, today}} {
		t.Run(fmt.Sprintf("%s and %s", pair[0], pair[1]), func(t *testing.T) {
			t.Parallel()
			code := fmt.Sprintf("%d-galveston-goldfish", 1000+i)
			receive := append(append([]string{"receive", "--yes"}, at.flags...), code)
			a := w.run(t, w.sender, side{program: pair[0]}, w.folder(t), receive)
			b := w.run(t, w.receiver, side{program: pair[1]}, w.folder(t), receive)
			if pair[0] == today && pair[1] == today {
				for _, p := range []*lab.Process{a, b} {
					ends(t, p, ending{2, `both of you are receiving, so nobody sends\n +one of the two sends and the other one receives; then use a new code$`})
				}
				return
			}
			younger := map[age]*lab.Process{pair[0]: a, pair[1]: b}[today]
			younger.Await(t, patience, `The other computer is there, but offers nothing yet\. Perhaps it receives, too: one of you has to send\.`)
			a.Signal(os.Interrupt)
			ends(t, a, ending{130, `interrupted$`})
			ends(t, b, map[age]ending{
				before: {4, `the other side cancelled the transfer$`},
				today:  {1, `the other computer's sesame, which is older, says: "the receiver cancelled the transfer"$`},
			}[pair[1]])
		})
	}
}

// ends fails the test unless p ends as it should, and says once why.
func ends(t *testing.T, p *lab.Process, want ending) {
	t.Helper()
	if got := p.Exit(t, patience); got != want.exit {
		t.Errorf("%s: the exit code is %d, want %d", first(p), got, want.exit)
	}
	if lines := strings.Count("\n"+p.Err.String(), "\nsesame: "); lines != 1 {
		t.Errorf("%s said %d lines of why it ends", first(p), lines)
	}
	said(t, p, `(?m)^sesame: `+want.says)
}
