package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sesame/client"
	"sesame/client/doctor"
	"sesame/internal/test/events"
)

// An entry is one of the codes that there are.
type entry struct {
	code client.Code
	args []string
	at   string // in which events it is told, as doc/json.md writes it; "" if it is part of another
}

// entries has the codes of client and of doctor.
func entries() (all []entry) {
	for _, e := range client.Codes() {
		all = append(all, entry{e.Code, e.Args, eventOf(e.Class)})
	}
	for _, e := range doctor.Codes() {
		at := ""
		switch e.Kind {
		case doctor.KindFinding:
			at = "`" + finding{}.name() + "`: " + stateName(e.State)
		case doctor.KindDiagnosis:
			at = fmt.Sprintf("`%s`: %v", diagnosis{}.name(), e.State != doctor.Problem)
		}
		all = append(all, entry{e.Code, e.Args, at})
	}
	return all
}

// Fails if a code has no text, a text belongs to no code, names an argument that its
// code doesn't have, or leaves out what has to be said.
func TestEachCodeHasItsWords(t *testing.T) {
	all := maps.Clone(wordings())
	for _, e := range entries() {
		w, ok := all[e.code]
		if !ok || w.text == "" {
			t.Errorf("%s has no text", e.code)
		}
		delete(all, e.code)
		said := regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(w.text+w.hint, -1)
		var named []string
		for _, m := range said {
			named = append(named, m[1])
			if !slices.Contains(e.args, m[1]) {
				t.Errorf("the text of %s has {%s}, which is none of its arguments", e.code, m[1])
			}
		}
		for _, a := range e.args {
			if !slices.Contains(named, a) {
				t.Errorf("the text of %s leaves out its argument %s", e.code, a)
			}
		}
		if w.one != "" && !slices.Contains(e.args, "count") {
			t.Errorf("%s has a text for one, and no count", e.code)
		}
	}
	for code := range all {
		t.Errorf("%s has a text and isn't on the list", code)
	}
}

// Fails if what is said of the other program doesn't tell an older sesame, a newer one
// and another program apart, or doesn't say what that costs, or what to do.
func TestProgramsAreToldApart(t *testing.T) {
	for _, c := range []struct {
		code       client.Code
		args       []any
		text, hint string
	}{
		{client.NotPostQuantum, programs(client.ForeignProgram), "the other program can't agree on a post-quantum key with this one", "leave out --require-pq if the classic protocol will do"},
		{client.NotPostQuantum, programs(client.OlderSesame), "the other computer's sesame, which is older, can't agree on a post-quantum key with this one", "update it there, or leave out --require-pq if the classic protocol will do"},
		{client.NotPostQuantum, programs(client.NewerSesame), "the other computer's sesame, which is newer, can't agree on a post-quantum key with this one", "update this one, or leave out --require-pq if the classic protocol will do"},
		{client.PeerProtocol, []any{client.Fail(client.SaysRule)}, `the other computer says: "protocol error"`, ""},
		{client.NeedsNative, programs(client.ForeignProgram), "the other program can't take a stream from this one", "save it to a file and send that"},
		{client.NeedsNative, programs(client.NewerSesame), "the other computer's sesame, which is newer, can't take a stream from this one", "update this one, or save it to a file and send that"},
		{client.PeerOther, programs(client.ForeignProgram, "no"), `the other computer says: "no"`, ""},
		{client.PeerOther, programs(client.NewerSesame, "no"), `the other computer's sesame, which is newer, says: "no"`, "streams and --require-pq need sesames of one age on both sides: update this one"},
		{client.NoteNewer, []any{client.Fail(client.CostsKey)}, "The other computer has a newer sesame than this one: the key isn't post-quantum.", ""},
		{client.NoteOlder, []any{client.Fail(client.CostsFolder, "a\x1b")}, `The other computer has an older sesame than this one: the key isn't post-quantum, what is interrupted starts again from the beginning, and all of it comes in one folder, a\u{1b}.`, ""},
	} {
		if text, hint := say(c.code, c.args); text != c.text || hint != c.hint {
			t.Errorf("%s: %q, %q, want %q, %q", c.code, text, hint, c.text, c.hint)
		}
	}
}

// programs returns the arguments of a code that says of p first what it is, then what
// to do, after others.
func programs(p client.Code, first ...any) []any {
	return append(first, client.Fail(p), client.Fail(p))
}

// Fails if what somebody else wrote comes through as it is, or an argument is
// written in another way than its kind.
func TestArgumentsAreSafe(t *testing.T) {
	for _, c := range []struct {
		code client.Code
		args []any
		want string
	}{
		{client.Incomplete, []any{1, client.Fail(client.RemedyHere)}, "one file or folder could not be sent; everything else is there"},
		{client.Incomplete, []any{2, client.Fail(client.RemedyHere)}, "2 files or folders could not be sent; everything else is there"},
		{client.Exists, []any{"a\x1b{name}"}, `a\u{1b}{name} exists already`},
		{client.PeerSaysNo, []any{"no\n\x1bway"}, `the other computer declined: "no\n\u{1b}way"`},
		{client.ServerRefused, []any{"\u202e"}, `the server refused: \u{202e}`},
		{client.Other, []any{errors.New("\x1b")}, `can't go on: \u{1b}`},
		{client.Disk, []any{client.Fail(client.DoWrite, "a\x1b"), client.Fail(client.TroubleDenied)}, `writing a\u{1b}: permission denied`},
		{client.NoSender, []any{time.Minute}, "no sender of this code answered within 1:00 min"},
		{client.NoteNotWanted, []any{3, int64(2000)}, "Not sent, because the other computer leaves what it has: 3 files (2.0 kB)"},
		{doctor.ServerSpeaks, []any{"a\x1b", 1234567 * time.Nanosecond}, `a\u{1b} speaks after 1.2ms`},
		{doctor.ClockSlow, []any{3*time.Hour + 400*time.Millisecond}, "your clock is wrong by 3h0m0s: it is slow"},
		{doctor.RelayOdd, []any{"r", "\x1b[2J", (*client.Failure)(nil)}, `r: it says "\u{1b}[2J", which no relay does`},
		{doctor.Multicast, []any{[]string{"eth0", "\n"}}, `can be received on eth0, \n`},
		{doctor.Addresses, []any{[]*client.Failure{
			{Code: doctor.AddressOn, Args: []any{"192.168.1.2", client.Fail(doctor.SortPrivate), "e\x1b"}},
			{Code: doctor.AddressMore, Args: []any{3}}}}, `192.168.1.2 (private) on e\u{1b}, 3 more`},
		{doctor.ServerProblems, []any{1}, "There is one problem."},
	} {
		if text, _ := say(c.code, c.args); text != c.want {
			t.Errorf("%s: %q, want %q", c.code, text, c.want)
		}
	}
}

// Fails if doc/json.md doesn't say of each code in which event it is, and what the
// shell gets then.
func TestCausesAreDocumented(t *testing.T) {
	doc, err := events.Read()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range entries() {
		if e.at == "" {
			continue
		}
		n++
		if at := doc.Causes[string(e.code)]; at != e.at {
			t.Errorf("doc/json.md has %s in %q, not in %s", e.code, at, e.at)
		}
	}
	if len(doc.Causes) != n {
		t.Errorf("doc/json.md has %d rows for %d codes", len(doc.Causes), n)
	}
}

// eventOf says where a class is told.
func eventOf(c client.Class) string {
	switch c {
	case client.ClassNote:
		return "`" + note{}.name() + "`"
	case client.ClassWait:
		return "`" + waitingFor{}.name() + "`"
	case client.ClassQuestion:
		return "`" + question{}.name() + "`"
	case client.ClassWhy:
		return "`" + leftOutIs{}.name() + "`, `" + renamedIs{}.name() + "`, `" + failedIs{}.name() + "`"
	case client.ClassPart:
		return ""
	case client.ClassInterrupted:
		return "`exit` 128 and more"
	}
	return fmt.Sprintf("`exit` %d", exitOf(&client.Failure{Class: c}))
}

// Fails if a diagnosis is more or less than one sentence, a finding has no subject that
// doc/doctor.md names, or one that keeps a transfer from the server has another.
func TestFindingsHaveSubjects(t *testing.T) {
	doc, err := os.ReadFile("../../doc/doctor.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range doctor.Codes() {
		text, _ := say(e.Code, nil)
		if e.Kind == doctor.KindDiagnosis && (strings.Count(text, ".") != 1 || !strings.HasSuffix(text, ".")) {
			t.Errorf("%s says %q", e.Code, text)
		}
		if name := subjectOf(e.Code); e.Kind == doctor.KindFinding && !strings.Contains(string(doc), "`"+name+"`") {
			t.Errorf("doc/doctor.md has no subject %s of %s", name, e.Code)
		}
	}
	if got := subjectOf(client.ServerClock); got != "server" {
		t.Errorf("the subject of what keeps a transfer from the server is %s", got)
	}
}
