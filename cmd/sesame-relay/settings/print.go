package settings

import (
	"fmt"
	"io"
	"strings"
)

// Print writes all settings, as a file has them, with where each came from.
func (s *Settings) Print(w io.Writer) {
	for _, group := range Groups {
		fmt.Fprintf(w, "# %s\n", group)
		for _, row := range table(s) {
			if row.Group == group && !row.onFlag {
				fmt.Fprintf(w, "%-40s # %s\n", row.Name+" = "+quote(row.get()), s.From(row.Name))
			}
		}
		fmt.Fprintln(w)
	}
}

// Columns of the help.
const (
	helpIndent = 34
	helpWidth  = 80
)

// PrintHelp writes the flags, with their defaults.
func PrintHelp(w io.Writer) {
	for _, group := range Groups {
		fmt.Fprintf(w, "%s:\n", group)
		for _, row := range Table() {
			if row.Group == group {
				printFlag(w, row)
			}
		}
		fmt.Fprintln(w)
	}
}

func printFlag(w io.Writer, s Setting) {
	flag := "      --" + s.Name
	if s.Short != "" {
		flag = "  -" + s.Short + ", --" + s.Name
	}
	if s.Takes != "" {
		flag += " " + s.Takes
	}
	text := s.Text
	if d := s.defaultWords(); d != "" {
		text += " (default " + d + ")"
	}
	if len(flag) > helpIndent-2 {
		fmt.Fprintln(w, flag)
		flag = ""
	}
	for _, l := range wrap(text, helpWidth-helpIndent) {
		fmt.Fprintf(w, "%-*s%s\n", helpIndent, flag, l)
		flag = ""
	}
}

// defaultWords returns the default as the help and the page tell it, "" for none.
func (s Setting) defaultWords() string {
	switch {
	case s.Auto != "":
		return s.Auto
	case s.Switch():
		return ""
	}
	return s.Default
}

// wrap breaks text into lines of at most so many characters.
func wrap(text string, width int) (lines []string) {
	l := ""
	for word := range strings.FieldsSeq(text) {
		if l != "" && len(l)+1+len(word) > width {
			lines = append(lines, l)
			l = ""
		}
		if l != "" {
			l += " "
		}
		l += word
	}
	return append(lines, l)
}

// Page returns the tables of doc/settings.md.
func Page() string {
	var b strings.Builder
	for _, group := range Groups {
		fmt.Fprintf(&b, "### %s\n\n| setting | takes | default | |\n|---|---|---|---|\n", group)
		for _, row := range Table() {
			if row.Group != group {
				continue
			}
			kind := row.Takes
			switch {
			case row.Switch():
				kind = "yes or no"
			case row.Bounds != "":
				kind += ", " + row.Bounds
			}
			value := row.Auto
			if row.Auto == "" && row.Default != "" {
				value = "`" + row.Default + "`"
			}
			name := "`" + row.Name + "`"
			if row.Live {
				name += " ↻"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, kind, value, row.Text)
		}
		b.WriteString("\n")
	}
	return b.String()
}
