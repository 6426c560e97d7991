package relay_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"sesame/relay"
)

// A disguise has clients of 127.a.b.c come from 10.a.b.c, so that what holds for
// strangers holds for them.
type disguise struct{ net.Listener }

func (d disguise) Accept() (net.Conn, error) {
	c, err := d.Listener.Accept()
	if err != nil {
		return nil, err
	}
	a := *c.RemoteAddr().(*net.TCPAddr)
	a.IP = a.IP.To4()
	a.IP = net.IPv4(10, a.IP[1], a.IP[2], a.IP[3])
	return disguised{c, &a}, nil
}

type disguised struct {
	net.Conn
	from net.Addr
}

func (d disguised) RemoteAddr() net.Addr { return d.from }

// serveStrangers starts a server whose clients come from elsewhere.
func serveStrangers(t *testing.T) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := relay.New(&relay.Config{})
	served := make(chan error, 1)
	go func() { served <- s.Serve(disguise{l}) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		s.Shutdown(ctx)
		<-served
	})
	return l.Addr().String()
}

// A player is one side that behaves like a program with a code: what it sends as
// its version tells which.
type player struct {
	ctx        context.Context
	ws         *websocket.Conn
	side, code string
}

var sides atomic.Int64

// join connects a player from an address.
func join(ctx context.Context, addr, from, code string) (*player, error) {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	transport := &http.Transport{DialContext: dialer.DialContext}
	defer transport.CloseIdleConnections()
	ws, _, err := websocket.Dial(ctx, "ws://"+addr+"/v1", &websocket.DialOptions{HTTPClient: &http.Client{Transport: transport}})
	if err != nil {
		return nil, err
	}
	p := &player{ctx, ws, fmt.Sprintf("side%d", sides.Add(1)), code}
	return p, p.say(`{"type":"bind","appid":"app","side":%q}`, p.side)
}

func (p *player) say(format string, args ...any) error {
	return p.ws.Write(p.ctx, websocket.MessageText, fmt.Appendf(nil, format, args...))
}

// await reads until a message of the given type, which may be an error.
func (p *player) await(kind string) (map[string]any, error) {
	for {
		_, b, err := p.ws.Read(p.ctx)
		if err != nil {
			return nil, err
		}
		var m map[string]any
		if err := json.Unmarshal(b, &m); err != nil {
			return nil, err
		}
		switch m["type"] {
		case "error":
			return nil, refused(m["error"].(string))
		case kind:
			return m, nil
		}
	}
}

// A refused player was told so by the server.
type refused string

func (r refused) Error() string { return string(r) }

var errWrongCode = errors.New("wrong code")

// enter claims a nameplate, or a new one, and opens its mailbox.
func (p *player) enter(nameplate string) (string, error) {
	if nameplate == "" {
		if err := p.say(`{"type":"allocate"}`); err != nil {
			return "", err
		}
		m, err := p.await("allocated")
		if err != nil {
			return "", err
		}
		nameplate = m["nameplate"].(string)
	}
	if err := p.say(`{"type":"claim","nameplate":%q}`, nameplate); err != nil {
		return "", err
	}
	m, err := p.await("claimed")
	if err != nil {
		return "", err
	}
	p.say(`{"type":"open","mailbox":%q}`, m["mailbox"])
	return nameplate, p.say(`{"type":"add","phase":"pake","body":"00"}`)
}

// meet goes on until the other side has proven its code, and leaves.
func (p *player) meet() error {
	defer p.ws.CloseNow()
	for {
		m, err := p.await("message")
		if err != nil {
			return err
		}
		switch {
		case m["side"] == p.side:
		case m["phase"] == "pake":
			p.say(`{"type":"release"}`)
			p.say(`{"type":"add","phase":"version","body":%q}`, p.code)
		case m["phase"] == "version" && m["body"] != p.code:
			p.say(`{"type":"close","mood":"scary"}`)
			p.await("closed")
			return errWrongCode
		case m["phase"] == "version":
			p.say(`{"type":"add","phase":"0","body":"00"}`)
		case m["phase"] == "0":
			p.say(`{"type":"close","mood":"happy"}`)
			p.await("closed")
			return nil
		}
	}
}

// visit does all of it, as a receiver.
func visit(ctx context.Context, addr, from, nameplate, code string) error {
	p, err := join(ctx, addr, from, code)
	if err != nil {
		return err
	}
	defer p.ws.CloseNow()
	if _, err := p.enter(nameplate); err != nil {
		return err
	}
	return p.meet()
}

// A crowd of senders waits, each at an address of its own.
type crowd struct {
	nameplates []string
	ends       []chan error
}

func waitingSenders(t *testing.T, ctx context.Context, addr string, n int) *crowd {
	t.Helper()
	c := &crowd{}
	for i := range n {
		p, err := join(ctx, addr, fmt.Sprintf("127.1.0.%d", i+1), "aa")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.ws.CloseNow() })
		nameplate, err := p.enter("")
		if err != nil {
			t.Fatal(err)
		}
		end := make(chan error, 1)
		go func() { end <- p.meet() }()
		c.nameplates, c.ends = append(c.nameplates, nameplate), append(c.ends, end)
	}
	return c
}

// all runs f for 0 to n-1 at once and waits.
func all(n int, f func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}

// Fails when one address spoils more than six of 59 sessions that wait: whether
// it guesses at all of them at once, goes from one to the next, or takes their
// second seats and says nothing.
func TestOneAddressAgainstFiftyNineSenders(t *testing.T) {
	const hostile, n = "127.66.6.6", 59
	guess := func(ctx context.Context, addr, nameplate string) { visit(ctx, addr, hostile, nameplate, "bb") }
	for name, attack := range map[string]func(ctx context.Context, addr string, c *crowd){
		"at once": func(ctx context.Context, addr string, c *crowd) {
			all(n, func(i int) { guess(ctx, addr, c.nameplates[i]) })
		},
		"in turn": func(ctx context.Context, addr string, c *crowd) {
			for _, nameplate := range c.nameplates {
				guess(ctx, addr, nameplate)
			}
		},
		"silent": func(ctx context.Context, addr string, c *crowd) {
			all(n, func(i int) {
				if p, err := join(ctx, addr, hostile, "bb"); err == nil {
					p.say(`{"type":"claim","nameplate":%q}`, c.nameplates[i])
					var enough context.CancelFunc
					p.ctx, enough = context.WithTimeout(ctx, 3*time.Second)
					defer enough()
					p.await("claimed") // who has got one stays
				}
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			addr := serveStrangers(t)
			c := waitingSenders(t, ctx, addr, n)
			attack(ctx, addr, c)
			var untouched atomic.Int64
			all(n, func(i int) {
				if visit(ctx, addr, fmt.Sprintf("127.2.0.%d", i+1), c.nameplates[i], "aa") == nil && <-c.ends[i] == nil {
					untouched.Add(1)
				}
			})
			if untouched.Load() < 53 {
				t.Errorf("%d of %d senders met their receivers", untouched.Load(), n)
			}
		})
	}
}

var minutes = regexp.MustCompile(`try again in (a minute|([0-9]+) minutes)$`)

// Fails when one of thirty people behind one address is refused, six of whom have
// mistyped their code; or when those who come after further mistakes aren't told
// why and for how long.
func TestClassBehindOneAddress(t *testing.T) {
	const class, n = "127.9.9.9", 40
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	addr := serveStrangers(t)
	c := waitingSenders(t, ctx, addr, n)
	var met, wrong atomic.Int64
	all(30, func(i int) {
		code := "aa"
		if i%5 == 2 {
			code = "bb"
		}
		switch err := visit(ctx, addr, class, c.nameplates[i], code); {
		case err == nil:
			met.Add(1)
		case errors.Is(err, errWrongCode):
			wrong.Add(1)
		default:
			t.Errorf("person %d: %v", i, err)
		}
	})
	if met.Load() != 24 || wrong.Load() != 6 {
		t.Fatalf("%d met and %d were wrong", met.Load(), wrong.Load())
	}
	for i := 30; i < n; i++ {
		err := visit(ctx, addr, class, c.nameplates[i], "bb")
		var no refused
		switch {
		case errors.Is(err, errWrongCode) && i < 32:
		case errors.As(err, &no):
			found := minutes.FindStringSubmatch(string(no))
			if found == nil || !strings.HasPrefix(string(no), "too many codes from your address were wrong") {
				t.Fatalf("person %d is told %q", i, no)
			}
			if m, _ := strconv.Atoi(found[2]); m > 10 {
				t.Errorf("person %d is told %q", i, no)
			}
			// What is no second seat is refused to nobody.
			p, err := join(ctx, addr, class, "aa")
			if err != nil {
				t.Fatal(err)
			}
			defer p.ws.CloseNow()
			if _, err := p.enter(""); err != nil {
				t.Errorf("no number for a sender: %v", err)
			}
			return
		default:
			t.Fatalf("person %d: %v", i, err)
		}
	}
	t.Error("nobody is refused however often")
}
