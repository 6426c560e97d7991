package addr

import (
	"net/url"
	"testing"
)

func TestSplit(t *testing.T) {
	for text, want := range map[string]struct {
		host string
		port uint16
	}{
		"relay.example.org:4001": {"relay.example.org", 4001},
		"192.0.2.1:1":            {"192.0.2.1", 1},
		"[2001:db8::1]:65535":    {"2001:db8::1", 65535},
		"[fe80::1%eth0]:80":      {"fe80::1%eth0", 80},
	} {
		host, port, err := Split(text)
		if err != nil || host != want.host || port != want.port {
			t.Errorf("%s is %q %d, %v", text, host, port, err)
		}
		if got := Join(host, port); got != text {
			t.Errorf("%s became %s", text, got)
		}
	}
	for _, text := range []string{"", "host", ":80", "host:", "host:0", "host:65536", "host:-1", "host:+1", "host:http", "2001:db8::1", "2001:db8::1:80", "[::1]", "host:80:80", "host: 80"} {
		if host, port, err := Split(text); err != ErrForm {
			t.Errorf("%q is %q %d, %v", text, host, port, err)
		}
	}
}

func TestSplitListen(t *testing.T) {
	for _, text := range []string{":4000", "127.0.0.1:0", "[::1]:http", ":"} {
		if _, _, err := SplitListen(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"", "4000", "host", "::1"} {
		if _, _, err := SplitListen(text); err != ErrForm {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestOfURL(t *testing.T) {
	for text, want := range map[string]string{
		"ws://relay.example.org/v1": "relay.example.org:80", "WSS://relay.example.org/": "relay.example.org:443",
		"ws://[2001:db8::1]:4000/v1": "[2001:db8::1]:4000", "https://192.0.2.1": "192.0.2.1:443",
		"ws://host:0/": "", "ws://host:65536/": "", "ws:///v1": "", "ws://:80/": "", "ftp://host/": "", "ftp://host:21/": "host:21", "": "",
	} {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := JoinURL(u); got != want {
			t.Errorf("%q leads to %q, want %q", text, got, want)
		}
	}
}

func TestHost(t *testing.T) {
	for text, want := range map[string]string{"host:80": "host", "host": "host", "[::1]:80": "::1", "[::1]": "[::1]", "": ""} {
		if got := Host(text); got != want {
			t.Errorf("%q is of %q, want %q", text, got, want)
		}
	}
}
