package main

import (
	"strings"
	"testing"

	"sesame/internal/test/tty"
)

// Fails if words are broken at the edge of a narrow screen, or one whose size isn't
// known, on either side and with either protocol: a row that is full never goes on in
// the next. The command for the other person is the exception: it stays in one piece.
func TestWordsAtTheEdge(t *testing.T) {
	for name, protocol := range protocols() {
		for _, columns := range []int{30, 47, 0} {
			d := newDesk(t, protocol...)
			d.write(d.out, "minutes of the meeting in June.txt", "new")
			d.write(d.in, "minutes of the meeting in June.txt", "old")
			send := append([]string{"send", "--allow-loopback", "--verify", "--code", "7-crossover-clockwork", "minutes of the meeting in June.txt"}, protocol...)
			receive := append([]string{"receive", "--allow-loopback", "--verify"}, protocol...)
			s := tty.Start(t, columns, 24, d.command(d.out, "sesame", send...))
			r := tty.Start(t, columns, 24, d.command(d.in, "sesame", receive...))
			r.Await("Code:")
			r.Type("7-crossover-clockwork\r")
			s.Await("(yes/no)")
			s.Type("yes\n")
			r.Await("(yes/no)")
			r.Type("yes\n")
			r.Await("(Y/n)")
			r.Type("y\n")
			r.Await("(s)kip?")
			r.Type("r\n")
			ends(t, r, exitOK)
			ends(t, s, exitOK)
			d.holds("minutes of the meeting in June (2).txt", "new")
			if r.Wraps() > 0 {
				t.Errorf("%s, %d columns: the receiver's screen is broken at its edge", name, columns)
			}
			command := "    sesame receive 7-crossover-clockwork --server " + d.server + " --verify"
			if got, want := s.Wraps(), len(command)/max(columns, 30); columns > 0 && got > want {
				t.Errorf("%s, %d columns: the sender's screen is broken at its edge %d times, and only its command may be", name, columns, got)
			}
			if whole := strings.ReplaceAll(s.All(), "\n", ""); !strings.Contains(whole, command) {
				t.Errorf("%s, %d columns: the command isn't in one piece", name, columns)
			}
		}
	}
}
