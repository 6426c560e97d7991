package survey

import "sesame/transit/natkind"

// Facts are what the conclusion depends on.
type facts struct {
	server  bool // the mailbox server can be used
	relay   bool // some relay can
	network bool // this computer is in one, and knows its addresses there
	private bool // our addresses mustn't be told
	asked   bool // whether UDP goes is known
	udp     bool // it does
	nat     natkind.Result
	mapped  bool // the router leads ports here
	ipv6    bool // it works
}

// conclude says in a sentence what the facts mean, and whether a transfer to
// another network can work.
func (f *facts) conclude() (sentence string, works bool) {
	switch {
	case !f.server && f.network:
		return "Nothing can be sent to other networks as long as no server can be reached; on this network, sesame send --local needs none.", false
	case !f.server:
		return "Nothing can be sent: this computer is in no network.", false
	case f.private:
		return f.through("Transfers go through a relay, as our addresses are to be told to nobody")
	}
	if !f.network {
		return f.through("Transfers go through a relay, as this computer knows no address of its own to be reached at")
	}
	direct, others := f.direct()
	switch {
	case direct == "":
		return f.through("Transfers go directly to computers on the same network, to others through a relay")
	case others == "":
		return direct + ".", true
	case f.relay:
		return direct + "; " + others + " they go through the relay.", true
	}
	return direct + "; " + others + " there is no way, as no relay can be reached.", true
}

// see notes how this computer looks from outside.
func (f *facts) see(v4, v6 view) {
	f.udp, f.nat, f.ipv6 = v4.Answered > 0, v4.Result, v6.Answered > 0
	// A server on this network has seen no NAT.
	f.asked = v4.Asked > 0 && (v4.Answered == 0 || v4.Translated || outside(v4.Mapped.Addr()))
}

// direct says with whom transfers go directly, and with whom they don't.
func (f *facts) direct() (with, others string) {
	open := f.asked && f.udp && !f.nat.Translated && f.nat.Filtering != natkind.AddressAndPortDependent
	switch {
	case open:
		return "Transfers will go directly with nearly everyone", "with people whose network lets nothing but web pages through"
	case f.mapped:
		return "Transfers will go directly with nearly everyone, since the router lets them in", "with people whose network lets nothing but web pages through"
	case !f.asked:
		return "Transfers go directly where that is possible; no STUN server could say how often", "with everybody else"
	case f.udp && !f.nat.Symmetric():
		return "Transfers will go directly with most people", "with someone behind a symmetric NAT"
	case f.udp:
		return "Transfers will go directly with people whose router is open to it (no NAT, or a filter that looks at addresses at most)", "with someone behind a stricter one"
	case f.ipv6:
		return "Transfers may go directly with people who have IPv6, too", "with everybody else"
	}
	return "", ""
}

// through is the sentence where only a relay is left.
func (f *facts) through(sentence string) (string, bool) {
	if f.relay {
		return sentence + ".", true
	}
	return sentence + ", and no relay can be reached: name another one with --relay.", false
}
