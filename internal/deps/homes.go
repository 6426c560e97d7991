package deps

// A Home is the only part of the module where a thing is written down, so that
// it is right everywhere or wrong everywhere.
type Home struct {
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

// Homes is the table of them.
var Homes = []Home{
	{"numbers of STUN", `(?i)0x2112A442|0x5354554E|\\x21\\x12\\xa4\\x42`,
		[]string{"internal/stun"},
		"who asks, who answers and two peers who check a path speak the same codec"},
	{"what sort an address is of", `\b(MustParsePrefix|ParseCIDR|PrefixFrom\(netip\.AddrFrom)\(|\.Is(Private|GlobalUnicast|LinkLocalUnicast|LinkLocalMulticast|InterfaceLocalMulticast|Multicast)\(\)`,
		[]string{"internal/addr"},
		"a block that one list has and another hasn't is dialled, told or let in by mistake: ask addr.KindOf"},
	{"the list of this computer's addresses", `\bnet\.(Interfaces|InterfaceAddrs|InterfaceByName|InterfaceByIndex)\(`,
		[]string{"internal/addr"},
		"phones, and services that are kept from netlink, have no list: addr.Links puts one together"},
	{"host and port", `\bnet\.(SplitHostPort|JoinHostPort)\(|\bLookupPort\(|"wss": *"?443|:= \w+\.Port\(\); \w+ != ""`,
		[]string{"internal/addr", "internal/proxy"},
		"what is no port, or no host, is one nowhere. A proxy's URL has rules of its own"},
	{"the keeping of a rate", `\.Sub\((\w+\.)?(began|window|since)\) >= time\.Second|float64\((\w+\.)?rate\)|\b(since|window|began|free|rested|full|whole)\.Before\(now\)`,
		[]string{"internal/tokens"},
		"a window lets twice as much through as it says, a counter of tokens overflows after a pause: use tokens.Bucket"},
	{"what is said to a relay, and by it", `"please relay |" for side |"bad handshake\\n"|"impatient\\n"`,
		[]string{"internal/wire"},
		"client and server have to mean the same line"},
	{"which names can't be created", `"(CON|PRN|AUX|NUL|CONIN\$|LPT)"|:<>|<>:"|"\.sesame"|HasSuffix\(\w+, "[. ]"\)`,
		[]string{"tree/manifest"},
		"a name that the list lets through and the disk doesn't have is found out too late"},
	{"whether a file is still the same one", `\bos\.SameFile\(`,
		[]string{"tree/manifest", "tree/staging"},
		"what a listing returns has no identity on many disks (exFAT, FAT, ReFS): ask Lstat of the file itself, or what is open"},
	{"what an error of a socket means", `\b(syscall|unix|windows)\.(E(CONN|NET|HOST|ADDR|AFNO|PFNO|PROTONO|PIPE|TIMEDOUT|NOTCONN|SHUTDOWN|MSGSIZE)|WSA)|\bsyscall\.EACCES|\.Timeout\(\)`,
		[]string{"internal/neterr", "tree/trouble.go"},
		"no socket of Windows returns what Go calls syscall.ECONNREFUSED and the like: ask neterr.Of. A disk may lie behind a network: ask tree.TroubleOf"},
	{"what the whole process shares", `\b(slog\.(Default|SetDefault|Debug|Info|Warn|Error)(Context)?|log\.(Print|Fatal|Panic|SetOutput)(f|ln)?|fmt\.Print(f|ln)?|signal\.\w+|os\.(Exit|Setenv|Unsetenv|Chdir))\(|\bos\.(Stdin|Stdout|Stderr)\b|^func init\(\)`,
		[]string{"cmd"},
		"a library is silent unless it is given a logger, and any number of its users may be at work at once"},
}

// Gone lists modules, as prefixes of paths, that nothing here imports any more,
// tests included, and what took their place.
var Gone = map[string]string{
	"github.com/pion":    "internal/stun; what pion/stun built and read of it stands in testdata there and below relay/stun",
	"github.com/quic-go": "transit/line; its controller takes every loss for congestion and can't be replaced",
	"github.com/wlynxg":  "internal/addr, which knows interfaces without netlink, too",
	"golang.org/x/time":  "internal/tokens, which is handed its time and locks nothing",
}
