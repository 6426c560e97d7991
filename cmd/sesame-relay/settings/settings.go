// Package settings is everything that an operator can set, in one table: its name, kind,
// default, bounds and what it does. The flags, the variables of the environment, the
// file, the help, the page doc/settings.md and what check-config prints come from it.
//
// A flag wins over the environment, that over the file, and that over the default.
//
// Source: doc/settings.md.
package settings

import (
	"net/netip"
	"slices"
	"time"

	"sesame/relay"
)

// Settings are the values. Those of Limits, and what Live says, may change while the
// server runs.
type Settings struct {
	Config string

	Listen, TransitListen, STUNListen string
	NoSTUN                            bool
	Drain                             time.Duration
	Pairs                             int
	TokenFile, BlockList, Contact     string
	Level                             *int // nil: by what is seen
	TrustProxy                        []netip.Prefix
	State, Metrics                    string

	Domains                 []string
	Cert, Key, ACME, ACMECA string

	MOTD, SignalError, AdvertiseVersion string
	Names                               []string
	List                                bool

	Quiet, Verbose bool

	Limits relay.Limits

	// Strange are variables of the environment that begin like those of settings, and are
	// of none. Whoever manages containers makes such ones, too.
	Strange []string

	from map[string]Origin // by the names of those that aren't defaults
}

// An Origin is where a value came from.
type Origin string

// Default is the Origin of a value that nobody has set.
const Default Origin = "default"

// A Setting is one row of the table.
type Setting struct {
	// Name is how it is called: --NAME, SESAME_RELAY_NAME, NAME = in the file.
	Name string
	// Short is its flag of one letter, if it has one.
	Short string
	// Group is under which heading it stands, one of Groups.
	Group string
	// Takes is what its value is, for people, as HOST:PORT. A switch takes nothing.
	Takes string
	// Default is the value that it has otherwise, as it would be written; or, where
	// that depends on the machine, Auto tells in words what it is.
	Default, Auto string
	// Bounds says between what it has to be, in words, if that isn't clear.
	Bounds string
	// Live says that a running server takes another value at SIGHUP.
	Live bool
	// Text says what it does, in one or two sentences without an end.
	Text string

	set    func(text string) error // the value, from how it is written
	get    func() string           // how it is written
	many   bool                    // a list: a flag that may be repeated
	onFlag bool                    // makes no sense in the environment or a file
}

// Switch reports whether a setting is on or off, and its flag needs no value.
func (s Setting) Switch() bool { return s.Takes == "" }

// Variable returns the name of the variable of the environment.
func (s Setting) Variable() string { return prefix + variable(s.Name) }

// Groups are the headings of the table, in order.
var Groups = []string{"Serving", "Certificates", "Clients", "Logging", "Limits on connections", "Limits on mailboxes", "Limits on pipes"}

// defaults returns Settings as they are if nobody says anything.
func defaults() *Settings {
	return &Settings{
		Config: standardFile, Drain: 10 * time.Second, Pairs: relay.DefaultPairs,
		Limits: relay.Limits{}.WithDefaults(), from: make(map[string]Origin),
	}
}

// Table returns the settings, with their defaults, for whoever tells of them.
func Table() []Setting { return table(defaults()) }

// From returns where the value of the setting with that name came from.
func (s *Settings) From(name string) Origin {
	if o, ok := s.from[name]; ok {
		return o
	}
	return Default
}

// Changed returns the names of the settings that are different in other, those that a
// running server takes and those that it doesn't.
func (s *Settings) Changed(other *Settings) (live, fixed []string) {
	theirs := table(other)
	for i, row := range table(s) {
		if row.get() == theirs[i].get() || row.onFlag {
			continue
		}
		if row.Live {
			live = append(live, row.Name)
		} else {
			fixed = append(fixed, row.Name)
		}
	}
	return live, fixed
}

// Take gives s the values of other, but for those that a running server doesn't take.
func (s *Settings) Take(other *Settings) {
	theirs := table(other)
	for i, row := range table(s) {
		if row.Live {
			row.set(theirs[i].get()) // it has been written by get
			s.from[row.Name] = other.From(row.Name)
		}
	}
}

func find(rows []Setting, name string) (Setting, bool) {
	i := slices.IndexFunc(rows, func(s Setting) bool { return s.Name == name })
	if i < 0 {
		return Setting{}, false
	}
	return rows[i], true
}
