package client

import (
	"context"
	"errors"
	"time"

	"sesame/client/deliver"
	"sesame/rendezvous"
	"sesame/transfer"
	"sesame/transit"
)

// giveBack bounds how long the end of a session may take: releasing the
// nameplate and closing the mailbox, also after an interrupt.
const giveBack = 5 * time.Second

// A meeting is what both sides do alike: two computers meet, the people compare
// the verifier, and nothing crosses that the policy forbids.
type meeting struct {
	*core
	role role
	at   *rendezvous.Client
	own  *ownPath
	meet func(context.Context) (*rendezvous.Channel, error)
	// prompt says that a native program at the other end speaks at once, before it
	// looks at files or asks anybody.
	prompt bool
	offer  *wait   // of a receiver for it, which do ends
	kin    kinship // since they have met
}

// hold meets, calls do with the channel, with how to transfer over it, and with a
// context that the other side's silence may end, and leaves in an orderly way. It
// closes the client.
func (m *meeting) hold(ctx context.Context, do func(context.Context, *rendezvous.Channel, *deliver.Settings) error) (err error) {
	channel, err := m.meet(ctx)
	if err != nil {
		m.at.Close()
		return err
	}
	defer func() { leave(ctx, channel, err) }()
	if !m.cfg.Policy.Classic { // else it isn't because of the other one
		m.kin.other = channel.Program()
	}
	defer func() { err = m.kin.explain(err) }()
	if err := m.role.check(channel.PeerVersion()); err != nil {
		return err
	}
	policy := &m.cfg.Policy
	if err := policy.enforce(ctx, channel); err != nil {
		return err
	}
	if policy.Verify {
		if err := m.verify(ctx, channel); err != nil {
			return err
		}
	}
	if !m.prompt {
		m.offer = m.told.waiting(WaitOffer)
		defer m.offer.end()
	}
	server := vigilFor(m.core, m.at, m.own != nil)
	defer server.end()
	how, way := m.watch(channel, server)
	defer way.end()
	how.Transit = m.transit()
	how.Transit.Trying = way.trying
	if channel.Suite() != "" { // otherwise that is said in the end
		how.Transit.Refused = way.refused
	}
	ctx, done := m.answering(ctx, channel, m.prompt && !policy.Verify)
	defer done()
	return do(ctx, channel, how)
}

// watch returns a transfer's settings, which tell of paths and progress, and the wait
// for a path, until which the server is needed. Other programs than sesame look for
// one when a person has said yes, so that wait begins when one is tried.
func (m *meeting) watch(ch *rendezvous.Channel, server *vigil) (how *deliver.Settings, way *search) {
	native := ch.Suite() != ""
	way = &search{told: m.told}
	if native {
		way.begin()
	}
	var speed rate
	var path string // in words, "" while there is none
	how = &deliver.Settings{Lost: func() {
		path = ""
		m.told.parted(&speed)
		way.begin()
	}}
	how.Config = transfer.Config{
		Connected: func(p transit.Path) {
			server.end()
			way.end()
			same := p.Words() == path
			path = p.Words()
			m.told.event(Connected{Path: p, Native: native, Same: same})
		},
		Progress: func(p transfer.Progress) { m.told.progressed(&speed, p) },
		Limit:    m.cfg.Policy.Limit,
		Logger:   m.cfg.Logger,
	}
	return how, way
}

// moodOf is what the server's statistics learn of how a session ended.
func moodOf(err error) rendezvous.Mood {
	if errors.Is(err, rendezvous.ErrWrongCode) {
		return rendezvous.Scary
	}
	if err == nil || errors.Is(err, transfer.ErrRejected) {
		return rendezvous.Happy
	}
	return rendezvous.Errory
}

// leave ends a session in bounded time, even if ctx has ended already.
func leave(ctx context.Context, ch *rendezvous.Channel, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveBack)
	defer cancel()
	ch.Close(ctx, moodOf(err))
}

// verify lets two people compare the verifier. The other side is told if they
// found it to differ.
func (c *meeting) verify(ctx context.Context, ch *rendezvous.Channel) error {
	same, err := c.cfg.Ask.Verify(ctx, ch.Verifier())
	why := transfer.Because(transfer.ReasonCancelled)
	if err == nil && !same {
		err, why = Fail(Unverified), transfer.Because(transfer.ReasonUnverified)
	}
	if err != nil {
		abort(ctx, ch, why)
	}
	return err
}
