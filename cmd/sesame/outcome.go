package main

import (
	"fmt"
	"path"
	"strings"

	"sesame/client"
	"sesame/internal/safetext"
	"sesame/transfer"
	"sesame/tree/manifest"
)

// An outcome is how a transfer ended, as one of its sides tells it.
type outcome struct {
	*transfer.Report
	other string // what the other side is called
}

// tell shows how a transfer ended, and reports whether nothing is missing. What the
// sender left out is shown where the list of files is.
func (o outcome) tell(ui *terminal) (whole bool) {
	if o.Resumed > 0 {
		ui.report(resumed{o.Resumed})
	}
	ui.reportAll(listed("Failed", o.Failed, ui.most(), func(f transfer.Failure) string {
		return safetext.Line(f.Path, 200) + ": " + o.reason(f)
	}), o.failedEvents()...)
	missing, _ := sorted(o.Skipped)
	return len(missing)+len(o.Failed) == 0
}

// reason says why something isn't there.
func (o outcome) reason(f transfer.Failure) string {
	why := client.Explain(f.Why)
	text, _ := say(why.Code, why.Args)
	if f.There {
		text = "at the " + o.other + ": " + text
	}
	return text
}

// leftOut shows what a sender left out: first what should have been sent.
func leftOut(skipped []manifest.Skipped, most int) string {
	line := func(s manifest.Skipped) string {
		text, _ := whyOf(s.Why)
		return safetext.Again(s.Path) + " " + text
	}
	missing, byRule := sorted(skipped)
	return listed("Can't be sent", missing, most, line) + listed("Left out", byRule, most, line)
}

// names shows what gets another name, and what can have none. where is the side whose
// disk it is, "" for this one.
func names(renamed []manifest.Renaming, left []manifest.Left, where string, most int) string {
	title, at := "Renamed", ""
	if where != "" {
		title, at = "Renamed at the "+where, "at the "+where+": "
	}
	return listed(title, renamed, most, func(r manifest.Renaming) string {
		why, _ := whyOf(r.Why)
		return fmt.Sprintf("%s becomes %s, because it %s", safetext.Line(r.Path, 200), safetext.Line(path.Base(r.As), 200), why)
	}) + listed("Left out", left, most, func(l manifest.Left) string {
		why, _ := whyOf(l.Why)
		return safetext.Line(l.Path, 200) + ": " + at + why
	})
}

// sorted parts what should have been sent from what never is.
func sorted(skipped []manifest.Skipped) (missing, byRule []manifest.Skipped) {
	for _, s := range skipped {
		if s.Missing {
			missing = append(missing, s)
		} else {
			byRule = append(byRule, s)
		}
	}
	return missing, byRule
}

// listed returns one line for each item, but not more than most and one that
// says how many there are beyond that.
func listed[T any](title string, items []T, most int, line func(T) string) string {
	var b strings.Builder
	for i, item := range items {
		if i == most {
			fmt.Fprintf(&b, "%s: %d more; --verbose lists all\n", title, len(items)-most)
			break
		}
		fmt.Fprintf(&b, "%s: %s\n", title, line(item))
	}
	return b.String()
}
