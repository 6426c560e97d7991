package main

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/pflag"

	"sesame/client"
	"sesame/internal/addr"
	"sesame/rendezvous"
	"sesame/transit"
)

// connectOptions say by which servers two computers meet. Both commands have
// them.
type connectOptions struct {
	server        string
	relays        []string
	ownRelay      bool
	stun          []string
	directOnly    bool
	relayOnly     bool
	allowLoopback bool
	noPortMapping bool
	verify        bool
	proxyOptions

	// With a local code: the port of the sender's mailbox, and in the sender, who has to
	// know with what token it is used as a relay.
	pipe    *transit.Relay
	joining func(token string)
}

func (o *connectOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.server, "server", "", "meet at the mailbox server `URL` (SESAME_SERVER)")
	flags.StringArrayVar(&o.relays, "relay", nil, "where no direct way exists, go through the transit relay `HOST:PORT`, or ws:// or wss:// and so on; several in the order in which to try them (SESAME_RELAY, with commas)")
	flags.BoolVar(&o.ownRelay, "own-relay", false, "use no relay that only the other side names")
	flags.StringArrayVar(&o.stun, "stun", nil, "ask the STUN server `HOST:PORT`, too, what this computer looks like from outside; repeatable")
	flags.BoolVar(&o.relayOnly, "relay-only", false, "go through a relay that this side's flags or server name, and tell the other computer none of our addresses")
	flags.BoolVar(&o.directOnly, "direct-only", false, "use no relay")
	flags.BoolVar(&o.noPortMapping, "no-port-mapping", false, "don't ask the router to let the other computer in")
	flags.BoolVar(&o.allowLoopback, "allow-loopback", false, "let both ends be on this computer without a network")
	flags.BoolVar(&o.verify, "verify", false, "compare a verifier aloud before anything is sent")
	flags.MarkHidden("allow-loopback")
	o.proxyOptions.addFlags(flags)
}

// resolve fills in what was not given from the environment, and checks it.
func (o *connectOptions) resolve(env environment) error {
	if o.server == "" {
		o.server = first(env, "SESAME_SERVER", "WORMHOLE_RELAY_URL")
	}
	o.server = strings.TrimSpace(o.server) // as it is pasted
	if o.server != "" {
		u, err := url.Parse(o.server)
		if err != nil || u.Scheme != "ws" && u.Scheme != "wss" || u.Host == "" {
			return &usageError{
				text: fmt.Sprintf("%q is not the URL of a mailbox server", o.server),
				hint: "it looks like ws://relay.example.org:4000/v1",
			}
		}
		if u.Path == "" || u.Path == "/" {
			u.Path = "/v1"
			o.server = u.String()
		}
	}
	if err := o.resolveRelays(env); err != nil {
		return err
	}
	if err := checkSTUN(o.stun); err != nil {
		return err
	}
	if o.directOnly && o.relayOnly {
		return &usageError{text: "--direct-only and --relay-only exclude each other", hint: "leave one of them out"}
	}
	if o.directOnly && o.tor {
		return &usageError{text: "--direct-only and --tor exclude each other", hint: "over Tor there are only relays"}
	}
	return o.proxyOptions.resolve(env)
}

// maxRelays is how many relays may be named: the other side looks at no more.
const maxRelays = 4

// resolveRelays finds out which relays to use, and checks them.
func (o *connectOptions) resolveRelays(env environment) error {
	if len(o.relays) == 0 {
		if list := first(env, "SESAME_RELAY"); list != "" {
			o.relays = strings.Split(list, ",")
		} else if one := first(env, "WORMHOLE_TRANSIT_HELPER"); one != "" {
			o.relays = []string{one}
		}
	}
	for i, r := range o.relays {
		o.relays[i] = strings.TrimSpace(r)
		if _, err := parseRelay(o.relays[i]); err != nil {
			return err
		}
	}
	if len(o.relays) > maxRelays {
		return &usageError{text: fmt.Sprintf("%d relays are named", len(o.relays)), hint: fmt.Sprintf("name %d at most", maxRelays)}
	}
	return nil
}

// first returns the value of the first variable that is set and not empty.
func first(env environment, names ...string) string {
	for _, name := range names {
		if value, ok := env(name); ok && value != "" {
			return value
		}
	}
	return ""
}

// parseRelay reads how a user names a transit relay: HOST:PORT, the
// tcp:HOST:PORT[:priority=N] of other wormhole clients, or the URL of a
// WebSocket.
func parseRelay(s string) (transit.Relay, error) {
	wrong := &usageError{
		text: fmt.Sprintf("%q is not the address of a transit relay", s),
		hint: "it looks like relay.example.org:4001",
	}
	if strings.HasPrefix(s, "ws://") || strings.HasPrefix(s, "wss://") {
		if u, err := url.Parse(s); err != nil || u.Host == "" || u.User != nil {
			return transit.Relay{}, wrong
		}
		return transit.Relay{URL: s}, nil
	}
	address := strings.TrimPrefix(s, "tcp:")
	if i := strings.Index(address, ":priority="); i >= 0 {
		address = address[:i]
	}
	if _, _, err := addr.Split(address); err != nil {
		return transit.Relay{}, wrong
	}
	return transit.Relay{Address: address}, nil
}

// checkSTUN looks at the names of STUN servers.
func checkSTUN(servers []string) error {
	for _, s := range servers {
		if _, _, err := addr.Split(s); err != nil {
			return &usageError{
				text: fmt.Sprintf("%q is not the address of a STUN server", s),
				hint: "it looks like stun.example.org:3478",
			}
		}
	}
	return nil
}

// mailbox returns how to meet at the server that was named, or the public one.
// Nothing else may connect to a mailbox server that isn't on this network.
func (o *connectOptions) mailbox(native *rendezvous.Native) *rendezvous.Config {
	cfg := &rendezvous.Config{URL: o.server, Native: native}
	o.reach(cfg)
	return cfg
}

// transit returns how to reach the other computer: by the relays that were
// named, else the one that the mailbox server speaks of, else the public one.
func (o *connectOptions) transit(client *rendezvous.Client) (*transit.Config, error) {
	cfg := &transit.Config{NoDirect: o.relayOnly, NoRelay: o.directOnly, OwnRelaysOnly: o.ownRelay || o.relayOnly, AllowLoopback: o.allowLoopback,
		NoPortMapping: o.noPortMapping || o.pipe != nil, Joining: o.joining}
	if o.pipe == nil { // else both are on this network, where no proxy leads
		o.proxyOptions.apply(cfg)
	}
	if own := client.STUN(); len(own) > 0 {
		cfg.STUN = own[:1] // its second port is for tests of the NAT
	}
	cfg.STUN = append(cfg.STUN, o.stun...)
	if !cfg.NoUDP { // else that is a proxy's
		cfg.Outside = client.Outside()
	}
	address, wsURL := client.Relay()
	switch {
	case o.pipe != nil:
		cfg.Relays = []transit.Relay{*o.pipe}
	case len(o.relays) > 0:
		for _, r := range o.relays {
			relay, err := parseRelay(r)
			if err != nil {
				return nil, err
			}
			cfg.Relays = append(cfg.Relays, relay)
		}
	case address != "" || wsURL != "":
		cfg.Relays = []transit.Relay{{Address: address, URL: wsURL}}
	default:
		cfg.Relays = []transit.Relay{{Address: transit.DefaultRelay}}
	}
	return cfg, nil
}

// A usageError is a command line that can't be carried out.
type usageError struct{ text, hint string }

func (e *usageError) Error() string { return e.text }

var (
	errUnverified  = client.Fail(client.Unverified)
	errNotCompared = client.Fail(client.NotCompared)
)
