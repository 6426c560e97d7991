//go:build linux

package reach

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sesame/internal/test/netlab"
)

var everyPair = flag.Bool("every", false, "try every kind of NAT with every other, not just a few")

// throughNAT is what the programs call a path that was punched.
const throughNAT = "direct, through NAT"

// A kind is a sort of network that a computer can be in.
type kind struct {
	name string
	nats []netlab.NAT // from the Internet inwards; none for a public address
}

var kinds = []kind{
	{"open", nil},
	{"full cone", []netlab.NAT{netlab.FullCone}},
	{"address-restricted", []netlab.NAT{netlab.AddressRestricted}},
	{"port-restricted", []netlab.NAT{netlab.PortRestricted}},
	{"symmetric", []netlab.NAT{netlab.Symmetric}},
	{"symmetric, no UDP", []netlab.NAT{netlab.SymmetricNoUDP}},
	{"carrier's over own", []netlab.NAT{netlab.CarrierGrade, netlab.PortRestricted}},
	{"answers", []netlab.NAT{netlab.Answering}},
	{"rejects", []netlab.NAT{netlab.Rejecting}},
}

// host makes a computer in such a one.
func (k kind) host(t *testing.T, i *netlab.Internet) *netlab.Host {
	var at netlab.Network = i
	for _, nat := range k.nats {
		at = netlab.NewRouter(t, at, nat, ipv4)
	}
	return netlab.NewHost(t, at, ipv4)
}

// nat returns what all the NATs in front of k do together: a mapping, and a
// filter, that is as strict as the strictest of them.
func (k kind) nat() (all netlab.NAT) {
	for _, nat := range k.nats {
		all.Mapping, all.Filtering = max(all.Mapping, nat.Mapping), max(all.Filtering, nat.Filtering)
		all.NoUDP = all.NoUDP || nat.NoUDP
	}
	return all
}

// theory says which path two kinds of places allow. Who is in the open can be
// dialled. Otherwise both sides must send to where the other's packets come from:
// each knows that if the other's mapping is endpoint-independent; if it isn't, the
// packets come from an unknown port, and the filter must not depend on that. Where
// there is no UDP, TCP can be opened on the same terms.
func theory(a, b kind, relay string) string {
	if len(a.nats) == 0 || len(b.nats) == 0 {
		return direct
	}
	x, y := a.nat(), b.nat()
	opens := func(mapping, filtering netlab.Behavior) bool {
		return mapping == netlab.EndpointIndependent || filtering != netlab.AddressAndPortDependent
	}
	if !opens(x.Mapping, y.Filtering) || !opens(y.Mapping, x.Filtering) {
		return relay
	}
	if x.Mapping != netlab.EndpointIndependent && y.Mapping != netlab.EndpointIndependent {
		return relay // neither knows a port of the other
	}
	return throughNAT
}

// few are the pairs that are always tried: one for each reason why there is a way
// or isn't.
var few = []string{
	"port-restricted to port-restricted", "symmetric to address-restricted", "full cone to carrier's over own",
	"port-restricted to symmetric", "symmetric, no UDP to open",
}

// sorts are the names that --verbose has for paths.
var sorts = map[string]string{direct: "direct", throughNAT: "nat"}

// Fails if two programs don't come to the best path that their NATs allow, or to one that
// these don't.
//
//	         Internet ── server
//	   ┌────────┴────────┐
//	[NATs]            [NATs]      none, one, or two in a row
//	   │                 │
//	sender           receiver
func TestEveryKindToEveryOther(t *testing.T) {
	table := newPathTable()
	for _, from := range kinds {
		for _, to := range kinds {
			name := from.name + " to " + to.name
			if !*everyPair && !slices.Contains(few, name) {
				continue
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				i := netlab.NewInternet(t)
				m := meetAt(t, netlab.NewHost(t, i, ipv4))
				sender, receiver := from.host(t, i), to.host(t, i)
				want := theory(from, to, m.relayed())
				sort, relays := sorts[want], want == m.relayed()
				if relays {
					sort = "relay-tcp"
				}
				begun := time.Now()
				m.transfer(sender, receiver, 5<<20, "--limit", "1M", "--verbose")
				m.linked(quickly, sort)
				took := time.Since(begun)
				m.arrived()
				for _, p := range m.both() {
					if all := lanes(p); relays && slices.ContainsFunc(all, func(s string) bool { return s != sort }) {
						t.Errorf("it had lanes %q, which theory doesn't allow", all)
					} else if want == throughNAT && slices.Contains(all, sorts[direct]) {
						t.Errorf("it had lanes %q, though there is a NAT", all)
					}
				}
				table.note(from, to, want, took)
			})
		}
	}
	t.Cleanup(func() { t.Log("\n" + table.String()) })
}

// A pathTable is what doc/reach.md shows. It may be used by several tests at a
// time.
type pathTable struct {
	mu    sync.Mutex
	cells map[[2]string]string
}

func newPathTable() *pathTable { return &pathTable{cells: map[[2]string]string{}} }

func (p *pathTable) note(from, to kind, path string, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	word := map[string]string{direct: "direct", throughNAT: "**through NAT**"}[path]
	if word == "" {
		word = "relay"
	}
	p.cells[[2]string{from.name, to.name}] = fmt.Sprintf("%s, %.1f s", word, took.Seconds())
}

func (p *pathTable) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var b strings.Builder
	b.WriteString("| sender, receiver |")
	for _, to := range kinds {
		b.WriteString(" " + to.name + " |")
	}
	b.WriteString("\n|---" + strings.Repeat("|---", len(kinds)) + "|\n")
	for _, from := range kinds {
		b.WriteString("| " + from.name + " |")
		for _, to := range kinds {
			b.WriteString(" " + p.cells[[2]string{from.name, to.name}] + " |")
		}
		b.WriteString("\n")
	}
	return b.String()
}
