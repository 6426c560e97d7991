package client

import (
	"cmp"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"strings"

	"sesame/internal/addr"
	"sesame/transit"
)

// Config says where to meet, what is allowed, and who is told and asked. Nil and the
// zero value are ready to use.
type Config struct {
	// Server is the mailbox server: ws:// or wss://, of which the path may be left
	// out. Default: the public one of the Magic Wormhole project.
	Server string
	// Token is what the operator of Server gave out to those who may use it. It goes to
	// that server alone, if it asks for one. Default: none.
	Token string
	// Relays are tried in this order where no direct way exists, at most 4: HOST:PORT, the
	// tcp:HOST:PORT of other programs, or the URL of a WebSocket. Default: the one
	// that the mailbox server announces, else the public one.
	Relays []string
	// STUN are servers, "host:port", that are asked, beside the mailbox server's,
	// what this computer looks like from outside. Default: none.
	STUN []string

	// Proxy is the URL of what servers and relays are reached through, HTTP or SOCKS5;
	// "none" for no proxy. ProxyFrom is what errors call it. Default: what
	// HTTPS_PROXY and its like say.
	Proxy, ProxyFrom string
	// Tor reaches servers and relays through Tor, at Proxy, at TOR_SOCKS_HOST and
	// TOR_SOCKS_PORT, or where it usually is, and nothing in any other way; the other
	// side learns no address. Default false.
	Tor bool

	// Roots, an *x509.CertPool, are who may have signed the certificates of servers and relays (wss://).
	// A browser doesn't ask for it. Default: the system's.
	Roots *transit.CertPool

	// Policy is what both sides may do. The zero Policy allows everything.
	Policy Policy
	// Ask answers questions. Default: Unattended.
	Ask Asker
	// Tell is told what happens: one event at a time, from any goroutine. What it
	// holds up waits, so it should return soon. Default: nobody is.
	Tell func(Event)

	// Embed makes a mailbox server for one code, for a Recipient that needs no other;
	// relay.NewEmbedded is one. Default: there is none, and Local fails.
	Embed func() Mailbox

	// Env looks up variables of the environment: those of proxies, and where this
	// user's state is. Default: os.LookupEnv.
	Env func(name string) (string, bool)
	// Forget keeps no note of what was begun, so that what was interrupted can't be
	// gone on with by another call. Default false: notes are in this user's state
	// directory.
	Forget bool
	// Logger gets what happens to paths and servers, with addresses at level Debug;
	// never codes, keys, names or texts. Default: silent.
	Logger *slog.Logger
}

// Policy says what both sides may do. What can't be together is a *ConfigError.
type Policy struct {
	Classic    bool // speak only the protocol that all wormhole programs speak
	RequirePQ  bool // insist on a post-quantum key: refuse classic programs
	DirectOnly bool // use no relay
	RelayOnly  bool // tell the other side no address, and use only relays that this side knows
	OwnRelays  bool // use no relay that only the other side names
	NoMapping  bool // ask no router to let the other side in
	Loopback   bool // let both sides be on this computer without a network
	Verify     bool // Asker.Verify before anything is sent
	NoCompress bool // send contents as they are

	// Limit is how many bytes of content may cross in a second; 0, any number.
	Limit int64
}

// maxRelays is how many relays may be named: the other side looks at no more.
const maxRelays = 4

// check looks at what was given, and reads it.
func (c *core) check() error {
	if err := c.cfg.Policy.check(c.cfg.Tor); err != nil {
		return err
	}
	if c.cfg.Server != "" {
		full, ok := serverURL(c.cfg.Server)
		if !ok {
			return &ConfigError{"Server", c.cfg.Server, errNoURL}
		}
		c.cfg.Server = full
	}
	for _, text := range c.cfg.Relays {
		r, ok := parseRelay(strings.TrimSpace(text))
		if !ok {
			return &ConfigError{"Relays", strings.TrimSpace(text), errNoAddress}
		}
		c.relays = append(c.relays, r)
	}
	if len(c.relays) > maxRelays {
		return &ConfigError{"Relays", "", errTooMany}
	}
	for _, s := range c.cfg.STUN {
		if !isAddress(s) {
			return &ConfigError{"STUN", s, errNoAddress}
		}
	}
	return c.routes.resolve(&c.cfg)
}

var (
	errNoURL     = errors.New("it is not the URL of a mailbox server, such as wss://relay.example.org/v1")
	errNoAddress = errors.New("it is not an address, such as relay.example.org:4001")
	errTooMany   = errors.New("at most 4 can be named")
)

// serverURL reads the URL of a mailbox server, and adds the usual path if it has none.
func serverURL(s string) (full string, ok bool) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "ws" && u.Scheme != "wss" || u.Host == "" {
		return "", false
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/v1"
		s = u.String()
	}
	return s, true
}

// fill puts defaults where nothing was said.
func (c *core) fill() {
	if c.cfg.Ask == nil {
		c.cfg.Ask = Unattended{}
	}
	if c.cfg.Tell == nil {
		c.cfg.Tell = func(Event) {}
	}
	if c.cfg.Env == nil {
		c.cfg.Env = os.LookupEnv
	}
	c.cfg.Logger = cmp.Or(c.cfg.Logger, slog.New(slog.DiscardHandler))
	c.cfg.Server = strings.TrimSpace(c.cfg.Server) // as it is pasted
	c.told = &teller{tell: c.cfg.Tell}
	c.history = newHistory(&c.cfg, c.told)
}

// parseRelay reads how a user names a transit relay: HOST:PORT, the
// tcp:HOST:PORT[:priority=N] of other wormhole clients, or the URL of a
// WebSocket.
func parseRelay(s string) (r transit.Relay, ok bool) {
	if strings.HasPrefix(s, "ws://") || strings.HasPrefix(s, "wss://") {
		u, err := url.Parse(s)
		return transit.Relay{URL: s}, err == nil && u.Host != "" && u.User == nil
	}
	address := strings.TrimPrefix(s, "tcp:")
	if i := strings.Index(address, ":priority="); i >= 0 {
		address = address[:i]
	}
	return transit.Relay{Address: address}, isAddress(address)
}

// isAddress reports whether s is a host and a port.
func isAddress(s string) bool {
	_, _, err := addr.Split(s)
	return err == nil
}
