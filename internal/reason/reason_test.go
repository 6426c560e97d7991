//go:build !js

package reason

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Fails if what a person reads of an error is its wrapping, too much, or unsafe.
func TestOf(t *testing.T) {
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	for _, c := range []struct {
		err  error
		want string
	}{
		{dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), "connection refused"},
		{fmt.Errorf("x: %w", dial(&net.DNSError{Err: "no such host", Name: "nowhere.invalid", IsNotFound: true})), "there is no such name"},
		{dial(&net.DNSError{Err: "server misbehaving", Name: "nowhere.invalid"}), "its name can't be looked up: server misbehaving"},
		{fmt.Errorf("x: %w", context.DeadlineExceeded), "no answer"},
		{dial(os.ErrDeadlineExceeded), "no answer"},
		{x509.HostnameError{Host: "relay.example.org", Certificate: &x509.Certificate{DNSNames: []string{"a.example", "b.example", "c.example", "d.example"}}},
			"its certificate is for a.example, b.example, c.example and others, not for relay.example.org"},
		{x509.HostnameError{Host: "relay.example.org", Certificate: &x509.Certificate{DNSNames: []string{"\x1b[2J"}}}, `its certificate is for \u{1b}[2J, not for relay.example.org`},
		{x509.HostnameError{Host: "relay.example.org", Certificate: &x509.Certificate{}}, "its certificate is for no name at all, not for relay.example.org"},
		{x509.SystemRootsError{}, "this computer has no list of authorities whose certificates it trusts"},
		{x509.CertificateInvalidError{Reason: x509.NotAuthorizedToSign}, "its certificate is invalid: x509: certificate is not authorized to sign other certificates"},
		{errors.New("odd\x1b[2J"), `odd\u{1b}[2J`},
	} {
		if got := Of(c.err); got != c.want {
			t.Errorf("%v: %q, want %q", c.err, got, c.want)
		}
	}
	if got := Of(errors.New(strings.Repeat("x", 10_000))); len(got) > 250 {
		t.Errorf("%d bytes of an endless text", len(got))
	}
}

// Fails if what a screen in another language needs of a cause is in its words alone.
func TestFind(t *testing.T) {
	from := time.Date(2020, 1, 2, 3, 4, 0, 0, time.UTC)
	expired := x509.CertificateInvalidError{Reason: x509.Expired, Cert: &x509.Certificate{NotBefore: from, NotAfter: from.AddDate(1, 0, 0)}}
	if c := Find(fmt.Errorf("x: %w", expired)); c.Kind != Expired || !c.From.Equal(from) || c.Until.Year() != 2021 || c.Now.IsZero() || !c.TLS() {
		t.Errorf("%+v", c)
	}
	named := x509.HostnameError{Host: "a\x1b", Certificate: &x509.Certificate{DNSNames: []string{"b\x1b", strings.Repeat("c", 1000)}, IPAddresses: []net.IP{{127, 0, 0, 1}}}}
	if c := Find(named); c.Kind != OtherName || c.Host != `a\u{1b}` || len(c.Names) != 3 || c.Names[0] != `b\u{1b}` || len(c.Names[1]) > 100 || !c.TLS() {
		t.Errorf("%+v", c)
	}
	for _, c := range []struct {
		err  error
		kind Kind
		tls  bool
	}{
		{x509.UnknownAuthorityError{}, Unsigned, true},
		{x509.SystemRootsError{}, NoRoots, true},
		{tls.RecordHeaderError{}, NotTLS, true},
		{x509.CertificateInvalidError{Reason: x509.TooManyIntermediates}, Invalid, false},
		{&net.DNSError{IsNotFound: true}, NoName, false},
		{&net.DNSError{Err: "server misbehaving"}, NoLookup, false},
		{&net.DNSError{IsTimeout: true}, Socket, false},
		{syscall.ECONNREFUSED, Socket, false},
		{errors.New("odd"), Other, false},
	} {
		if got := Find(c.err); got.Kind != c.kind || got.TLS() != c.tls {
			t.Errorf("%v: %+v", c.err, got)
		}
	}
}
