package tree

// A Plan says, by top-level name, where each goes. A name that isn't in it
// keeps its name and refuses to replace.
type Plan map[string]Target

// A Target is the final place of a top-level name.
type Target struct {
	Name   string // one path element; "" keeps the top-level name
	Exists Exists // what to do if there is something of that name
	// Same names what may turn out to be the same: a file that is equal stays, and
	// a directory that holds nothing but what the tree has just so is completed
	// (Writer.Standing), instead of something new called Name. Default "": nothing.
	Same string
	// Yield takes the next free name (FreeName) instead of failing with an
	// *ExistsError, where what is there by then doesn't let it be done. What is
	// Same counts as the first name, if it is set.
	Yield bool
}

// Exists says what happens to something that has a final name already. Links
// that stand there are never followed: they count as things of their own.
type Exists uint8

const (
	// Refuse leaves everything and returns an *ExistsError.
	Refuse Exists = iota
	// Replace puts the new in the old's place in one step where the system
	// can, then removes the old, a whole directory too.
	Replace
	// MergeSkip adds to an existing directory what it lacks. Files that it has
	// stay as they are.
	MergeSkip
	// MergeReplace adds to an existing directory, and replaces files that it has.
	MergeReplace
	// MergeRename adds to an existing directory. What is equal stays, and what
	// differs gets a name of its own beside what is there.
	MergeRename
)

// Placed is one top-level name that has its final name.
type Placed struct {
	Name    string   // top-level name
	Final   string   // in the target directory
	Skipped []string // below it, what was there and stayed, when merging
	Beside  []string // below it, what got a name of its own because something else has its name
	There   bool     // it stood there as it should be, and stayed
}
