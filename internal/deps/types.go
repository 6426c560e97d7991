package deps

// Lines is how many a file may have. One with more has several subjects.
const Lines = 350

// What a type may have. A type with more is several; splitting it over files
// hides that.
const (
	// Methods is how many methods a type may have, those that several
	// systems each have counted once.
	Methods = 25
	// Files is in how many files a type may stand: its declaration and its
	// methods. Files that are the same for different systems count as one.
	Files = 3
)

// A Large is a type that has more, and why it may. The numbers are what it has,
// and the test holds them: they are lowered when the type gets smaller, and the
// row goes when it needs none any more. No row is added and no number is raised.
type Large struct {
	// Type is the part it stands in and its name, as in "transit.Lanes".
	Type           string
	Methods, Files int
	Why            string
}

// Larges is the list of them.
var Larges = []Large{
	{"internal/proxy.Server", 15, 5, "each kind of proxy is asked in a file of its own, and what they share is small"},
	{"rendezvous.machine", 53, 8, "a state machine without sockets or clocks: each file is one part of the conversation, and its state is one"},
	{"tree/manifest.Manifest", 5, 4, "the list, with one checker; each file adds one view of it"},
}

// Twins lists the names, as "part.name" in small letters, that stand twice in
// their package and differ only in case; like Larges, it only gets shorter.
var Twins = map[string]string{}

// Floors has the rooms of the module, those that everything stands on last.
// Rooms are the directories at the top, but for what a longer path here names.
// A package imports rooms of floors below its own, or its own room.
var Floors = [][]string{
	{"cmd"},
	{"client"},
	{"transfer"},
	{"session"},
	{"rendezvous", "transit", "tree", "relay"},
	{"pake"},
	{"internal"},
}

// Ties are how much the rooms have to do with each other, without the lowest floor,
// which has the small parts that everybody may use, and without tests and their ground.
//
// Arrows is how many rooms import another: pairs of rooms, whatever stands in them.
// Imports is how many packages of one room import one of another. The latter rises when
// a room gets walls inside: what one large package imported once, each of several
// imports. So it says how a room is used, and only the former whether the plan got
// simpler. Both are lowered when there are fewer; what raises one needs a wall that is
// worth it.
const (
	Arrows  = 13
	Imports = 39 // one of them the relay's file, which its program alone links
)

// Split says of which room the ones that are younger were a part: the client was the
// command, and what crosses was transfer's. Old is how many arrows led between the rooms
// of then, counted as Arrows are (of 19 imports). Folded is how many do today, if each
// part is taken for the room that it was split from: those to the parts apart, the plan
// has fewer.
var Split = map[string]string{
	"client":  "cmd",
	"tree":    "transfer",
	"session": "transfer",
}

const (
	Old    = 8
	Folded = 6
)

// LibraryNames is how many names "go doc" may list of package client.
const LibraryNames = 39
