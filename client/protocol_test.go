package transfer

import (
	"context"
	"testing"

	"sesame/transit"
	"sesame/tree/staging"
)

// A protocol is a way in which both sides of a test are connected.
type protocol struct {
	name string
	pair func() (a, b *memoryChannel)
	join func() (s, r *Config) // new configurations of two sides that reach each other
}

var classic = protocol{"classic", channelPair, func() (s, r *Config) {
	a, b := connPair()
	return over(a), over(b)
}}

// toSesame goes over the loopback interface.
var toSesame = protocol{"native", nativePair, func() (s, r *Config) {
	cfg := &transit.Config{AllowLoopback: true, NoRelay: true}
	return &Config{Transit: cfg, ID: staging.ID{1}}, &Config{Transit: cfg, Marks: &remembered}
}}

// both runs a test in each protocol.
func both(t *testing.T, f func(t *testing.T, p protocol)) {
	for _, p := range []protocol{classic, toSesame} {
		t.Run(p.name, func(t *testing.T) { f(t, p) })
	}
}

// run transfers src into target.
func (p protocol) run(t testing.TB, src *Source, target Target, tune ...func(s, r *Config)) result {
	t.Helper()
	return p.runWith(t.Context(), src, func(ctx context.Context, o *Offer) (*Report, error) { return o.Accept(ctx, target) }, tune...)
}

// runWith sends src to a receiver that answers.
func (p protocol) runWith(ctx context.Context, src *Source, answer func(context.Context, *Offer) (*Report, error), tune ...func(s, r *Config)) (res result) {
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
