package main

import (
	"fmt"
	"runtime/debug"
	"strings"
)

// version names the release; one sets it with -ldflags -X.
var version = "0.1"

// versionText is what --version prints; build may be nil.
func versionText(build *debug.BuildInfo) string {
	var b strings.Builder
	fmt.Fprintln(&b, "sesame-relay", version)
	fmt.Fprintln(&b, "commit:", commit(build))
	fmt.Fprintln(&b, "Magic Wormhole: mailbox server v1, transit relay")
	fmt.Fprintln(&b, "to a sesame besides: pipes over WebSocket, STUN, places that come free again")
	return b.String()
}

// commit tells from which state of the source a program was built, as far as the
// Go tools have recorded it.
func commit(build *debug.BuildInfo) string {
	if build == nil {
		build = new(debug.BuildInfo)
	}
	var id, note string
	for _, s := range build.Settings {
		switch {
		case s.Key == "vcs.revision":
			id = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			note = ", and changes that aren't in it"
		}
	}
	switch installed := build.Main.Version; {
	case id != "":
		return id + note
	case installed != "" && installed != "(devel)": // by "go install", from a module
		return installed
	}
	return "unknown"
}
