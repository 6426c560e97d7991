package mapped

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Fails if a mapping isn't made in one of the ways in which routers make them, if
// a second protocol isn't mapped too, or if something stays behind.
func TestMapper(t *testing.T) {
	for _, c := range []struct {
		name string
		r    *router
	}{
		{"PCP", &router{pcp: true}},
		{"NAT-PMP", &router{pmp: true}},
		{"PCP before others", &router{pcp: true, pmp: true, upnp: 1}},
		{"UPnP version 1", &router{upnp: 1}},
		{"UPnP version 2", &router{upnp: 2}},
		{"UPnP after a refusal", &router{upnp: 1, bend: func(b, _ []byte) [][]byte {
			if b[0] != pcpVersion {
				return nil
			}
			b[1], b[3] = b[1]|pcpAnswer, 2 // not authorized
			return [][]byte{b}
		}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := c.r.start(t)
			m := New(Config{Gateway: func() (netip.Addr, error) { return r.orders().Addr(), nil },
				controlPort: r.orders().Port(), searchPort: r.search().Port()})
			defer m.Close()
			m.Map(TCP, 40001)
			m.Map(UDP, 40002)
			for got := 0; got < 2; {
				select {
				case <-m.Changed():
				case <-time.After(10 * time.Second):
					t.Fatal("nothing is mapped")
				}
				got = 0
				for _, p := range []Protocol{TCP, UDP} {
					at, ok := m.Mapped(p, 40000+uint16(p))
					if want := fmt.Sprintf("203.0.113.9:%d", 40000+int(p)); ok && at.String() != want {
						t.Errorf("%v is mapped to %v, want %s", p, at, want)
					}
					if ok {
						got++
					}
				}
			}
			if got := r.mapped(); len(got) != 2 {
				t.Errorf("the router maps %q", got)
			}
			m.Move() // but it is where it was
			m.Map(UDP, 40003)
			for {
				if _, ok := m.Mapped(UDP, 40003); ok {
					break
				}
				select {
				case <-m.Changed():
				case <-time.After(10 * time.Second):
					t.Fatal("no other port is mapped")
				}
			}
			if got := r.mapped(); slices.Contains(got, "UDP 40002") || len(got) != 2 {
				t.Errorf("the router maps %q", got)
			}
			m.Close()
			if got := r.mapped(); len(got) != 0 {
				t.Errorf("afterwards the router maps %q", got)
			}
		})
	}
}

// Fails if Close waits for a router that has fallen silent.
func TestCloseOfASilentRouter(t *testing.T) {
	t.Parallel()
	var silent atomic.Bool
	r := (&router{pcp: true, bend: func(_, answer []byte) [][]byte {
		if silent.Load() || answer == nil {
			return nil
		}
		return [][]byte{answer}
	}}).start(t)
	m := New(Config{Gateway: func() (netip.Addr, error) { return r.orders().Addr(), nil },
		controlPort: r.orders().Port(), searchPort: r.search().Port()})
	m.Map(TCP, 40001)
	<-m.Changed()
	silent.Store(true)
	began := time.Now()
	m.Close()
	if took := time.Since(began); took > leaveTime+2*time.Second {
		t.Errorf("it took %v", took)
	}
}

// Fails if the end of a transfer waits for a router that has never answered.
func TestCloseOfARouterThatNeverAnswered(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 100)
	r := (&router{pcp: true, bend: func(_, _ []byte) [][]byte {
		asked <- struct{}{}
		return nil
	}}).start(t)
	m := New(Config{Gateway: func() (netip.Addr, error) { return r.orders().Addr(), nil },
		controlPort: r.orders().Port(), searchPort: r.search().Port()})
	m.Map(TCP, 40001)
	<-asked
	began := time.Now()
	m.Close()
	if took := time.Since(began); took >= leaveTime {
		t.Errorf("it took %v", took)
	}
}

// Fails if a router's answer that is none, or says what can't be, is taken for a
// mapping; if it makes us connect to anybody else; or if it costs much time or
// memory.
func TestHostileRouter(t *testing.T) {
	var elsewhere atomic.Int64
	other := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	other.Listener.Close()
	other.Listener = listenAt(t, "127.0.0.2:0")
	other.Start()
	t.Cleanup(func() {
		other.Close()
		if n := elsewhere.Load(); n > 0 {
			t.Errorf("it connected %d times to another host", n)
		}
	})
	patch := func(at int, with ...byte) func(_, answer []byte) [][]byte {
		return func(_, answer []byte) [][]byte {
			if answer != nil {
				copy(answer[at:], with)
			}
			return [][]byte{answer}
		}
	}
	for _, c := range []struct {
		name string
		r    *router
		want error
	}{
		{"PCP: another nonce", &router{pcp: true, bend: patch(24, 1, 2, 3)}, errSilent},
		{"PCP: another port", &router{pcp: true, bend: patch(40, 0, 1)}, errSilent},
		{"PCP: another protocol", &router{pcp: true, bend: patch(36, 17)}, errSilent},
		{"PCP: external port 0", &router{pcp: true, bend: patch(42, 0, 0)}, errStrange},
		{"PCP: refused", &router{pcp: true, bend: patch(3, 8)}, errRefused},
		{"PCP: lifetime 0", &router{pcp: true, bend: patch(4, 0, 0, 0, 0)}, errStrange},
		{"PCP: IPv6", &router{pcp: true, external: "2001:db8::1"}, errPrivate},
		{"PCP: cut", &router{pcp: true, bend: func(_, answer []byte) [][]byte { return [][]byte{answer[:min(len(answer), 59)]} }}, errSilent},
		{"PCP: a flood of other packets", &router{pcp: true, bend: func(b, _ []byte) [][]byte {
			return append([][]byte{bytes.Repeat([]byte("x"), 1400), {}}, bytes.Split(bytes.Repeat([]byte("ab"), 400), []byte("b"))...)
		}}, errSilent},
		{"external address in 10/8", &router{pmp: true, external: "10.1.2.3"}, errPrivate},
		{"external address of a carrier", &router{pcp: true, external: "100.64.7.7"}, errPrivate},
		{"external address is loopback", &router{upnp: 1, external: "127.0.0.1"}, errPrivate},
		{"external address is metadata", &router{pcp: true, external: "169.254.169.254"}, errPrivate},
		{"external address is multicast", &router{pcp: true, external: "224.0.0.1"}, errPrivate},
		{"UPnP: external address is a name", &router{upnp: 1, external: "router.example.org"}, errStrange},
		{"UPnP: description elsewhere", &router{upnp: 1, location: other.URL}, errSilent},
		{"UPnP: description at a name", &router{upnp: 1, location: "http://localhost/root.xml"}, errSilent},
		{"UPnP: description in a file", &router{upnp: 1, location: "file:///etc/passwd"}, errSilent},
		{"UPnP: a description that is an order", &router{upnp: 1, location: "SELF/goform/reboot"}, errSilent},
		{"UPnP: a description with a query", &router{upnp: 1, location: "SELF/root.xml?reboot=yes"}, errSilent},
		{"UPnP: a description with a user", &router{upnp: 1, location: "http://admin:admin@127.0.0.1:5000/root.xml"}, errSilent},
		{"UPnP: a description at another service", &router{upnp: 1, location: "http://127.0.0.1:6379/root.xml"}, errSilent},
		{"UPnP: a description with a line break", &router{upnp: 1, location: "SELF/a%0d%0aX:y/root.xml"}, errSilent},
		{"UPnP: orders with a query", &router{upnp: 1, control: "/control?page=reboot"}, errRefused},
		{"UPnP: orders with an empty query", &router{upnp: 1, control: "/control?"}, errRefused},
		{"UPnP: orders at another port", &router{upnp: 1, control: "http://127.0.0.1:8080/control"}, errRefused},
		{"UPnP: orders elsewhere", &router{upnp: 1, control: other.URL + "/control"}, errRefused},
		{"UPnP: orders to //host", &router{upnp: 1, control: strings.TrimPrefix(other.URL, "http:")}, errRefused},
		{"UPnP: no such service", &router{upnp: 7}, errRefused},
		{"UPnP: only for ever", &router{upnp: 1, fault: upnpOnlyForever}, errForever},
		{"UPnP: always taken", &router{upnp: 1, fault: upnpConflict}, errRefused},
		{"UPnP: not allowed", &router{upnp: 2, fault: 606}, errRefused},
		{"UPnP: redirected", &router{upnp: 1, page: func(w http.ResponseWriter, req *http.Request) {
			http.Redirect(w, req, other.URL, http.StatusFound)
		}}, errStrange},
		{"UPnP: endless text", &router{upnp: 1, page: endless("<a>")}, errStrange},
		{"UPnP: endless header", &router{upnp: 1, page: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X", strings.Repeat("x", 1<<20))
		}}, nil},
		{"UPnP: one byte a second", &router{upnp: 1, page: slowly}, nil},
		{"UPnP: bytes that aren't XML", &router{upnp: 1, page: func(w http.ResponseWriter, _ *http.Request) {
			w.Write([]byte("\x00\xff<<<>>>"))
		}}, errStrange},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := c.r.start(t)
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			began := time.Now()
			_, g, err := negotiate(ctx, r.orders(), r.search(), request{TCP, 40001, 40001})
			if err == nil {
				g, err = g.check()
			}
			if err == nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("grants %v, error %v, want %v", g, err, c.want)
			}
			if took := time.Since(began); took > 4*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	if now.HeapSys > 256<<20 {
		t.Errorf("the heap has grown to %d bytes", now.HeapSys)
	}
}

// Fails if what is asked for at the router's web server says more than where it is,
// or by whom it is asked; or if a computer that shares its connection, as Windows
// does, isn't found any more.
func TestAddressesOfRouters(t *testing.T) {
	const uuid = "uuid:01234567-89ab-cdef-0123-456789abcdef"
	router := netip.MustParseAddr("192.168.1.1")
	for address, want := range map[string]bool{
		"http://192.168.1.1/root.xml":                                            true,
		"http://192.168.1.1:49152/49652gatedesc.xml":                             true,
		"http://192.168.1.1:2869/upnphost/udhisapi.dll?content=" + uuid:          true,
		"http://192.168.1.1:5431/dyndev/" + uuid:                                 true,
		"http://192.168.1.1:8080/admin/users/delete?id=1&confirm=yes":            false,
		"http://192.168.1.1/cgi-bin/reboot":                                      false,
		"http://192.168.1.1:2869/upnphost/udhisapi.dll?content=" + uuid + "&a=b": false,
		"http://192.168.1.1:22/root.xml":                                         false,
		"http://192.168.1.1:0/root.xml":                                          false,
		"http://192.168.1.1/" + strings.Repeat("x", 300) + ".xml":                false,
		"http://192.168.1.1/%0d%0aroot.xml":                                      false,
		"http://192.168.1.1/root.xml#x":                                          false,
		"https://192.168.1.1/root.xml":                                           false,
		"http://192.168.1.2/root.xml":                                            false,
		"http://192.168.1.1.evil.example/root.xml":                               false,
		"http://192.168.1.1:5000/root.xml?":                                      false,
		"http://192.168.1.1:5000//evil.example/root.xml":                         true, // a path, at the router
	} {
		got := parseSearchAnswer(fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nLOCATION: %s\r\n\r\n", address), router)
		if (got != nil) != want {
			t.Errorf("%s leads to %v", address, got)
		}
	}
}

// Fails if a request to the router isn't said to be ours.
func TestWhoAsksTheRouter(t *testing.T) {
	t.Parallel()
	agents := make(chan string, 16)
	r := (&router{upnp: 1, seen: func(req *http.Request) { agents <- req.Method + " " + req.UserAgent() }}).start(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, _, err := negotiate(ctx, r.orders(), r.search(), request{TCP, 40001, 40001}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"GET sesame", "POST sesame"} {
		if got := <-agents; got != want {
			t.Errorf("asked by %q, want %q", got, want)
		}
	}
}

func endless(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := io.WriteString(w, strings.Repeat(text, 1000)); err != nil {
				return
			}
		}
	}
}

func slowly(w http.ResponseWriter, req *http.Request) {
	for {
		io.WriteString(w, " ")
		w.(http.Flusher).Flush()
		select {
		case <-req.Context().Done():
			return
		case <-time.After(time.Second):
		}
	}
}

// Fails if a mapping isn't renewed in time, if one that ended is still told of, or
// if a router that gives nothing is asked too often.
func TestLease(t *testing.T) {
	start := time.Unix(1, 0)
	at := netip.MustParseAddrPort("203.0.113.9:40001")
	for _, c := range []struct {
		name string
		says func(now time.Duration) bool // whether the router grants
		want string                       // when it is asked in the first hour, s, and when there is a mapping
	}{
		{"always", func(time.Duration) bool { return true },
			"ask 0 300 600 900 1200 1500 1800; mapped 0-"},
		{"never", func(time.Duration) bool { return false },
			"ask 0 30 150 750 1350; mapped"},
		{"silent for a while", func(now time.Duration) bool { return now < 200*time.Second || now > 350*time.Second },
			"ask 0 300 375 675 975 1275 1575; mapped 0-"},
		{"gone after a while", func(now time.Duration) bool { return now < 200*time.Second || now > 1000*time.Second },
			"ask 0 300 375 431 473 505 528 546 559 569 577 583 588 593 598 600 630 750 1350 1650; mapped 0-600 1350-"},
	} {
		l := &lease{due: start}
		asked, mapped, was := "ask", "mapped", false
		for now := time.Duration(0); now < 1801*time.Second; {
			when := start.Add(now)
			l.expire(when)
			if !when.Before(l.due) {
				asked += fmt.Sprintf(" %d", int(now.Seconds()))
				if c.says(now) {
					l.granted(grant{at, lifetime}, when)
				} else {
					l.failed(when)
				}
			}
			if is := l.external.IsValid(); is != was {
				if is {
					mapped += fmt.Sprintf(" %d-", int(now.Seconds()))
				} else {
					mapped += fmt.Sprintf("%d", int(now.Seconds()))
				}
				was = is
			}
			now = max(l.wake().Sub(start), now)
		}
		if got := asked + "; " + mapped; got != c.want {
			t.Errorf("%s:\n%s, want\n%s", c.name, got, c.want)
		}
	}
}

// However an answer looks, it is one to our request or none.
func FuzzControl(f *testing.F) {
	r := request{TCP, 40001, 40001}
	nonce := [pcpNonce]byte{1, 2, 3}
	answer := pcpRequest(r, nonce, netip.MustParseAddr("192.168.1.2"), lifetime)
	answer[1] |= pcpAnswer
	f.Add(answer)
	f.Add([]byte{0, 128, 0, 1, 0, 0, 0, 1})
	f.Add([]byte{0, 128, 0, 0, 0, 0, 0, 1, 203, 0, 113, 9})
	f.Add([]byte{0, 130, 0, 0, 0, 0, 0, 1, 0x9c, 0x41, 0x9c, 0x41, 0, 0, 2, 0x58})
	f.Fuzz(func(t *testing.T, b []byte) {
		if g, ours, err := parsePCP(b, r, nonce); err == nil && ours {
			if len(b) < pcpSize || !bytes.Equal(b[24:36], nonce[:]) {
				t.Errorf("PCP takes %x", b)
			}
			if g, err := g.check(); err == nil && (!public(g.external) || g.life <= 0 || g.life > 24*time.Hour) {
				t.Errorf("PCP grants %v", g)
			}
		}
		if ip, ours, err := parsePMPAddress(b); err == nil && ours && !ip.Is4() {
			t.Errorf("NAT-PMP: address %v of %x", ip, b)
		}
		if _, _, ours, err := parsePMPMap(b, r); err == nil && ours && (b[8] != 0x9c || b[9] != 0x41) {
			t.Errorf("NAT-PMP takes %x", b)
		}
	})
}

// Whatever a description or a search's answer says, it leads to the router.
func FuzzUPnP(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nLOCATION: http://192.168.1.1:5000/root.xml\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nLOCATION: http://192.168.1.1@evil.example/\r\n\r\n"))
	f.Add(fmt.Appendf(nil, description, 1, "/control"))
	f.Add(fmt.Appendf(nil, description, 2, "http://evil.example/"))
	router := netip.MustParseAddr("192.168.1.1")
	base := &url.URL{Scheme: "http", Host: "192.168.1.1:5000", Path: "/root.xml"}
	f.Fuzz(func(t *testing.T, b []byte) {
		if u := parseSearchAnswer(b, router); u != nil && !at(u, router) {
			t.Errorf("a search leads to %v", u)
		}
		if len(b) > maxText {
			return
		}
		if _, u, err := parseDescription(b, base); err == nil && !at(u, router) {
			t.Errorf("a description leads to %v", u)
		}
	})
}
