package main

import (
	"sesame/client"
	"sesame/internal/safetext"
)

// programWords writes what sort of program the other computer has: as who says or
// can't do something, or as what can be done about it.
func programWords(argument string, p client.Program) string {
	words := map[string][3]string{ // an older sesame's, a newer one's, another program's
		"peer":    {"the other computer's sesame, which is older,", "the other computer's sesame, which is newer,", "the other program"},
		"side":    {"the other computer's sesame, which is older,", "the other computer's sesame, which is newer,", "the other side"},
		"remedy":  {"update it there, or ", "update this one, or ", ""},
		"between": {"streams and --require-pq need sesames of one age on both sides: update it there", "streams and --require-pq need sesames of one age on both sides: update this one", ""},
	}[argument]
	switch p {
	case client.OlderSesame:
		return words[0]
	case client.NewerSesame:
		return words[1]
	}
	return words[2]
}

// costWords writes what a transfer does without.
func costWords(c client.Costs) string {
	text := "the key isn't post-quantum"
	switch {
	case c.Again && c.Folder != "":
		text += ", what is interrupted starts again from the beginning, and all of it comes in one folder, " + safetext.Line(c.Folder, 200)
	case c.Again:
		text += ", and what is interrupted starts again from the beginning"
	}
	return text
}
