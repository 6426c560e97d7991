package stamp

import (
	"crypto/sha1"
	"fmt"
	"strings"
	"testing"
	"time"
)

var epoch = time.Unix(1_700_000_000, 0)

// mint finds a stamp for a resource that has exactly so many bits at least.
func mint(bits int, resource string) string {
	for n := 0; ; n++ {
		if s := fmt.Sprintf("1:%d:231114:%s::rand:%d", bits, resource, n); zeros(sha1.Sum([]byte(s))) >= bits {
			return s
		}
	}
}

func TestCheck(t *testing.T) {
	d, other := New(10, "relay.example.org", epoch), New(10, "relay.example.org", epoch)
	if !strings.HasPrefix(d.Resource, "relay.example.org/") || !strings.HasSuffix(d.Resource, "/2023111422") || d.Resource == other.Resource {
		t.Errorf("%q, %q", d.Resource, other.Resource)
	}
	good := mint(10, d.Resource)
	lazy := ""
	for n := 0; lazy == "" || zeros(sha1.Sum([]byte(lazy))) >= 10; n++ {
		lazy = fmt.Sprintf("1:10:231114:%s::rand:%d", d.Resource, n)
	}
	for _, c := range []struct {
		name, stamp string
		want        error
	}{
		{"as it should be", good, nil},
		{"of more bits", mint(12, d.Resource), nil},
		{"of fewer", mint(9, d.Resource), ErrOther},
		{"for another connection", mint(10, other.Resource), ErrOther},
		{"without the work", lazy, ErrWork},
		{"empty", "", ErrForm},
		{"of version 0", "0" + good[1:], ErrForm},
		{"with a colon more", good + ":", ErrForm},
		{"with bits that are none", strings.Replace(good, "1:10:", "1:x:", 1), ErrOther},
		{"with bits below zero", strings.Replace(good, "1:10:", "1:-10:", 1), ErrOther},
		{"very long", good + strings.Repeat("0", 1<<20), ErrForm},
	} {
		if err := d.Check(c.stamp); err != c.want {
			t.Errorf("a stamp %s: %v, want %v", c.name, err, c.want)
		}
	}
}

// Fails when what a client calls the server breaks the form of its stamps.
func TestHostsThatAreNoNames(t *testing.T) {
	for _, host := range []string{"", "::1", "a:b", "a b", "\x1b[2J", strings.Repeat("a", 300), "ä.example"} {
		if r := New(1, host, epoch).Resource; !strings.HasPrefix(r, "relay/") {
			t.Errorf("%q: %q", host, r)
		}
	}
}

func FuzzCheck(f *testing.F) {
	d := New(8, "h", epoch)
	f.Add(mint(8, d.Resource))
	f.Add("1:8:231114:h::r:0")
	f.Fuzz(func(t *testing.T, s string) {
		if d.Check(s) == nil && (zeros(sha1.Sum([]byte(s))) < 8 || !strings.Contains(s, d.Resource)) {
			t.Errorf("%q passes", s)
		}
	})
}
