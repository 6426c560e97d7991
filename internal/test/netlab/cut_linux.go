package netlab

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"sesame/internal/test/lab"
)

// Cut cuts the ways between two addresses, in both directions, on their way
// through i. The addresses are those that i sees: of routers, for hosts behind
// them.
func (i *Internet) Cut(t testing.TB, a, b netip.Addr, how lab.Cut) {
	t.Helper()
	family := "ip"
	if a.Is6() {
		family = "ip6"
	}
	i.Rules(t, fmt.Sprintf(`table inet cut {
	chain forward {
		type filter hook forward priority 0
		tcp flags & rst == rst accept comment "what Reject says"
		%[1]s saddr %[2]s %[1]s daddr %[3]s %[4]s
		%[1]s saddr %[3]s %[1]s daddr %[2]s %[4]s
	}
}
`, family, a, b, how))
}

// Mend undoes every Cut of i.
func (i *Internet) Mend(t testing.TB) {
	t.Helper()
	i.Rules(t, "delete table inet cut")
}

// Forward adds rules, one a line, for what i or a router forwards. They come
// before others, and what they accept is looked at by those, too. Each line is in
// the language of nft.
func Forward(t testing.TB, s *lab.Stack, rules ...string) {
	t.Helper()
	s.Rules(t, fmt.Sprintf(`table inet forward {
	chain forward {
		type filter hook forward priority -10
		%s
	}
}
`, strings.Join(rules, "\n\t\t")))
}
