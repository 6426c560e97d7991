package deps

// A Place is the only part of the module where a thing is written down, so that
// it is right everywhere or wrong everywhere.
type Place struct {
	// What is the thing.
	What string
	// Mark is a regular expression that matches a line of Go which does the
	// thing, wherever it stands. Comments and tests are passed over.
	Mark string
	// In lists the directories or files that may have such lines, and does
	// have some.
	In []string
	// Why says what else would be tempting.
	Why string
}

// Places is the table of them.
var Places = []Place{
	{"numbers of STUN", `0x2112A442|0x5354554E`,
		[]string{"internal/stun"},
		"who asks, who answers and two peers who check a path speak the same codec"},
}

// Gone lists modules, as prefixes of paths, that nothing here imports any more,
// tests included, and what took their place.
var Gone = map[string]string{
	"github.com/pion/stun": "internal/stun; what pion built and read of it stands in testdata there and below relay/stun",
}
