//go:build !js

package reason

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
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
