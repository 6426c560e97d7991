package survey

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sesame/transit"
)

// at returns a configuration for a mailbox server at a test server's address, which
// nobody can meet at.
func at(address string) *Config {
	return &Config{
		Mailbox: "ws://" + address + "/v1",
		Meet: func(ctx context.Context) (Welcome, error) {
			<-ctx.Done()
			return Welcome{}, ctx.Err()
		},
		Via: func(scheme, addr string) []transit.Via { return []transit.Via{{}} },
	}
}

// listen serves each connection with f. They stay until the test is over, if f doesn't
// close them: what nobody holds the runtime closes.
func listen(t *testing.T, f func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all []net.Conn
	done := make(chan struct{})
	t.Cleanup(func() {
		l.Close()
		<-done
		for _, c := range all {
			c.Close()
		}
	})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all = append(all, conn)
			go f(conn)
		}
	}()
	return l.Addr().String()
}

// Fails if a wrong clock, or TLS and its certificate, isn't told.
func TestPage(t *testing.T) {
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(3*time.Hour).UTC().Format(http.TimeFormat))
		io.WriteString(w, "<h1>Please log in</h1>")
	})
	web := httptest.NewServer(page)
	defer web.Close()
	p := fetch(t.Context(), at(web.Listener.Addr().String()))
	if off := (p.Ahead + 3*time.Hour).Abs(); p.Err != nil || !p.Time || off > 2*time.Second || p.TLS != 0 {
		t.Errorf("%+v", p)
	}
	secure := httptest.NewTLSServer(page)
	defer secure.Close()
	c := at(secure.Listener.Addr().String())
	c.Mailbox = "wss" + strings.TrimPrefix(c.Mailbox, "ws")
	if p := fetch(t.Context(), c); p.Err == nil || p.Time {
		t.Errorf("%+v of a server that nobody knows", p)
	}
}

// Fails if redirects are followed to places that nobody named.
func TestRedirect(t *testing.T) {
	visited := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visited = true }))
	web := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusFound))
	address := web.Listener.Addr().String()
	p := fetch(t.Context(), at(address))
	list := relays(t.Context(), at(address), []transit.Relay{{URL: "ws://" + address + "/transit"}})
	web.Close()
	elsewhere.Close()
	if p.Err != nil || list[0].Err == nil || visited {
		t.Errorf("%+v, %+v, visited %v", p, list, visited)
	}
}

// Fails if a relay counts as good that isn't one, or one that says nothing holds
// everything up.
func TestRelaysThatAreNone(t *testing.T) {
	none := func(err error) bool { return errors.As(err, new(NoRelayError)) }
	for name, c := range map[string]struct {
		serve func(net.Conn)
		is    func(error) bool
	}{
		"something else": {func(c net.Conn) { io.WriteString(c, "\x1b[2Jowned\n") }, none},
		"hangs up": {func(c net.Conn) { bufio.NewReader(c).ReadString('\n'); c.Close() },
			func(err error) bool { return errors.Is(err, ErrHungUp) }},
		"silent":                            {func(net.Conn) {}, func(err error) bool { return errors.Is(err, context.DeadlineExceeded) }},
		"a page":                            {func(c net.Conn) { io.WriteString(c, "HTTP/1.1 404 Not Found\r\n\r\n") }, none},
		"joins, and carries something else": {func(c net.Conn) { io.WriteString(c, "ok\nnot what was sent") }, none},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := listen(t, c.serve)
			begun := time.Now()
			for _, r := range relays(t.Context(), at(address), []transit.Relay{{Address: address, URL: "ws://" + address + "/transit"}}) {
				if r.Err == nil || !strings.HasPrefix(r.At, "ws") && !c.is(r.Err) {
					t.Errorf("%+v", r)
				}
			}
			if took := time.Since(begun); took > laterTime+time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// Fails if all together takes longer than eight seconds where everything accepts
// and says nothing, or a fact is left out or comes in another order.
func TestSilence(t *testing.T) {
	t.Parallel()
	address := listen(t, func(net.Conn) {})
	udp, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	c := at(address)
	c.Relays, c.STUN = []transit.Relay{{Address: address}}, []string{udp.LocalAddr().String()}
	begun := time.Now()
	var facts []Fact
	Network(t.Context(), c, func(f Fact) { facts = append(facts, f) })
	if took := time.Since(begun); took > allTime+time.Second {
		t.Errorf("it took %v", took)
	}
	if len(facts) != 8 {
		t.Fatalf("%d facts: %+v", len(facts), facts)
	}
	m, p, r, v := facts[2].(Mailbox), facts[3].(Page), facts[4].(Relay), facts[5].(View)
	if m.Err == nil || p.Err == nil || r.Err == nil || v.Named != 1 || v.V4.Asked != 1 || v.V4.Answered != 0 {
		t.Errorf("%+v", facts)
	}
	for i, is := range []bool{is[Addresses](facts[0]), is[Routes](facts[1]), is[Mapping](facts[6]), is[Multicast](facts[7])} {
		if !is {
			t.Errorf("%d: another order: %+v", i, facts)
		}
	}
}

func is[T Fact](f Fact) bool { _, ok := f.(T); return ok }

// Fails if what would go past a proxy is looked at, or our addresses are told where
// nobody is to have them.
func TestBarred(t *testing.T) {
	t.Parallel()
	address := listen(t, func(c net.Conn) { c.Close() })
	c := at(address)
	c.Meet = func(context.Context) (Welcome, error) { return Welcome{STUN: []string{"127.0.0.1:9"}}, nil }
	c.NoUDP, c.Proxy = true, &Proxy{Through: "p"}
	var facts []Fact
	tell := func(f Fact) { facts = append(facts, f) }
	Server(t.Context(), c, tell)
	if len(facts) != 4 || !is[Mailbox](facts[0]) || !is[Page](facts[1]) || !is[Welcome](facts[2]) || !facts[3].(View).Barred {
		t.Errorf("%+v", facts)
	}
	facts, c.Private = nil, true
	c.Relays = []transit.Relay{{Address: address}}
	Network(t.Context(), c, tell)
	if len(facts) != 6 || !is[Proxy](facts[2]) || !is[Relay](facts[5]) {
		t.Errorf("%+v", facts)
	}
}
