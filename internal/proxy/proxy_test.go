//go:build !js

package proxy

import (
	"fmt"
	"strings"
	"testing"
)

// What a URL means. Fails if one is read wrongly, or if an error or a name
// shows what it must not.
func TestParse(t *testing.T) {
	for _, c := range []struct {
		text string
		want string // kind, address, user and password; or the error
	}{
		{"http://proxy.example.org:3128", "1 proxy.example.org:3128  "},
		{"proxy.example.org:3128", "1 proxy.example.org:3128  "},
		{"proxy.example.org", "1 proxy.example.org:80  "},
		{"https://proxy.example.org", "2 proxy.example.org:443  "},
		{"socks5://192.0.2.1", "3 192.0.2.1:1080  "},
		{"socks5h://192.0.2.1:9050", "3 192.0.2.1:9050  "},
		{"socks://192.0.2.1:1080/", "3 192.0.2.1:1080  "},
		{"SOCKS5H://192.0.2.1", "3 192.0.2.1:1080  "},
		{"http://[2001:db8::1]:3128", "1 [2001:db8::1]:3128  "},
		{"http://us%40er:s%3Acret@proxy.example.org:3128", "1 proxy.example.org:3128 us@er s:cret"},
		{"socks5h://user@192.0.2.1", "3 192.0.2.1:1080 user "},
		{"socks4://192.0.2.1", "begins with http"},
		{"ftp://192.0.2.1", "begins with http"},
		{"http://", "names no host"},
		{"http://user:secret@", "names no host"},
		{"http://user:secret@proxy.example.org:99999", "port"},
		{"http://user:secret@proxy.example.org:0", "port"},
		{"http://user:secret@proxy.example.org:x", "looks like"},
		{"http://user:secret@proxy.example.org/path", "more than"},
		{"http://user:secret@proxy.example.org?q", "more than"},
		{"http://user:secret@a\x1b[2J", "looks like"},
		{"http://user:secret@b%20c", "looks like"},
		{"http://user:secret@bücher.example", "names no host"},
		{"socks5://:secret@192.0.2.1", "1 to 255"},
		{"socks5://" + strings.Repeat("u", 256) + ":secret@192.0.2.1", "1 to 255"},
	} {
		s, err := Parse("HTTPS_PROXY", c.text)
		if err != nil {
			if text := err.Error(); !strings.Contains(text, c.want) || !strings.HasPrefix(text, "HTTPS_PROXY") || strings.Contains(text, "secret") {
				t.Errorf("%q: error %q", c.text, text)
			}
			continue
		}
		if got := fmt.Sprint(int(s.kind), " ", s.address(), " ", s.user, " ", s.password); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
		if shown := fmt.Sprint(s, s.fail(HungUp)); strings.Contains(shown, "er ") && strings.Contains(shown, "s:cret") {
			t.Errorf("%q shows as %q", c.text, shown)
		}
	}
}

// Fails if Tor would be asked by a name, or its connections could be linked.
func TestTor(t *testing.T) {
	for text, want := range map[string]string{
		"socks5h://127.0.0.1:9050":   "127.0.0.1:9050",
		"socks5h://localhost:9150":   "127.0.0.1:9150",
		"socks5h://[::1]:9050":       "[::1]:9050",
		"http://127.0.0.1:9050":      "",
		"socks5h://tor.example:9050": "",
	} {
		s, err := Parse("--proxy", text)
		if err != nil {
			t.Fatal(err)
		}
		tor, err := s.Tor()
		if (err == nil) != (want != "") {
			t.Errorf("%s: %v", text, err)
		}
		if err != nil {
			continue
		}
		if tor.address() != want || tor.String() != "Tor" {
			t.Errorf("%s: %v at %s", text, tor, tor.address())
		}
		again, _ := s.Tor()
		user1, password1 := tor.credentials("a.example:1")
		user2, password2 := tor.credentials("b.example:1")
		user3, _ := again.credentials("a.example:1")
		if user1 != user2 || password1 == password2 || user1 == user3 || len(user1) < 16 || s.user != "" {
			t.Errorf("%s: %q %q, %q %q, %q", text, user1, password1, user2, password2, user3)
		}
	}
	s, _ := Parse("--proxy", "socks5h://me:mine@127.0.0.1:9050")
	tor, _ := s.Tor()
	if user, password := tor.credentials("a.example:1"); user != "me" || password != "mine" {
		t.Errorf("%q %q", user, password)
	}
}

// Which way leads where, for each way in which an environment can be set.
func TestSettings(t *testing.T) {
	const relay, other, private, self = "relay.example.org:443", "other.example:4001", "10.1.2.3:4000", "127.0.0.1:4000"
	for _, c := range []struct {
		name string
		env  string
		want map[string]string // scheme and address to proxies
	}{
		{"nothing", "", map[string]string{"wss " + relay: "-", "ws " + relay: "-", "tcp " + relay: "-"}},
		{"HTTPS only", "HTTPS_PROXY=a:1", map[string]string{"wss " + relay: "a:1", "ws " + relay: "-", "tcp " + other: "- a:1"}},
		{"HTTP only", "HTTP_PROXY=a:1", map[string]string{"wss " + relay: "-", "ws " + relay: "a:1", "tcp " + other: "-"}},
		{"all", "ALL_PROXY=socks5h://a:1", map[string]string{"wss " + relay: "a:1", "ws " + relay: "a:1", "tcp " + other: "a:1"}},
		{"all, and HTTPS", "ALL_PROXY=socks5h://a:1 HTTPS_PROXY=b:2", map[string]string{"wss " + relay: "b:2", "ws " + relay: "a:1", "tcp " + other: "a:1"}},
		{"small letters win", "https_proxy=b:2 HTTPS_PROXY=a:1", map[string]string{"wss " + relay: "b:2"}},
		{"empty is unset", "https_proxy= HTTPS_PROXY=a:1", map[string]string{"wss " + relay: "a:1"}},
		{"exempt name", "ALL_PROXY=a:1 HTTPS_PROXY=b:2 NO_PROXY=example.org", map[string]string{"wss " + relay: "-", "tcp " + relay: "-", "tcp " + other: "a:1"}},
		{"exempt block", "ALL_PROXY=a:1 no_proxy=10.0.0.0/8", map[string]string{"ws " + private: "-", "tcp " + private: "-", "tcp " + other: "a:1"}},
		{"exempt spare", "HTTPS_PROXY=a:1 NO_PROXY=10.0.0.0/8", map[string]string{"tcp " + private: "-", "tcp " + other: "- a:1"}},
		{"all exempt", "ALL_PROXY=a:1 NO_PROXY=*", map[string]string{"wss " + relay: "-", "tcp " + other: "-"}},
		{"this computer", "ALL_PROXY=a:1", map[string]string{"ws " + self: "-", "tcp " + self: "-", "ws localhost:4000": "-"}},
		{"a CGI program", "HTTP_PROXY=a:1 REQUEST_METHOD=GET", map[string]string{"ws " + relay: "-"}},
	} {
		env := map[string]string{}
		for _, pair := range strings.Fields(c.env) {
			name, value, _ := strings.Cut(pair, "=")
			env[name] = value
		}
		s, err := FromEnvironment(func(name string) (string, bool) { v, ok := env[name]; return v, ok })
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for where, want := range c.want {
			scheme, addr, _ := strings.Cut(where, " ")
			var got []string
			for _, via := range s.Routes(scheme, addr) {
				if via == nil {
					got = append(got, "-")
				} else {
					got = append(got, via.address())
				}
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%s: %s by way of %q, want %q", c.name, where, got, want)
			}
		}
	}
	if _, err := FromEnvironment(func(name string) (string, bool) { return "socks4://user:secret@a", name == "ALL_PROXY" }); err == nil ||
		!strings.HasPrefix(err.Error(), "ALL_PROXY is not") || strings.Contains(err.Error(), "secret") {
		t.Errorf("a proxy that can't be used: %v", err)
	}
	one, _ := Parse("--proxy", "a:1")
	if ways := Always(one).Routes("ws", self); len(ways) != 1 || ways[0] != one {
		t.Errorf("with a proxy for all there is %v", ways)
	}
}

// Fails if somebody isn't told which variable is for a server whose proxy is another
// one's, or is told although nothing is ignored.
func TestUnused(t *testing.T) {
	for _, c := range []struct{ env, scheme, addr, want string }{
		{"HTTPS_PROXY=http://p:1", "ws", "a.example.org:80", "HTTPS_PROXY, HTTP_PROXY"},
		{"https_proxy=http://p:1", "ws", "a.example.org:80", "https_proxy, HTTP_PROXY"},
		{"HTTP_PROXY=http://p:1", "wss", "a.example.org:443", "HTTP_PROXY, HTTPS_PROXY"},
		{"HTTPS_PROXY=http://p:1", "wss", "a.example.org:443", ", "},
		{"HTTP_PROXY=http://p:1", "ws", "a.example.org:80", ", "},
		{"HTTPS_PROXY=http://p:1 HTTP_PROXY=http://p:2", "ws", "a.example.org:80", ", "},
		{"HTTPS_PROXY=http://p:1 ALL_PROXY=http://p:2", "ws", "a.example.org:80", ", "},
		{"HTTPS_PROXY=http://p:1 NO_PROXY=example.org", "ws", "a.example.org:80", ", "},
		{"HTTPS_PROXY=http://p:1", "ws", "127.0.0.1:4000", ", "},
		{"", "ws", "a.example.org:80", ", "},
	} {
		env := map[string]string{}
		for _, v := range strings.Fields(c.env) {
			name, text, _ := strings.Cut(v, "=")
			env[name] = text
		}
		s, err := FromEnvironment(func(name string) (string, bool) { text, ok := env[name]; return text, ok })
		if err != nil {
			t.Fatal(err)
		}
		ignored, wanted := s.Unused(c.scheme, c.addr)
		if got := ignored + ", " + wanted; got != c.want {
			t.Errorf("%s for %s://%s: %s, want %s", c.env, c.scheme, c.addr, got, c.want)
		}
	}
}
