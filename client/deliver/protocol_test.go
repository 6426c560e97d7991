package deliver

import (
	"context"
	"testing"

	"sesame/transfer"
	"sesame/transit"
	"sesame/tree"
)

// A protocol is a way in which both sides of a test are connected.
type protocol struct {
	name string
	pair func() (a, b *memoryChannel)
	join func() (s, r *transfer.Config) // new configurations of two sides that reach each other
}

// Both go over the loopback interface.
var toOthers = protocol{"classic", channelPair, func() (s, r *transfer.Config) {
	cfg := &transit.Config{AllowLoopback: true, NoRelay: true}
	return &transfer.Config{Transit: cfg}, &transfer.Config{Transit: cfg}
}}

var toSesame = protocol{"native", nativePair, func() (s, r *transfer.Config) {
	cfg := &transit.Config{AllowLoopback: true, NoRelay: true}
	return &transfer.Config{Transit: cfg, ID: tree.ID{1}}, &transfer.Config{Transit: cfg}
}}

// both runs a test in each protocol.
func both(t *testing.T, f func(t *testing.T, p protocol)) {
	for _, p := range []protocol{toOthers, toSesame} {
		t.Run(p.name, func(t *testing.T) { f(t, p) })
	}
}

// run transfers src into target.
func (p protocol) run(t testing.TB, src *transfer.Source, target transfer.Target, tune ...func(s, r *transfer.Config)) result {
	t.Helper()
	return p.runWith(t.Context(), src, func(ctx context.Context, o *transfer.Offer) (*transfer.Report, error) { return o.Accept(ctx, target) }, tune...)
}

// runWith sends src to a receiver that answers.
func (p protocol) runWith(ctx context.Context, src *transfer.Source, answer func(context.Context, *transfer.Offer) (*transfer.Report, error), tune ...func(s, r *transfer.Config)) (res result) {
	sc, rc := p.pair()
	scfg, rcfg := p.join()
	for _, f := range tune {
		f(scfg, rcfg)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		res.told, res.sent = Send(ctx, sc, src, scfg)
	}()
	res.offer, res.received = Receive(ctx, rc, rcfg)
	if res.received == nil {
		res.report, res.received = answer(ctx, res.offer)
	}
	<-done
	return res
}
