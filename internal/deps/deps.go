// Package deps holds the import policy: which package of this module may reach
// which, and why. It is the project's architecture in a form that fails when it
// is broken; the test beside this file checks it.
package deps

// A Rule limits what one part of the module may import directly.
type Rule struct {
	// Part is a directory of the module; the rule holds for it and, unless a
	// longer Part matches, for everything below it, which it may import as well.
	Part string
	// May lists the parts of the module that it may import.
	May []string
	// External lists the modules, as prefixes of import paths, that it may
	// import besides the standard library and golang.org/x.
	External []string
	// Why is the reason.
	Why string
}

// Rules is the table. A part that isn't listed may import nothing of the
// module and no other module.
var Rules = []Rule{
	{"cmd/sesame",
		[]string{"client", "client/doctor", "transfer", "tree/manifest", "internal/safetext", "relay"},
		[]string{"github.com/spf13/pflag", "github.com/mattn/go-isatty"},
		"the client's shell: flags, questions, screen, exit codes; what it does are packages client and client/doctor. It hands the one a relay for where two computers have no other server (local mode)"},
	{"client",
		[]string{"client/deliver", "rendezvous", "rendezvous/local", "transfer", "transit", "transit/survey", "tree", "tree/manifest", "tree/staging", "internal/addr", "internal/coredump", "internal/neterr", "internal/proxy", "internal/reason", "internal/revision", "internal/safetext", "internal/segments", "internal/userstate"}, nil,
		"what every front end does alike: meet, agree on the policy and the protocol, send, receive, remember what was begun. It knows no flag, terminal or exit code, and says nothing in words: why something failed is a code of one list. It is given a relay where it needs one, so that a page doesn't contain a server"},
	{"client/doctor",
		[]string{"client", "transit/natkind", "transit/survey", "internal/reason"}, nil,
		"says what facts about a network mean, as codes; beside the client and not in it, as no front end needs it to send"},
	{"client/deliver",
		[]string{"transfer", "transfer/classic", "transfer/native"}, nil,
		"chooses the protocol, which a channel and its peer have agreed on"},
	{"cmd/sesame-relay",
		[]string{"cmd/sesame-relay/settings", "relay", "relay/stun", "internal/addr", "internal/coredump", "internal/neterr", "internal/revision"}, nil,
		"the server's shell"},
	{"cmd/sesame-relay/settings",
		[]string{"relay", "internal/addr"},
		[]string{"github.com/spf13/pflag"},
		"what an operator can set, in one table; starts nothing"},
	{"pake", nil,
		[]string{"filippo.io/edwards25519"},
		"cryptography alone: no network, no files, no clock"},
	{"rendezvous",
		[]string{"pake", "internal/pagesocket", "internal/addr", "internal/awake", "internal/wire", "internal/foreign", "internal/neterr", "internal/reason", "internal/safetext"},
		[]string{"github.com/coder/websocket", "github.com/psanford/wormhole-william/wordlist"},
		"finds the peer; must build for browsers; knows nothing of what is transferred"},
	{"rendezvous/local",
		[]string{"internal/addr", "internal/tokens"}, nil,
		"announces and finds senders on this network; knows no secret. Its DNS messages are golang.org/x/net's, its multicast DNS our own: the libraries there are don't say from which address an answer came, which is all of it that can be believed, and are bounded badly or not at all"},
	{"transit",
		[]string{"transit/way", "transit/way/tcp", "transit/way/relayed", "transit/way/open", "transit/way/punch", "transit/way/mapped", "transit/record", "internal/addr", "internal/awake", "internal/neterr", "internal/reason", "internal/safetext", "internal/segments"}, nil,
		"reaches the peer; knows nothing of codes or files, and of no sort of path but in the file that lists those of a system"},
	{"transit/way",
		[]string{"internal/addr", "internal/foreign", "internal/safetext", "internal/segments", "internal/congestion"}, nil,
		"what a sort of path is, and the rules by which a peer's addresses are dialled; knows none of them"},
	{"transit/way/tcp",
		[]string{"transit/way", "internal/addr", "internal/sharedport", "internal/congestion"}, nil,
		"TCP, straight to the peer"},
	{"transit/way/relayed",
		[]string{"transit/way", "internal/addr", "internal/foreign", "internal/pagesocket", "internal/safetext", "internal/wire"},
		[]string{"github.com/coder/websocket"},
		"through relays, over TCP and WebSockets: the only way that a page has"},
	{"transit/natkind",
		[]string{"internal/addr", "internal/hops", "internal/stun"}, nil,
		"finds out how a NAT behaves. Not pion's example of it: that trusts what servers name, and asks one question after another"},
	{"transit/way/mapped",
		[]string{"transit/way", "internal/addr", "internal/foreign", "internal/gateway", "internal/neterr"},
		[]string{"github.com/huin/goupnp"},
		"asks the router for ports; of goupnp the XML of descriptions and orders is used, which has the peculiarities of many routers in it, but neither its search nor its web client, which go wherever an answer sends them. PCP and NAT-PMP are packets of 12 to 60 bytes, and no library that is kept speaks both"},
	{"transit/way/punch",
		[]string{"transit/line", "transit/natkind", "transit/way", "internal/addr", "internal/hops", "internal/stun", "internal/tokens"}, nil,
		"UDP past NATs. Not pion/ice: it owns its sockets, which line must read in batches, negotiates names and passwords where both sides have a key already, and settles on one pair where each that works is wanted"},
	{"transit/line",
		[]string{"internal/tokens"}, nil,
		"a stream over UDP that doesn't take every loss for congestion; knows nothing of how its addresses were found. Not quic-go: its controller is NewReno, can't be replaced, and carries 3 of 100 Mbit/s where one packet in a hundred is lost (doc/line.md §6)"},
	{"transit/way/open",
		[]string{"transit/way", "internal/addr", "internal/segments", "internal/sharedport", "internal/stun", "internal/congestion"}, nil,
		"TCP past NATs"},
	{"transit/survey",
		[]string{"transit", "transit/natkind", "transit/way", "internal/gateway", "internal/addr", "internal/foreign", "internal/neterr", "internal/segments"}, nil,
		"finds out what a network lets through, by the ways that transfers go; tells facts and judges none, so it needs no word. Who meets at a mailbox server is above it, so that is asked for it"},
	{"transit/record",
		[]string{"internal/safetext"}, nil,
		"seals bytes; must build for browsers"},
	{"transfer",
		[]string{"transit", "tree", "tree/manifest", "internal/safetext"}, nil,
		"the nouns of moving things over a channel that it is given; knows no protocol, and never makes codes or keys"},
	{"transfer/classic",
		[]string{"transfer", "transit", "tree", "tree/manifest", "internal/safetext", "internal/tokens"}, nil,
		"what every Magic Wormhole program speaks; the only part that knows archives"},
	{"transfer/native",
		[]string{"session", "transfer", "tree", "tree/manifest", "internal/ranges", "internal/descriptors", "internal/varint"},
		[]string{"github.com/klauspost/compress"},
		"what two sesames speak about trees and texts, as exchanges of a session; knows no lane"},
	{"session",
		[]string{"session/choice", "transit", "transit/record", "internal/awake", "internal/safetext", "internal/tokens", "internal/varint"}, nil,
		"one conversation under one key: outlives its lanes, carries numbered exchanges in both directions; the only part that knows frames and lanes. Knows no file"},
	{"session/choice", nil, nil,
		"which lane carries how much, by what it brings home; knows no lane but by numbers, so that a simulator can drive it"},
	{"tree",
		[]string{"tree/manifest", "internal/safetext", "internal/ranges"},
		[]string{"github.com/zeebo/blake3"},
		"what crosses and where it lies, as walls: a protocol sees these, never a disk. Opens no connection, and must build for browsers"},
	{"tree/manifest",
		[]string{"internal/safetext", "internal/descriptors", "internal/varint"}, nil,
		"lists what will be written; the list is checked here and nowhere else"},
	{"tree/staging",
		[]string{"tree", "tree/manifest", "internal/safetext", "internal/ranges", "internal/descriptors"}, nil,
		"a tree.Store on a disk: writes what arrives, and is the only part that puts anything there"},
	{"relay",
		[]string{"internal/addr", "internal/congestion", "internal/descriptors", "internal/wire", "internal/safetext", "relay/cert", "relay/door", "relay/source", "relay/stun", "internal/tokens"},
		[]string{"github.com/coder/websocket"},
		"the server is blind: what it can't import it can't do with anybody's data"},
	{"relay/cert", nil,
		[]string{"golang.org/x/crypto/acme", "golang.org/x/crypto/acme/autocert", "golang.org/x/net/idna"},
		"certificates, by ACME or from files. autocert is a twentieth of a megabyte in a module that is there anyway; certmagic is two and a half and 14 modules, for many names, DNS and more that a relay has no use for"},
	{"relay/door",
		[]string{"relay/source"}, nil,
		"who gets in, and who goes so that others do: rules without sockets"},
	{"relay/source",
		[]string{"internal/addr", "internal/tokens"}, nil,
		"what limits count as one client, for every part of the server that holds or does something for one; rules only"},
	{"relay/store", nil, nil, "records that outlive a process: an interface, and the one that ends with it; knows nothing of what is kept"},
	{"relay/store/bolt",
		[]string{"relay/store"},
		[]string{"go.etcd.io/bbolt"},
		"those records in a file. bbolt is two modules and a quarter of a megabyte; what is faster weighs ten times that, and SQLite sixteen times"},
	{"relay/store/storetest",
		[]string{"relay/store"}, nil,
		"what holds for every store; for tests"},
	{"relay/stun",
		[]string{"internal/addr", "internal/neterr", "internal/stun"}, nil,
		"answers which address a packet came from"},
	{"internal/wire", nil, nil, "what client and server say to each other, so it knows neither"},
	{"internal/foreign", nil, nil, "what others may put into requests of ours; whoever sends some may use it"},
	{"internal/addr", nil, nil, "what sort an address is of, which ones this computer has, how one is written with a port: for whoever dials, tells or shows them; decides nothing"},
	{"internal/gateway",
		[]string{"internal/addr"}, nil,
		"the router in front of this computer, for who asks or shows it"},
	{"internal/stun", nil, nil, "the one codec of STUN, for who asks and who answers: a few messages, and the usual libraries bring ciphers and sockets along"},
	{"internal/varint", nil, nil, "numbers and bytes as peers say them, for whoever reads what one sent"},
	{"internal/hops", nil, nil, "the TTL of single packets, for who opens NATs and who finds out how far they are"},
	{"internal/tokens", nil, nil, "the one token bucket, for whoever limits how often or how fast; has no clock"},
	{"internal/safetext", nil, nil, "shows foreign text; everybody may use it"},
	{"internal/descriptors", nil, nil, "how many files may be open, for whoever opens many"},
	{"internal/ranges", nil, nil, "sets of positions in a file, for whoever gets one in pieces"},
	{"internal/neterr", nil, nil, "what an error of a socket means, by the numbers of each system; whoever has sockets may use it"},
	{"internal/reason",
		[]string{"internal/neterr", "internal/safetext"}, nil,
		"says why a connection didn't come about; whoever connects may use it"},
	{"internal/proxy",
		[]string{"internal/neterr", "internal/reason", "internal/safetext", "internal/segments", "internal/congestion"}, nil,
		"reaches servers through proxies; reads NO_PROXY with golang.org/x/net, but speaks SOCKS5 itself: the client there says what a proxy refuses in words alone"},
	{"internal/coredump", nil, nil, "keeps secrets out of dumps; for the main of a program alone, which has it from client where that is what it imports"},
	{"internal/revision", nil, nil, "tells which commit a program is of, for what prints that"},
	{"internal/pagesocket", nil, nil, "a page's own WebSocket, for whoever connects; the library that is used elsewhere brings HTTP and TLS into a page"},
	{"internal/congestion", nil, nil, "asks for a controller of congestion, for every TCP socket that carries data; with its seam for systems that don't have one"},
	{"internal/segments", nil, nil, "one option of TCP sockets, with its seam for systems that don't have it"},
	{"internal/sharedport", nil, nil, "another option of them, likewise"},
	{"internal/userstate", nil, nil, "remembers small things between runs; knows nothing of what they mean"},
	{"internal/awake", nil, nil, "notices time in which the program didn't run; has no clock"},
	{"internal/deps", nil, nil, "this table"},
	{"internal/deps/browser", []string{"internal/deps"}, nil, "prints a column of this table"},
	{"internal/test/bench", nil, nil, "measures the built programs from outside"},
	{"internal/test/benchnet",
		[]string{"internal/test/lab", "internal/test/netlab"}, nil,
		"measures the built programs in networks of its own, from outside"},
	{"internal/test/wasm/size",
		[]string{"client", "transfer", "tree"}, nil,
		"the smallest program of a page, to be weighed"},
	{"internal/test/crossing",
		[]string{"transfer", "tree", "tree/manifest"}, nil,
		"what tests of transfers have in common, whatever the protocol; knows none"},
	{"internal/test/duo",
		[]string{"transit", "transit/record"}, nil,
		"two peers in one process, over a mailbox and lanes in memory, for whoever tests what they say to each other; knows nothing of what crosses"},
	{"internal/test/events", nil, nil, "compares events for programs with their document, for whoever runs something that writes them"},
	{"internal/test/lab",
		[]string{"internal/test/events"}, nil,
		"a network and processes for tests from outside; knows the programs by name only"},
	{"internal/test/leaks", nil, nil, "finds goroutines that tests leave behind, for any package"},
	{"internal/test/netlab",
		[]string{"internal/test/lab"}, nil,
		"internets with routers for tests from outside; knows no programs"},
	{"internal/test/reach",
		[]string{"internal/test/lab", "internal/test/netlab"}, nil,
		"runs the built programs in networks of all sorts, from outside"},
	{"internal/test/endtoend",
		[]string{"internal/test/lab"}, nil,
		"runs the built programs against each other, from outside"},
	{"internal/test/interop",
		[]string{"internal/test/lab"}, nil,
		"runs the built programs against other implementations, from outside"},
	{"internal/test/skew",
		[]string{"internal/test/lab"}, nil,
		"runs programs of two ages against each other, from outside"},
	{"internal/test/tty", nil, nil, "a terminal for programs under test, with keys and a screen; knows no programs"},
}

// Blind lists the parts of the server that must never reach key material, by
// however many steps.
var Blind = []string{"relay", "cmd/sesame-relay"}

// Secret lists what Blind parts must not reach: import paths, or parts of this
// module, with everything below.
var Secret = []string{
	"sesame/pake", "sesame/rendezvous", "sesame/transit", "sesame/transfer",
	"filippo.io/edwards25519", "filippo.io/age",
	"golang.org/x/crypto/nacl", "golang.org/x/crypto/chacha20poly1305",
	"crypto/mlkem", "crypto/hpke", "crypto/cipher", "crypto/aes",
}

// Browser lists the packages that must build for GOOS=js GOARCH=wasm: the
// browser client is this code.
var Browser = []string{"pake", "rendezvous", "transit", "transit/way", "transit/way/relayed", "transit/record", "transfer", "transfer/classic", "transfer/native", "session", "session/choice", "client", "tree", "tree/manifest", "internal/pagesocket"}

// Heavy lists what Browser parts must not reach in a build for browsers, with what
// is below it: the browser does these things itself or hasn't got them, and they are
// half of what a page would have to load.
var Heavy = []string{
	"sesame/tree/staging", "sesame/internal/userstate", "sesame/transit/way/tcp", "sesame/transit/way/open", "sesame/transit/way/punch", "sesame/transit/way/mapped",
	"golang.org/x/text/cases", "golang.org/x/text/language",
	"net/http", "crypto/tls", "crypto/x509",
	"golang.org/x/net/http", "golang.org/x/net/proxy",
	"sesame/transit/line", "github.com/coder/websocket", "github.com/huin/goupnp", "github.com/pion",
}

// WayLists are the files that name the sorts of path which a system has. Nobody else
// imports one of them, so that one more is a folder and a line here.
var WayLists = []string{"transit/ways_os.go", "transit/ways_js.go"}
