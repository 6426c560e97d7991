// Package revision tells from which state of its source a program was built, so that
// two people can find out whether they have the same.
package revision

import "runtime/debug"

// Of returns what the Go tools have recorded in a program: the commit, or the version
// of a module that was installed, "" if neither; and whether the source had changes
// that aren't in the commit. build may be nil.
func Of(build *debug.BuildInfo) (id string, changed bool) {
	if build == nil {
		return "", false
	}
	for _, s := range build.Settings {
		switch s.Key {
		case "vcs.revision":
			id = s.Value
		case "vcs.modified":
			changed = s.Value == "true"
		}
	}
	if id != "" {
		return id, changed
	}
	if installed := build.Main.Version; installed != "(devel)" { // by "go install", from a module
		return installed, false
	}
	return "", false
}
