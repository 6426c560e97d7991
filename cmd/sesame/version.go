package main

import (
	"fmt"
	"runtime/debug"
	"strings"

	"sesame/client"
)

// version names the release; one sets it with -ldflags -X.
var version = "0.1"

// versionText is what --version prints: enough for two people to tell whether
// they have the same program, and if not, whether it matters.
func versionText(build *debug.BuildInfo) string {
	var b strings.Builder
	fmt.Fprintln(&b, "sesame", version)
	fmt.Fprintln(&b, "commit:", commit(build))
	fmt.Fprintln(&b, "sesame protocol:", client.Speaks())
	fmt.Fprintln(&b, "Magic Wormhole: file transfer v1, transit v1")
	return b.String()
}

// commit tells from which state of the source a program was built, as far as the
// Go tools have recorded it; build may be nil.
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
