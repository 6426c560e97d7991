package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"sesame/client"
	"sesame/internal/proxy"
	"sesame/internal/reason"
	"sesame/rendezvous"
	"sesame/rendezvous/local"
	"sesame/transfer"
)

// Fails if people read something else of why there is no connection than what stands in
// a log, or a code is left out: each of them is reached from here.
func TestConnectionsAreSaidAsInLogs(t *testing.T) {
	from := time.Date(2020, 1, 2, 3, 4, 0, 0, time.UTC)
	names := func(all ...string) error {
		return x509.HostnameError{Host: "r.example", Certificate: &x509.Certificate{DNSNames: all}}
	}
	var all []error
	for _, err := range []error{
		os.NewSyscallError("connect", syscall.ECONNREFUSED), syscall.ECONNRESET, io.EOF, syscall.EHOSTUNREACH, context.DeadlineExceeded,
		syscall.EADDRINUSE, syscall.EADDRNOTAVAIL, syscall.EAFNOSUPPORT, syscall.EACCES,
		&net.DNSError{Err: "no such host", IsNotFound: true}, &net.DNSError{Err: "server misbehaving"},
		x509.CertificateInvalidError{Reason: x509.Expired, Cert: &x509.Certificate{NotBefore: from, NotAfter: from.AddDate(1, 0, 0)}},
		x509.CertificateInvalidError{Reason: x509.NotAuthorizedToSign},
		names("a.example"), names("a.example", "b.example", "c.example", "d.example"), names(),
		x509.UnknownAuthorityError{}, x509.SystemRootsError{}, tls.RecordHeaderError{}, errors.New("odd"),
	} {
		all = append(all, &rendezvous.ConnectError{Host: "r.example:443", Err: err})
	}
	for kind := rendezvous.WebPage; kind <= rendezvous.RedirectsOn; kind++ {
		all = append(all, &rendezvous.ConnectError{Host: "r.example", Err: &rendezvous.NoMailboxError{Kind: kind, Status: 403, Host: "login.example"}})
	}
	cause := reason.Find(syscall.ECONNREFUSED)
	for why := proxy.Misnamed; why <= proxy.CantConnectAs; why++ {
		e := &proxy.Error{Source: "HTTPS_PROXY", Why: why, At: "192.0.2.1:3128", To: "r.example:443", Said: "403 Forbidden", Methods: []string{"NTLM", "Negotiate"}, Cause: cause}
		all = append(all, e)
	}
	all = append(all, &proxy.Error{Source: "--proxy", Why: proxy.Refuses, At: "192.0.2.1:3128", To: "r.example:443"}, local.ErrTaken,
		&rendezvous.ConnectError{Host: "r.example", Err: &proxy.Error{Tor: true, Why: proxy.NotReached, At: "127.0.0.1:9050", Cause: cause}})

	reached := map[client.Code]bool{}
	var note func(f *client.Failure)
	note = func(f *client.Failure) {
		reached[f.Code] = true
		for _, a := range f.Args {
			if within, ok := a.(*client.Failure); ok {
				note(within)
			}
		}
	}
	for _, err := range all {
		f := client.Connection(err)
		note(f)
		if text, _ := say(f.Code, f.Args); text != plain(err.Error()) || !errors.Is(f, err) {
			t.Errorf("%q, but in logs %q", text, err)
		}
	}
	for _, some := range []map[client.Code]wording{whyUnconnected(), whatIsInstead(), whatProxiesSay()} {
		for code := range some {
			if !reached[code] && code != client.ConnStill { // of contents that cross
				t.Errorf("nothing leads to %s", code)
			}
		}
	}
}

// Fails if people read of something else that didn't come than logs say.
func TestWhatIsLateIsSaidAsInLogs(t *testing.T) {
	reached := map[client.Code]bool{}
	for what := rendezvous.AwaitGreeting; what <= rendezvous.AwaitOvertaken; what++ {
		err := &rendezvous.TimeoutError{What: what, After: 30 * time.Second}
		f := client.Explain(err)
		text, _ := say(f.Code, f.Args)
		if want := plain(what.String()) + " didn't come within 30s"; f.Code != client.Late || text != want {
			t.Errorf("%s: %q, want %q", f.Code, text, want)
		}
		reached[f.Args[0].(*client.Failure).Code] = true
	}
	for what := transfer.AwaitOffer; what <= transfer.AwaitReceipt; what++ {
		f := client.Explain(&transfer.LateError{What: what, After: 30 * time.Second})
		if f.Code != client.Late {
			t.Errorf("%d is %s", what, f.Code)
		}
		reached[f.Args[0].(*client.Failure).Code] = true
	}
	if len(reached) != len(whatIsLate()) {
		t.Errorf("%d of %d codes are reached", len(reached), len(whatIsLate()))
	}
}
