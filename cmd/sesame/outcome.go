package main

import (
	"fmt"
	"strings"

	"sesame/client"
	"sesame/internal/safetext"
	"sesame/transfer"
	"sesame/tree/manifest"
)

// tell shows how a transfer ended, and reports whether nothing is missing. What the
// sender left out is shown where the list of files is.
func tell(ui *terminal, report *transfer.Report) (whole bool) {
	if report.Resumed > 0 {
		ui.report(resumed{report.Resumed})
	}
	if n := report.Declined; n > 0 {
		ui.note(client.NoteNotWanted, n, report.DeclinedBytes)
	}
	ui.reportAll(listed("Failed", report.Failed, ui.most(), func(f transfer.Failure) string {
		return safetext.Line(f.Path, 200) + ": " + f.Reason
	}), failedEvents(report.Failed)...)
	if report.Unkept != "" {
		ui.note(client.NoteNotKept, report.Unkept)
	}
	missing, _ := sorted(report.Skipped)
	return len(missing)+len(report.Failed) == 0
}

// leftOut shows what a sender left out: first what should have been sent.
func leftOut(skipped []manifest.Skipped, most int) string {
	line := func(s manifest.Skipped) string { return safetext.Again(s.Path + " " + s.Reason) }
	missing, byRule := sorted(skipped)
	return listed("Can't be sent", missing, most, line) + listed("Left out", byRule, most, line)
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
