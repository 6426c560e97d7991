package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"sesame/client"
)

// transferOptions say how a transfer may go. Both commands have them.
type transferOptions struct {
	limit      string
	requirePQ  bool
	classic    bool
	noCompress bool
}

func (o *transferOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.limit, "limit", "", "let no more than `RATE` bytes a second cross, such as 500k or 5M")
	flags.BoolVar(&o.requirePQ, "require-pq", false, "insist on a key that quantum computers can't break; refuse other programs, and sesames of another protocol")
	flags.BoolVar(&o.classic, "classic", false, "speak only the protocol that all wormhole programs speak")
	flags.MarkHidden("classic")
}

// apply puts the options into a policy.
func (o *transferOptions) apply(p *client.Policy) (err error) {
	if o.classic && o.requirePQ {
		return &usageError{text: "--classic and --require-pq exclude each other", hint: "leave one of them out"}
	}
	if o.limit != "" {
		if p.Limit, err = parseRate(o.limit); err != nil {
			return err
		}
	}
	p.Classic, p.RequirePQ, p.NoCompress = o.classic, o.requirePQ, o.noCompress
	return nil
}

// parseRate reads bytes a second, with a decimal unit: 500k, 5M, 1.5G.
func parseRate(s string) (int64, error) {
	wrong := &usageError{text: fmt.Sprintf("%q is not a rate", s), hint: "--limit takes bytes a second, such as 500k or 5M"}
	factor := 1.0
	number := strings.TrimSuffix(strings.TrimSuffix(s, "/s"), "B")
	for unit, f := range map[string]float64{"k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9} {
		if rest, ok := strings.CutSuffix(number, unit); ok {
			number, factor = rest, f
			break
		}
	}
	v, err := strconv.ParseFloat(number, 64)
	if v *= factor; err != nil || !(v >= 1 && v <= 1e15) {
		return 0, wrong
	}
	return int64(v), nil
}
