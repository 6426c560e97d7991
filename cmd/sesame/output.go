package main

import (
	"slices"

	"github.com/spf13/pflag"
)

// outputOptions say what is told of a run, and how. All commands have them.
type outputOptions struct {
	json    bool
	verbose bool
}

func (o *outputOptions) addFlags(flags *pflag.FlagSet) {
	flags.BoolVar(&o.json, "json", false, "tell what happens as JSON, one object a line on standard output: see sesame help json")
	flags.BoolVarP(&o.verbose, "verbose", "v", false, "tell what happens to paths and servers, with addresses")
}

// apply has ui tell what is asked for. If args, the command's, couldn't be parsed,
// a program that reads JSON still learns why.
func (o *outputOptions) apply(ui *terminal, command string, flags *pflag.FlagSet, args []string, err error) {
	if o.json || err != nil && slices.Contains(args, "--json") {
		to := ui.out
		if f := flags.Lookup("output"); f != nil && f.Value.String() == "-" {
			to = ui.err // standard output is for the content
		}
		ui.program(&journal{w: to})
		ui.report(started{jsonFormat, "sesame " + version, command})
	}
	if o.verbose {
		ui.log = newLog(ui)
	}
}
