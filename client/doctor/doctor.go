// Package doctor names what transit/survey has found out about a network, or about
// servers as they look from here: each finding is a code of a closed list, with
// arguments, and so is what all of them mean together. A screen has a text for each
// (Codes).
//
//	survey: facts  ─►  judge  ─►  findings, one after the other
//	                          ─►  at the end what they mean: can a transfer work?
//
// Source: doc/doctor.md.
package doctor

import (
	"context"

	"sesame/client"
	"sesame/transit/survey"
)

// A State says what a finding means.
type State byte

// The states.
const (
	Fine    State = iota + 1 // as it should be
	Remark                   // neither good nor bad, or not known
	Problem                  // somebody should do something
)

// A Finding is one thing that was looked at, or what all of them mean.
type Finding struct {
	State State
	// Code is on the list of this package, or if the mailbox server can't be used
	// on that of package client: it is what a transfer would fail with.
	Code client.Code
	// Args are what the list says of the code, of the types that client.Failure has,
	// and several names ([]string) or parts ([]*client.Failure). A part that is nil
	// says nothing.
	Args []any
}

// Network looks at the network that this computer is in, within eight seconds, and
// tells of each thing that it finds, in an order that stays. It returns what all that
// means: unless that is a Problem, a transfer to another network can work. If ctx
// ends, it means nothing. tell is called by one goroutine.
func Network(ctx context.Context, c *client.Client, tell func(Finding)) Finding {
	cfg := c.Survey()
	j := &judge{tell: tell, sum: sum{private: cfg.Private}}
	survey.Network(ctx, cfg, j.hear)
	return j.sum.conclude()
}

// Server is Network for the mailbox server as it looks from outside: unless what it
// returns is a Problem, all is well there.
func Server(ctx context.Context, c *client.Client, tell func(Finding)) Finding {
	j := &judge{tell: tell, operator: true}
	survey.Server(ctx, c.Survey(), j.hear)
	if j.problems > 0 {
		return Finding{Problem, ServerProblems, []any{j.problems}}
	}
	return Finding{Fine, ServerWell, nil}
}

// A judge hears facts and says what they mean. It has no clock and asks nobody.
type judge struct {
	tell     func(Finding)
	operator bool // who asks runs the server
	problems int  // so far
	sum      sum
}

// find returns a finding of this package's list.
func find(code client.Code, args ...any) Finding { return Finding{stateOf(code), code, args} }

// part returns what stands within the arguments of a finding.
func part(code client.Code, args ...any) *client.Failure {
	return &client.Failure{Class: client.ClassPart, Code: code, Args: args}
}

func (j *judge) found(f Finding) {
	if f.State == Problem {
		j.problems++
	}
	j.tell(f)
}

// hear judges a fact.
func (j *judge) hear(fact survey.Fact) {
	switch f := fact.(type) {
	case survey.Addresses:
		j.sum.network = f.Err == nil && len(f.All) > 0
		j.found(addresses(&f))
	case survey.Routes:
		if j.sum.network { // else that is said already
			j.found(routes(&f))
		}
	case survey.Proxy:
		j.found(proxied(&f))
	case survey.Multicast:
		j.found(multicast(&f))
	case survey.Name:
		j.found(named(&f))
	case survey.Mailbox:
		j.sum.server = f.Err == nil
		j.found(mailbox(&f))
	case survey.Page:
		j.page(&f)
	case survey.Welcome:
		j.found(welcome(&f))
	case survey.Relay:
		j.sum.relay = j.sum.relay || f.Err == nil
		j.found(relay(&f, j.operator))
	case survey.View:
		j.view(&f)
	case survey.Mapping:
		j.sum.mapped = f.Useful()
		j.found(mapping(&f))
	case survey.Port:
		j.found(port(&f))
	}
}

// page tells who runs the server of its certificate, too.
func (j *judge) page(f *survey.Page) {
	if j.operator {
		j.found(certificate(f))
	}
	if !j.operator || f.Err == nil {
		j.found(clock(f))
	}
}

func (j *judge) view(f *survey.View) {
	switch {
	case f.Barred && j.operator:
		j.found(find(STUNBarred))
	case f.Barred:
		j.found(find(NATBarred))
		j.sum.asked = true
	default:
		j.found(nat(f, j.sum.server))
		j.found(ipv6(f))
		j.sum.see(f)
	}
}
