package settings

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// standardFile is the file that is read if no other is named.
const standardFile = "/etc/sesame-relay.conf"

// prefix begins the names of our variables of the environment.
const prefix = "SESAME_RELAY_"

func variable(name string) string { return strings.ToUpper(strings.ReplaceAll(name, "-", "_")) }

// A Command is what the program is to do.
type Command int

const (
	Serve   Command = iota
	Check           // check-config: print the settings
	Version         // print the version
	Help            // print the help
)

// commands are the words for them.
var commands = map[string]Command{"check-config": Check, "version": Version}

// A Line is what the program was started with.
type Line struct {
	// Args are the arguments, Environ the variables as os.Environ has them.
	Args, Environ []string
}

// Read returns the settings, and what to do. An error has a line for each thing that is
// wrong, and says where it stands. It may be called again when the file has changed.
func (l Line) Read() (*Settings, Command, error) {
	s := defaults()
	rows := table(s)
	flags, command, err := parseFlags(rows, l.Args)
	if err != nil || command == Help || command == Version {
		return s, command, err
	}
	env, strange := environment(rows, l.Environ)
	s.Strange = strange
	if err := s.readConfig(rows, flags, env); err != nil {
		return nil, command, err
	}
	var all []error
	for _, given := range append(env, flags...) {
		all = append(all, s.apply(rows, given))
	}
	if s.From("conns") == Default { // it depends on others
		s.Limits.Conns = 0
		s.Limits = s.Limits.WithDefaults()
	}
	all = append(all, s.check())
	s.fill(l.Environ)
	if err := errors.Join(all...); err != nil {
		return nil, command, err
	}
	return s, command, nil
}

// A given is a value that somebody has set.
type given struct {
	name, text string
	where      string // for an error
	from       Origin
}

// apply sets one value.
func (s *Settings) apply(rows []Setting, g given) error {
	row, ok := find(rows, g.name)
	if !ok {
		return fmt.Errorf("%s: there is no setting %q", g.where, g.name)
	}
	if err := row.set(g.text); err != nil {
		return fmt.Errorf("%s %q %w", g.where, g.text, err)
	}
	s.from[g.name] = g.from
	return nil
}

// readConfig reads the file that flags or the environment name, or the usual one if it
// is there.
func (s *Settings) readConfig(rows []Setting, flags, env []given) error {
	named := false
	for _, g := range append(env, flags...) { // flags win
		if g.name == "config" {
			named = true
			if err := s.apply(rows, g); err != nil {
				return err
			}
		}
	}
	if s.Config == "" {
		return nil // named as none
	}
	text, err := readFile(s.Config)
	if !named && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("can't read the settings: %w", err)
	}
	lines, err := parseFile(s.Config, text)
	all := []error{err}
	for _, g := range lines {
		all = append(all, s.apply(rows, g))
	}
	return errors.Join(all...)
}

// maxFile is how many bytes a file of settings may have.
const maxFile = 1 << 20

func readFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(b) > maxFile {
		err = fmt.Errorf("%s has more than a megabyte", name)
	}
	return string(b), err
}

// Where things are that nobody has named.
const (
	plainPort     = ":4000"
	securePort    = ":443"
	standardState = "/var/lib/sesame-relay"
)

// NoState is the State of a server that keeps nothing.
const NoState = "none"

// fill says where to listen, and where to keep what outlives the server, if nobody has.
func (s *Settings) fill(environ []string) {
	if s.Listen == "" {
		s.Listen = plainPort
		if len(s.Domains) > 0 {
			s.Listen = securePort
		}
	}
	if s.State == "" {
		s.State = standardState
		for _, e := range environ { // of systemd: systemd.exec(5)
			if text, ok := strings.CutPrefix(e, "STATE_DIRECTORY="); ok && text != "" {
				s.State, _, _ = strings.Cut(text, ":")
				s.from["state"] = "environment, STATE_DIRECTORY"
			}
		}
	}
}

// check looks for settings that exclude each other.
func (s *Settings) check() error {
	for _, pair := range []struct {
		both bool
		a, b string
	}{
		{s.Quiet && s.Verbose, "quiet", "verbose"},
		{s.NoSTUN && s.STUNListen != "", "stun-listen", "no-stun"},
		{len(s.Domains) > 0 && s.Cert != "", "domain", "cert"},
		{len(s.Domains) > 0 && s.State == NoState, "domain", "state"},
	} {
		if pair.both {
			return fmt.Errorf("--%s (%s) and --%s (%s) exclude each other", pair.a, s.From(pair.a), pair.b, s.From(pair.b))
		}
	}
	if (s.Cert == "") != (s.Key == "") {
		return errors.New("--cert and --key belong together")
	}
	return nil
}

// environment returns what our variables say, and the names of those that no setting has.
func environment(rows []Setting, environ []string) (all []given, strange []string) {
	for _, e := range environ {
		name, text, _ := strings.Cut(e, "=")
		rest, ours := strings.CutPrefix(name, prefix)
		if !ours {
			continue
		}
		i := slices.IndexFunc(rows, func(s Setting) bool { return variable(s.Name) == rest })
		switch {
		case i < 0:
			strange = append(strange, name)
		case text != "":
			all = append(all, given{rows[i].Name, text, name, Origin("environment, " + name)})
		}
	}
	return all, strange
}

// parseFlags returns what the arguments say.
func parseFlags(rows []Setting, args []string) (all []given, command Command, err error) {
	f := pflag.NewFlagSet("sesame-relay", pflag.ContinueOnError)
	f.SetOutput(io.Discard)
	help := f.BoolP("help", "h", false, "")
	version := f.Bool("version", false, "")
	values := make(map[string]*flagValue)
	for _, row := range rows {
		v := &flagValue{many: row.many}
		values[row.Name] = v
		f.VarP(v, row.Name, row.Short, "")
		if row.Switch() {
			f.Lookup(row.Name).NoOptDefVal = "yes"
		}
	}
	if err := f.Parse(args); err != nil {
		return nil, Serve, err
	}
	command, known := commands[f.Arg(0)]
	switch {
	case *help:
		return nil, Help, nil
	case *version:
		return nil, Version, nil
	case f.NArg() > 0 && !known:
		return nil, Serve, fmt.Errorf("unexpected argument %q", f.Arg(0))
	case f.NArg() > 1:
		return nil, Serve, fmt.Errorf("unexpected argument %q", f.Arg(1))
	}
	for _, row := range rows {
		if v := values[row.Name]; v.set {
			all = append(all, given{row.Name, v.text, "--" + row.Name, "flag"})
		}
	}
	return all, command, nil
}

// A flagValue is what a flag was given, as text.
type flagValue struct {
	text      string
	set, many bool
}

func (v *flagValue) Set(text string) error {
	if v.set && v.many {
		text = v.text + "," + text
	}
	v.text, v.set = text, true
	return nil
}

func (v *flagValue) String() string { return v.text }
func (v *flagValue) Type() string   { return "" }
