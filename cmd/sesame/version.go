package main

import (
	"fmt"
	"strings"
)

// version names the release; one sets it with -ldflags -X.
var version = "0.1"

// versionText is what --version prints of a program that was built from a commit:
// enough for two people to tell whether they have the same program, and if not,
// whether it matters.
func versionText(protocol int, commit string, changed bool) string {
	switch {
	case commit == "":
		commit = "unknown"
	case changed:
		commit += ", and changes that aren't in it"
	}
	var b strings.Builder
	fmt.Fprintln(&b, "sesame", version)
	fmt.Fprintln(&b, "commit:", commit)
	fmt.Fprintln(&b, "sesame protocol:", protocol)
	fmt.Fprintln(&b, "Magic Wormhole: file transfer v1, transit v1")
	return b.String()
}
