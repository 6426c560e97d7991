// Package events compares what a program says with --json with what doc/json.md
// promises.
package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A Document is what doc/json.md says.
type Document struct {
	// Members has of each event its members, and other words that are quoted in its
	// row.
	Members map[string][]string
	// Causes has of each cause where it may be, as the document writes it.
	Causes map[string]string
}

// Read reads the document of the module that the working directory is in.
func Read() (*Document, error) {
	root, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	for !isRoot(root) {
		if root == filepath.Dir(root) {
			return nil, errors.New("the working directory is in no module")
		}
		root = filepath.Dir(root)
	}
	text, err := os.ReadFile(filepath.Join(root, "doc", "json.md"))
	if err != nil {
		return nil, err
	}
	return parse(string(text)), nil
}

func isRoot(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

func parse(text string) *Document {
	d := &Document{make(map[string][]string), make(map[string]string)}
	member := regexp.MustCompile("`([a-z_]+)`")
	for _, cells := range table(text, "\n## 3. Events\n", "\n| `kind` of a path") {
		for _, name := range member.FindAllStringSubmatch(cells[0], -1) {
			d.Members[name[1]] = []string{"event"}
			for _, word := range member.FindAllStringSubmatch(cells[1]+cells[2], -1) {
				d.Members[name[1]] = append(d.Members[name[1]], word[1])
			}
		}
	}
	for _, cells := range table(text, "\n## 4. Causes\n", "\n## 5") {
		d.Causes[strings.Trim(cells[0], "`")] = cells[1]
	}
	return d
}

// table returns the cells of the rows that begin with something quoted, between two
// places of a text.
func table(text, from, to string) (rows [][3]string) {
	_, text, _ = strings.Cut(text, from)
	text, _, _ = strings.Cut(text, to)
	for line := range strings.Lines(text) {
		if cells := strings.SplitN(line, "|", 4); strings.HasPrefix(line, "| `") && len(cells) == 4 {
			rows = append(rows, [3]string{strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2]), cells[3]})
		}
	}
	return rows
}

// elsewhere are events that doc/doctor.md describes.
var elsewhere = []string{"finding", "diagnosis"}

// An event is a line, with the members that others depend on.
type event struct {
	Event   string
	Format  int
	Exit    int
	Cause   *string
	State   string // of a finding
	Well    bool   // of a diagnosis
	Subject string
}

// Check compares one line with the document.
func (d *Document) Check(line []byte) error {
	_, err := d.check(line)
	return err
}

func (d *Document) check(line []byte) (e event, err error) {
	var members map[string]any
	if err := errors.Join(json.Unmarshal(line, &members), json.Unmarshal(line, &e)); err != nil {
		return e, fmt.Errorf("%q is no event: %w", line, err)
	}
	row, ok := d.Members[e.Event]
	if !ok {
		return e, fmt.Errorf("%s: doc/json.md has no event %q", line, e.Event)
	}
	for member := range members {
		if !slices.Contains(row, member) && !slices.Contains(elsewhere, e.Event) {
			return e, fmt.Errorf("%s: doc/json.md has no member %q in an event %q", line, member, e.Event)
		}
	}
	if e.Cause == nil {
		return e, nil
	}
	at, ok := d.Causes[*e.Cause]
	if !ok {
		return e, fmt.Errorf("%s: doc/json.md has no cause %q", line, *e.Cause)
	}
	if !e.may(at) {
		return e, fmt.Errorf("%s: doc/json.md has this cause in %s", line, at)
	}
	return e, nil
}

// may reports whether a cause that the document has at some place can be e's.
func (e *event) may(at string) bool {
	failure := strings.HasPrefix(at, "`exit` ")
	switch e.Event {
	case "error":
		return at == fmt.Sprintf("`exit` %d", e.Exit) || e.Exit >= 128 && at == "`exit` 128 and more"
	case "note": // of a failure that isn't the end, too
		return at == "`note`" || failure
	case "finding":
		return at == "`finding`: "+e.State || failure && e.State == "problem"
	case "diagnosis":
		return at == fmt.Sprintf("`diagnosis`: %v", e.Well)
	}
	return slices.Contains(strings.Split(at, ", "), "`"+e.Event+"`")
}

// CheckRun compares all that one run has written, and how it ended: exit is the exit
// code, below 0 if it was killed, or runs on.
func (d *Document) CheckRun(text string, exit int) error {
	whole := text
	if exit < 0 { // the last line may be cut
		whole = text[:strings.LastIndexByte(text, '\n')+1]
	}
	var last event
	n := 0
	for line := range strings.Lines(whole) {
		e, err := d.check([]byte(line))
		if err != nil {
			return err
		}
		switch {
		case (n == 0) != (e.Event == "start"):
			return fmt.Errorf("line %d is %q", n+1, e.Event)
		case n == 0 && e.Format != 1:
			return fmt.Errorf("the format is %d", e.Format)
		case last.Event == "done" || last.Event == "error":
			return fmt.Errorf("%q after %q", e.Event, last.Event)
		}
		last = e
		n++
	}
	switch {
	case exit < 0:
	case exit == 0 && last.Event != "done", exit > 0 && (last.Event != "error" || last.Exit != exit):
		return fmt.Errorf("the last event is %q with %d, and the exit code %d", last.Event, last.Exit, exit)
	}
	return nil
}
