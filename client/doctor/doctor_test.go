package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"sesame/client"
	"sesame/rendezvous"
	"sesame/transit/natkind"
	"sesame/transit/survey"
)

// judged returns what a judge makes of facts.
func judged(operator bool, facts ...survey.Fact) (all []Finding) {
	j := &judge{operator: operator, tell: func(f Finding) { all = append(all, f) }}
	for _, f := range facts {
		j.hear(f)
	}
	return all
}

// codes are those of findings, with those of the parts in their arguments.
func codes(all []Finding) (list []string) {
	for _, f := range all {
		text := string(f.Code)
		for _, a := range f.Args {
			if p, ok := a.(*client.Failure); ok && p != nil {
				if p.Code.Class() != client.ClassPart { // else it is why a connection failed
					text += " " + string(p.Code)
				}
			}
		}
		list = append(list, text)
	}
	return list
}

// Fails if a fact is taken for something else than it is. Each code of the list but
// the parts is reached from here or from TestConclusion.
func TestJudgement(t *testing.T) {
	refused := &rendezvous.ConnectError{Host: "a", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	expired := x509.CertificateInvalidError{Reason: x509.Expired, Cert: &x509.Certificate{}}
	ip := netip.MustParseAddr
	seen := func(mapped string, r natkind.Result) survey.Seen {
		r.Asked, r.Answered, r.Mapped = 1, 1, netip.AddrPortFrom(ip(mapped), 1)
		return survey.Seen{Result: r}
	}
	nat := func(r natkind.Result) survey.View {
		r.Translated = true
		return survey.View{Named: 1, V4: seen("203.0.113.7", r)}
	}
	silent := survey.Seen{Result: natkind.Result{Asked: 1}}
	here := survey.Addresses{All: []survey.Address{{IP: ip("192.168.1.2")}}}
	day := 24 * time.Hour
	reached := map[client.Code]bool{}
	for _, c := range []struct {
		operator bool
		facts    []survey.Fact
		want     []string
	}{
		{false, []survey.Fact{survey.Addresses{}, survey.Routes{}}, []string{"addresses-none"}},
		{false, []survey.Fact{survey.Addresses{Err: os.ErrPermission}, survey.Routes{}}, []string{"addresses-unknown"}},
		{false, []survey.Fact{here, survey.Routes{}}, []string{"addresses", "routes-none"}},
		{false, []survey.Fact{here, survey.Routes{V4: ip("192.168.1.2")}}, []string{"addresses", "routes route-direct route-no-ipv6"}},
		{false, []survey.Fact{here, survey.Routes{V4: ip("192.168.1.2"), Router: ip("192.168.1.1"), V6: ip("2001:db8::1")}}, []string{"addresses", "routes route-router route-ipv6"}},
		{false, []survey.Fact{here, survey.Routes{V6: ip("2001:db8::1")}}, []string{"addresses", "routes route-no-ipv4 route-ipv6"}},
		{false, []survey.Fact{survey.Proxy{Through: "p"}, survey.Proxy{Variable: "HTTP_PROXY"}, survey.Proxy{}}, []string{"proxy-used", "proxy-other", "proxy-elsewhere"}},
		{false, []survey.Fact{survey.Multicast{}, survey.Multicast{Interfaces: []string{"eth0"}}}, []string{"multicast-none", "multicast"}},

		{false, []survey.Fact{survey.Mailbox{}}, []string{"server-speaks"}},
		{false, []survey.Fact{survey.Mailbox{Err: refused}}, []string{"server-unreached"}},
		{false, []survey.Fact{survey.Mailbox{Err: context.DeadlineExceeded}}, []string{"server-silent"}},
		{false, []survey.Fact{survey.Mailbox{Err: &rendezvous.ConnectError{Host: "a", Err: context.DeadlineExceeded}}}, []string{"server-unreached"}},
		{false, []survey.Fact{survey.Mailbox{Err: &rendezvous.ConnectError{Host: "a", Err: expired}}}, []string{"server-clock"}},
		{false, []survey.Fact{survey.Mailbox{Err: &rendezvous.WelcomeError{Message: "no"}}}, []string{"server-turns-away"}},

		{false, []survey.Fact{survey.Page{Time: true, Ahead: 20 * time.Second}, survey.Page{Time: true, Ahead: -20 * time.Second}}, []string{"clock", "clock"}},
		{false, []survey.Fact{survey.Page{Time: true, Ahead: time.Hour}, survey.Page{Time: true, Ahead: -time.Hour}, survey.Page{Err: refused}}, []string{"clock-fast", "clock-slow", "clock-unknown"}},
		{true, []survey.Fact{survey.Page{Err: refused}, survey.Page{Err: expired}}, []string{"http-fails", "http-fails advise-clock"}},
		{true, []survey.Fact{survey.Page{}}, []string{"tls-none", "clock-unknown"}},
		{true, []survey.Fact{survey.Page{TLS: tls.VersionTLS13, Valid: 5*day + time.Hour}}, []string{"certificate-ends", "clock-unknown"}},
		{true, []survey.Fact{survey.Page{TLS: tls.VersionTLS13, Valid: 13*day + time.Hour}}, []string{"certificate-ends", "clock-unknown"}},
		{true, []survey.Fact{survey.Page{TLS: tls.VersionTLS13, Valid: 14*day + time.Hour}}, []string{"tls", "clock-unknown"}},

		{true, []survey.Fact{survey.Name{Host: "a", Err: os.ErrNotExist}}, []string{"name-fails"}},
		{true, []survey.Fact{survey.Name{Host: "a", IPs: []netip.Addr{ip("192.0.2.1"), ip("2001:db8::1")}}}, []string{"name"}},
		{true, []survey.Fact{survey.Name{Host: "a", IPs: []netip.Addr{ip("192.0.2.1")}}}, []string{"name-only-ipv4"}},
		{true, []survey.Fact{survey.Name{Host: "192.0.2.1", IPs: []netip.Addr{ip("192.0.2.1")}}}, []string{"name"}},
		{true, []survey.Fact{survey.Name{Host: "a", IPs: []netip.Addr{ip("2001:db8::1")}}}, []string{"name-only-ipv6"}},
		{true, []survey.Fact{survey.Welcome{}, survey.Welcome{URL: "ws://a"}, survey.Welcome{STUN: []string{"a:1"}}}, []string{"announces-nothing", "announces", "announces"}},

		{false, []survey.Fact{survey.Relay{}, survey.Relay{Err: refused}, survey.Relay{Err: expired}}, []string{"relay-joins", "relay-fails advise-relay", "relay-fails advise-clock"}},
		{true, []survey.Fact{survey.Relay{At: "a", Err: errors.Join(survey.ErrTickets, errors.New("another address"))}}, []string{"relay-tickets"}},
		{false, []survey.Fact{survey.Relay{Err: errors.Join(nil, survey.ErrHungUp)}, survey.Relay{Err: errors.Join(survey.NoRelayError{Said: "x"})}, survey.Relay{Err: survey.NoRelayError{Status: 404}}}, []string{"relay-hangs-up advise-relay", "relay-odd advise-relay", "relay-status advise-relay"}},
		{true, []survey.Fact{survey.Relay{Err: refused}}, []string{"relay-fails advise-port"}},
		{false, []survey.Fact{survey.Relay{Err: x509.UnknownAuthorityError{}}, survey.Relay{Err: x509.HostnameError{Host: "a", Certificate: &x509.Certificate{}}}, survey.Relay{Err: x509.SystemRootsError{}}, survey.Relay{Err: tls.RecordHeaderError{}}},
			[]string{"relay-fails advise-own", "relay-fails advise-between", "relay-fails advise-roots", "relay-fails advise-plain"}},

		{false, []survey.Fact{survey.View{Barred: true}}, []string{"nat-barred"}},
		{false, []survey.Fact{survey.Mailbox{Err: refused}, survey.View{}}, []string{"server-unreached", "nat-no-server", "ipv6-none"}},
		{false, []survey.Fact{survey.Mailbox{}, survey.View{}}, []string{"server-speaks", "nat-no-stun", "ipv6-none"}},
		{false, []survey.Fact{survey.View{Named: 1}}, []string{"nat-no-ipv4", "ipv6-none"}},
		{false, []survey.Fact{survey.View{Named: 1, V4: silent}}, []string{"udp-blocked", "ipv6-none"}},
		{false, []survey.Fact{survey.View{Named: 1, V4: seen("192.168.1.2", natkind.Result{})}}, []string{"nat-near", "ipv6-none"}},
		{false, []survey.Fact{survey.View{Named: 1, V4: seen("203.0.113.7", natkind.Result{Filtering: natkind.EndpointIndependent})}}, []string{"nat-none nat-endpoint-independent", "ipv6-none"}},
		{false, []survey.Fact{nat(natkind.Result{Mapping: natkind.PortIndependent})}, []string{"nat nat-port-independent nat-unknown", "ipv6-none"}},
		{false, []survey.Fact{nat(natkind.Result{Mapping: natkind.AddressDependent, Filtering: natkind.AddressAndPortDependent})}, []string{"nat-symmetric nat-address-dependent nat-address-port-dependent", "ipv6-none"}},
		{false, []survey.Fact{survey.View{Route6: true}}, []string{"nat-no-server", "ipv6-unasked"}},
		{false, []survey.Fact{survey.View{Route6: true, V6: silent}}, []string{"nat-no-server", "ipv6-silent"}},
		{false, []survey.Fact{survey.View{Route6: true, V6: seen("2001:db8::1", natkind.Result{})}}, []string{"nat-no-server", "ipv6 nat-unknown"}},

		{false, []survey.Fact{survey.Mapping{}, survey.Mapping{Router: true, Err: os.ErrPermission}, survey.Mapping{Router: true}}, []string{"mapping-no-router", "mapping-fails", "mapping-none"}},
		{false, []survey.Fact{survey.Mapping{Router: true, At: ip("10.0.0.1")}, survey.Mapping{Router: true, At: ip("203.0.113.7")}}, []string{"mapping-nested", "mapping"}},

		{true, []survey.Fact{survey.View{Barred: true}}, []string{"stun-barred"}},
		{true, []survey.Fact{survey.Port{Server: "a", V4: silent}}, []string{"stun-silent"}},
		{true, []survey.Fact{survey.Port{Server: "a", V4: silent, V6: seen("2001:db8::1", natkind.Result{})}}, []string{"stun-half stun-answers family-ipv4"}},
		{true, []survey.Fact{survey.Port{Server: "a", V4: seen("192.0.2.1", natkind.Result{}), V6: silent}}, []string{"stun-half stun-answers family-ipv6"}},
		{true, []survey.Fact{survey.Port{Server: "a", V4: seen("192.0.2.1", natkind.Result{})}}, []string{"stun"}},
	} {
		found := judged(c.operator, c.facts...)
		if got := codes(found); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %q, want %q", c.facts, got, c.want)
		}
		for _, f := range found {
			reached[f.Code] = true
			checkArgs(t, f.Code, f.Args)
		}
	}
	for _, e := range findings() {
		if !reached[e.Code] {
			t.Errorf("nothing leads to %s", e.Code)
		}
	}
}

// checkArgs fails the test if a code of the list has other arguments than it says.
func checkArgs(t *testing.T, code client.Code, args []any) {
	t.Helper()
	i := slices.IndexFunc(Codes(), func(e Entry) bool { return e.Code == code })
	if i >= 0 && len(Codes()[i].Args) != len(args) {
		t.Errorf("%s has the arguments %v, want %q", code, args, Codes()[i].Args)
	}
	for _, a := range args {
		switch a := a.(type) {
		case *client.Failure:
			if a != nil {
				checkArgs(t, a.Code, a.Args)
			}
		case []*client.Failure:
			for _, p := range a {
				checkArgs(t, p.Code, p.Args)
			}
		case string, []string, int, error, time.Duration, time.Time:
		default:
			t.Errorf("%s has an argument %T", code, a)
		}
	}
}

// Fails if more addresses are named than anybody reads, or one loses its sort.
func TestAddresses(t *testing.T) {
	var all []survey.Address
	for i := range 15 {
		all = append(all, survey.Address{IP: netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), Sort: survey.Sort(i % 4), Interface: "eth0"})
	}
	all[0].Interface = ""
	f := judged(false, survey.Addresses{All: all})[0]
	list := f.Args[0].([]*client.Failure)
	if len(list) != maxAddresses+1 || list[0].Code != Address || list[1].Code != AddressOn || list[12].Code != AddressMore || list[12].Args[0] != 3 {
		t.Errorf("%+v", list)
	}
	for i, want := range []client.Code{SortPublic, SortPrivate, SortCarrier, SortVPN} {
		if got := list[i].Args[1].(*client.Failure).Code; got != want {
			t.Errorf("%v: %s", all[i], got)
		}
	}
}

// Fails if an error that is told can't be looked into.
func TestCausesAreKept(t *testing.T) {
	err := fmt.Errorf("x: %w", context.DeadlineExceeded)
	f := judged(false, survey.Relay{At: "a", Err: err})[0]
	detail := f.Args[1].(*client.Failure)
	if detail.Code != client.ConnNoAnswer || !errors.Is(detail, context.DeadlineExceeded) {
		t.Errorf("%v", detail)
	}
}

// Fails if a page that wants a log-in first, where a server should be, isn't told.
func TestPortal(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<h1>Please log in</h1>")
	}))
	defer web.Close()
	c, err := client.New(&client.Config{Server: "ws://" + web.Listener.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	var all []Finding
	d := Server(t.Context(), c, func(f Finding) { all = append(all, f) })
	if got, want := codes(all), []string{"name", "server-none", "tls-none", "clock"}; !slices.Equal(got, want) || all[1].State != Problem {
		t.Errorf("%q, want %q", got, want)
	}
	if d.State != Problem || d.Code != ServerProblems || d.Args[0] != 1 {
		t.Errorf("%+v", d)
	}
}
