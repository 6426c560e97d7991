package main

import (
	"fmt"
	"strings"
)

// version names the release; one sets it with -ldflags -X.
var version = "0.1"

// versionText is what --version prints of a program that was built from a commit.
func versionText(commit string, changed bool) string {
	switch {
	case commit == "":
		commit = "unknown"
	case changed:
		commit += ", and changes that aren't in it"
	}
	var b strings.Builder
	fmt.Fprintln(&b, "sesame-relay", version)
	fmt.Fprintln(&b, "commit:", commit)
	fmt.Fprintln(&b, "Magic Wormhole: mailbox server v1, transit relay")
	fmt.Fprintln(&b, "to a sesame besides: pipes over WebSocket, STUN, places that come free again")
	return b.String()
}
