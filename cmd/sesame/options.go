package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"sesame/client"
	"sesame/relay"
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
	proxy         string
	tor           bool
	authority     string
	tokenFile     string
}

func (o *connectOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.server, "server", "", "meet at the server `URL` (SESAME_SERVER)")
	flags.StringArrayVar(&o.relays, "relay", nil, "where no direct way exists, go through the transit relay `HOST:PORT`, or ws:// or wss:// and so on; several in the order in which to try them (SESAME_RELAY, with commas)")
	flags.BoolVar(&o.ownRelay, "own-relay", false, "use no relay that only the other side names")
	flags.StringArrayVar(&o.stun, "stun", nil, "ask the STUN server `HOST:PORT`, too, what this computer looks like from outside; repeatable")
	flags.BoolVar(&o.relayOnly, "relay-only", false, "go through a relay that this side's flags or server name, and tell the other computer none of our addresses")
	flags.BoolVar(&o.directOnly, "direct-only", false, "use no relay")
	flags.BoolVar(&o.noPortMapping, "no-port-mapping", false, "don't ask the router to let the other computer in")
	flags.BoolVar(&o.allowLoopback, "allow-loopback", false, "let both ends be on this computer without a network")
	flags.BoolVar(&o.verify, "verify", false, "compare a verifier aloud before anything is sent")
	flags.MarkHidden("allow-loopback")
	flags.StringVar(&o.authority, "server-ca", "", "accept, besides those that this computer trusts, the authority whose certificate is in `FILE` for servers and relays at wss:// (SESAME_SERVER_CA)")
	flags.StringVar(&o.tokenFile, "token-file", "", "the token for a server that wants one is in `FILE` (SESAME_TOKEN has the token itself, SESAME_TOKEN_FILE names the file)")
	flags.StringVar(&o.proxy, "proxy", "", "reach servers and relays through the HTTP or SOCKS5 proxy `URL` (SESAME_PROXY; else HTTPS_PROXY, ALL_PROXY, …); none ignores those")
	flags.BoolVar(&o.tor, "tor", false, "reach servers and relays through Tor, and nothing in any other way; tell none of our addresses")
}

// config is what the options and the environment say of servers.
func (o *connectOptions) config(env environment) (*client.Config, error) {
	if o.directOnly && o.relayOnly {
		return nil, &usageError{text: "--direct-only and --relay-only exclude each other", hint: "leave one of them out"}
	}
	if o.directOnly && o.tor {
		return nil, &usageError{text: "--direct-only and --tor exclude each other", hint: "over Tor there are only relays"}
	}
	cfg := &client.Config{
		Server: o.server, Relays: o.relays, STUN: o.stun, Proxy: o.proxy, ProxyFrom: "--proxy", Tor: o.tor, Env: env,
		Policy: client.Policy{
			DirectOnly: o.directOnly, RelayOnly: o.relayOnly, OwnRelays: o.ownRelay, NoMapping: o.noPortMapping, Loopback: o.allowLoopback, Verify: o.verify,
		},
		Embed: func() client.Mailbox { return relay.NewEmbedded() },
	}
	if cfg.Server == "" {
		cfg.Server = first(env, "SESAME_SERVER", "WORMHOLE_RELAY_URL")
	}
	if len(cfg.Relays) == 0 {
		if list := first(env, "SESAME_RELAY"); list != "" {
			cfg.Relays = strings.Split(list, ",")
		} else if one := first(env, "WORMHOLE_TRANSIT_HELPER"); one != "" {
			cfg.Relays = []string{one}
		}
	}
	// Where Tor is asked for, what the environment says of other proxies doesn't
	// count: they aren't Tor.
	if cfg.Proxy == "" && !o.tor {
		cfg.Proxy, cfg.ProxyFrom = first(env, "SESAME_PROXY"), "SESAME_PROXY"
	}
	if file := cmp.Or(o.authority, first(env, "SESAME_SERVER_CA")); file != "" {
		var err error
		if cfg.Roots, err = authorities(file); err != nil {
			return nil, err
		}
	}
	var err error
	cfg.Token, err = o.token(env)
	return cfg, err
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

// connect makes a client, and says in the words of the command line what is wrong
// with its configuration.
func (o *connectOptions) connect(cfg *client.Config) (*client.Client, error) {
	c, err := client.New(cfg)
	var wrong *client.ConfigError
	if !errors.As(err, &wrong) {
		return c, err
	}
	usage := &usageError{text: wrong.Error()}
	switch wrong.Field {
	case "Server":
		usage.text, usage.hint = fmt.Sprintf("%q is not the URL of a server", wrong.Value), "it looks like ws://relay.example.org:4000/v1"
	case "Relays":
		usage.text, usage.hint = fmt.Sprintf("%q is not the address of a transit relay", wrong.Value), "it looks like relay.example.org:4001"
		if wrong.Value == "" && len(cfg.Relays) > 4 {
			usage.text, usage.hint = fmt.Sprintf("%d relays are named", len(cfg.Relays)), "name 4 at most"
		}
	case "STUN":
		usage.text, usage.hint = fmt.Sprintf("%q is not the address of a STUN server", wrong.Value), "it looks like stun.example.org:3478"
	case "Proxy":
		usage.text, usage.hint = wrong.Err.Error(), "it looks like http://proxy.example.org:3128 or socks5h://192.0.2.1:1080; to use no proxy: --proxy none"
		if o.tor {
			usage.hint = "without --proxy, Tor is looked for at 127.0.0.1:9050, or at TOR_SOCKS_HOST and TOR_SOCKS_PORT"
		}
	}
	return nil, usage
}

// A usageError is a command line that can't be carried out.
type usageError struct{ text, hint string }

func (e *usageError) Error() string { return e.text }
