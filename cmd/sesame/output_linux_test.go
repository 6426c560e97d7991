package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sesame/internal/test/tty"
)

// Fails if a name given with --output that isn't there becomes a file or a folder unasked,
// or if what is said of where something is now doesn't lead there.
func TestFolderOrFile(t *testing.T) {
	for name, protocol := range protocols() {
		for what, c := range map[string]struct {
			output, answer string
			args           []string
			at             string // where it is
			shown          string
		}{
			"folder":    {output: "Downloads", answer: "f\n", at: "Downloads/file", shown: "Received Downloads/file"},
			"file":      {output: "new name", answer: "n\n", at: "new name", shown: "Received 'new name'"},
			"separator": {output: "deep/Downloads/", at: "deep/Downloads/file", shown: "Received deep/Downloads/file"},
			"--yes":     {output: "Downloads", args: []string{"--yes"}, at: "Downloads", shown: "Received Downloads"},
		} {
			t.Run(what+", "+name, func(t *testing.T) {
				d := newDesk(t, protocol...)
				d.write(d.out, "file", "new")
				s := d.send("--code", "7-galveston-goldfish", "file")
				r := d.receive(append(c.args, "--output", c.output, "7-galveston-goldfish")...)
				if c.answer != "" {
					r.Await("There is no " + c.output + " yet")
					r.Type("\n") // is no answer
					r.Await("There is no "+c.output+" yet", 2)
					r.Type(c.answer)
				}
				if c.args == nil {
					r.Await("(Y/n)")
					r.Type("\n")
				}
				ends(t, r, exitOK)
				ends(t, s, exitOK)
				d.holds(c.at, "new")
				if !strings.HasSuffix(r.All(), "\n"+c.shown) {
					t.Errorf("it doesn't end with %q", c.shown)
				}
			})
		}
	}
}

// Fails if what is said of where something is can't be pasted into a shell: on a narrow
// screen, with a name of any sort, and from a folder with another way to it.
func TestReceivedCanBePasted(t *testing.T) {
	const name = "-my long file of June; with 'quotes' and $signs, café.txt"
	for where, columns := range map[string]int{"": 80, "a folder/": 30, "/tmp": 50} {
		d := newDesk(t)
		d.write(d.out, name, "new")
		into := where
		if where == "/tmp" {
			into = t.TempDir() + "/"
		}
		s := d.send("--code", "7-galveston-goldfish", "./"+name)
		args := []string{"receive", "--allow-loopback", "--yes", "7-galveston-goldfish"}
		if into != "" {
			args = append(args, "--output", into)
		}
		r := tty.Start(t, columns, 24, d.command(d.in, "sesame", args...))
		ends(t, r, exitOK)
		ends(t, s, exitOK)
		_, word, _ := strings.Cut(r.All(), "\nReceived")
		cat := exec.Command("bash", "-c", "cat "+strings.TrimLeft(word, " \n"))
		cat.Dir = d.in
		if got, err := cat.CombinedOutput(); err != nil || string(got) != "new" {
			t.Errorf("%q, pasted, leads to %q, %v", word, got, err)
		}
		if !filepath.IsAbs(into) && strings.Contains(word, d.in) {
			t.Errorf("%q isn't the shortest way", word)
		}
	}
}
