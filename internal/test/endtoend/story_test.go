//go:build linux

package endtoend

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sesame/internal/test/lab"
	"sesame/internal/test/tty"
)

// onTerminal runs a program, or two after each other, in front of a person who has
// never used it before.
func (w *world) onTerminal(s side) *tty.Terminal {
	w.t.Helper()
	s.env = append(s.env, "TERM=xterm", "SESAME_SERVER="+w.url)
	cmd, _ := w.command(s)
	return tty.Start(w.t, 80, 24, cmd)
}

// jargon are words that nobody should have to know to send a file, and what systems say
// of errors.
var jargon = regexp.MustCompile(`(?i)\b(mailbox(es)?|nameplates?|pake|hints?|sides?|phases?|EOF|errno|timeout|deadline exceeded|reset by peer|broken pipe|unreachable|no such file|invalid argument|operation not permitted|input/output error)\b`)

// Fails if two people on the phone, neither of whom has done it before, don't get from
// the first command to the file there when one number is wrong, one word is mistyped,
// one name can't be had on the other's stick, and the line is lost for a while; if
// either screen then has more on it than fits, or a word that they would have to learn.
func TestTwoFirstTimeUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.in = lab.Image(t, "exfat")
	album := filepath.Join(w.out, "holiday")
	if err := os.Mkdir(album, 0o755); err != nil {
		t.Fatal(err)
	}
	film := strings.Repeat("sun and sea ", 2<<20)
	writeText(t, filepath.Join(album, "film.mov"), film, 0o644)
	writeText(t, filepath.Join(album, "day 2: beach.txt"), "sand", 0o644)

	// The code is one whose typing error below always looks like one.
	s := w.onTerminal(side{host: w.sender, dir: w.out, args: []string{"send", "--limit", "3M", "--code", "7-crossover-clockwork", "holiday"}})
	s.Await("nobody has used this code yet")
	m := regexp.MustCompile(`sesame receive (([0-9]+)(-\w+-\w+)) --server ` + regexp.QuoteMeta(w.url)).FindStringSubmatch(s.All())
	if m == nil {
		t.Fatal("there is no line to read to the other person")
	}
	code, number, words := m[1], m[2], m[3]

	r := w.onTerminal(side{
		host: w.receiver, dir: w.in, args: []string{"receive"},
		under: []string{"sh", "-c", `trap : INT; "$@"; "$@"`, "sh"},
	})
	r.Await("Code:")
	r.Type(number + "1" + words + "\r") // one digit too many
	r.Await("compare both with what the sender's screen shows")
	r.Await("nobody is at number " + number + "1")
	r.Type("\x03")
	r.Await("Code:", 2)
	r.Type(code[:len(code)-1] + "\r") // one letter is missing
	r.Await("Did you mean")
	r.Await(code + "? (Y/n)")
	r.Type("y\r")
	r.Await("into the current folder? (Y/n)")
	for _, x := range []*tty.Terminal{s, r} {
		x.Await("day 2: beach.txt becomes") // before the yes
	}
	s.Await("the question is on their screen")
	r.Type("y\r")
	r.Await("% ")
	s.Await("% ")
	w.sender.Cut(t, w.receiver, lab.Drop)
	for _, x := range []*tty.Terminal{s, r} {
		x.Await("The connection is lost.")
	}
	w.sender.Mend(t)
	r.Await("Received holiday")
	if got := r.Wait(); got != 0 {
		t.Errorf("the receiver returns %d", got)
	}
	if got := s.Wait(); got != 0 {
		t.Errorf("the sender returns %d", got)
	}
	if names := list(t, filepath.Join(w.in, "holiday")); len(names) != 2 || names[0] != "day 2%3A beach.txt" {
		t.Errorf("what arrived has the names %q", names)
	}
	if got, err := os.ReadFile(filepath.Join(w.in, "holiday", "film.mov")); err != nil || string(got) != film {
		t.Errorf("what arrived has %d bytes, %v; want %d", len(got), err, len(film))
	}
	if s.Await("Sent."); strings.Contains(s.Screen(), "Waiting") {
		t.Error("the sender waits for something in the end")
	}
	for who, x := range map[string]*tty.Terminal{"sender": s, "receiver": r} {
		if x.All() != x.Screen() {
			t.Errorf("the %s's story is longer than a screen", who)
		}
		if word := jargon.FindString(x.All()); word != "" {
			t.Errorf("the %s reads %q", who, word)
		}
		t.Logf("the %s's screen:\n%s", who, x.Screen())
	}
}
