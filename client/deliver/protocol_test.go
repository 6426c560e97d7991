package deliver

import (
	"context"
	"testing"

	"sesame/internal/test/crossing"
	"sesame/transfer"
	"sesame/transit"
	"sesame/transit/record"
	"sesame/tree"
)

// A protocol is a way in which both sides of a test are connected.
type protocol struct {
	name  string
	suite string // of its channels
}

// Both go over the loopback interface.
var (
	toOthers = protocol{"classic", ""}
	toSesame = protocol{"native", record.AES256GCM.String()}
)

// both runs a test in each protocol.
func both(t *testing.T, f func(t *testing.T, p protocol)) {
	for _, p := range []protocol{toOthers, toSesame} {
		t.Run(p.name, func(t *testing.T) { f(t, p) })
	}
}

// join returns new settings of two sides that reach each other.
func join() (s, r *Settings) {
	cfg := transfer.Config{Transit: &transit.Config{AllowLoopback: true, NoRelay: true}}
	return &Settings{Config: cfg}, &Settings{Config: cfg}
}

// outgoing returns src as a sender hands it over.
func outgoing(src *transfer.Source) Load {
	return Load{Sending: transfer.Sending{Source: src}, ID: tree.ID{1}}
}

// run transfers src into target.
func (p protocol) run(t testing.TB, src *transfer.Source, target transfer.Target) crossing.Result {
	t.Helper()
	return p.runWith(t.Context(), outgoing(src), func(ctx context.Context, o *transfer.Offer) (*transfer.Report, error) { return o.Accept(ctx, target) })
}

// runWith sends what there is to a receiver that answers.
func (p protocol) runWith(ctx context.Context, what Load, answer func(context.Context, *transfer.Offer) (*transfer.Report, error), tune ...func(s, r *Settings)) crossing.Result {
	sc, rc := crossing.Channels(p.suite)
	scfg, rcfg := join()
	for _, f := range tune {
		f(scfg, rcfg)
	}
	return crossing.Run(
		func() (*transfer.Report, error) { return Send(ctx, sc, what, scfg) },
		func() (*transfer.Offer, error) { return Receive(ctx, rc, rcfg) },
		func(o *transfer.Offer) (*transfer.Report, error) { return answer(ctx, o) },
	)
}
