package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"sesame/client"
	"sesame/rendezvous"
	"sesame/transfer"
	"sesame/transit/record"
)

// transferOptions say how a transfer may go. Both commands have them.
type transferOptions struct {
	limit      string
	requirePQ  bool
	classic    bool
	noCompress bool

	bytesPerSecond int64 // limit, read

	memory
}

func (o *transferOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.limit, "limit", "", "let no more than `RATE` bytes a second cross, such as 500k or 5M")
	flags.BoolVar(&o.requirePQ, "require-pq", false, "insist on a key that quantum computers can't break; refuse other programs")
	flags.BoolVar(&o.classic, "classic", false, "speak only the protocol that all wormhole programs speak")
	flags.MarkHidden("classic")
}

func (o *transferOptions) resolve() error {
	if o.classic && o.requirePQ {
		return &usageError{text: "--classic and --require-pq exclude each other", hint: "leave one of them out"}
	}
	if o.limit == "" {
		return nil
	}
	n, err := parseRate(o.limit)
	if err != nil {
		return err
	}
	o.bytesPerSecond = n
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

// announcement is what the peer is told that this program can do, nil for the
// classic protocol alone.
func (o *transferOptions) announcement() *rendezvous.Native {
	if o.classic {
		return nil
	}
	n := &rendezvous.Native{Features: client.Features()}
	for _, suite := range record.Fast() {
		n.Suites = append(n.Suites, suite.String())
	}
	return n
}

// protectionOf says what protects a session.
func protectionOf(ch *rendezvous.Channel) protection {
	if ch.Suite() != "" {
		return protection{"native", true}
	}
	return protection{"classic", false}
}

var errNotPostQuantum = client.Fail(client.NotPostQuantum)

// check enforces the policy before anything is offered or accepted.
func (o *transferOptions) check(ctx context.Context, ch *rendezvous.Channel) error {
	if !o.requirePQ || ch.Suite() != "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveBack)
	defer cancel()
	client.Abort(ctx, ch, transfer.Because(transfer.ReasonNotQuantum))
	return errNotPostQuantum
}

// apply puts the options into a transfer's configuration.
func (o *transferOptions) apply(cfg *transfer.Config) {
	cfg.Limit, cfg.NoCompress = o.bytesPerSecond, o.noCompress
}
