//go:build linux

package netlab_test

import (
	"errors"
	"syscall"
	"testing"
	"time"

	"sesame/internal/test/netlab"
)

// Fails if a router doesn't map and filter as its NAT says it does:
//
//	x (two ports)   y
//	└──────┬────────┘
//	    Internet ── Router ── Host
func TestNATIsOfItsKind(t *testing.T) {
	for _, test := range []struct {
		name string
		nat  netlab.NAT
	}{
		{"full cone", netlab.FullCone},
		{"address-restricted", netlab.AddressRestricted},
		{"port-restricted", netlab.PortRestricted},
		{"symmetric", netlab.Symmetric},
		{"of a carrier", netlab.CarrierGrade},
		{"rejecting", netlab.Rejecting},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			i := netlab.NewInternet(t)
			o := newObservers(t, i)
			router := netlab.NewRouter(t, i, test.nat, netlab.Wiring{})
			h := netlab.NewHost(t, router, netlab.Wiring{})
			if got := o.mapping(t, h); got != test.nat.Mapping {
				t.Errorf("its mapping of UDP is %v, want %v", got, test.nat.Mapping)
			}
			if got := o.filtering(t, h); got != test.nat.Filtering {
				t.Errorf("its filtering of UDP is %v, want %v", got, test.nat.Filtering)
			}
			inside := listen(t, h, 0)
			x1, x2, y1 := o.x1.connect(t, inside), o.x2.connect(t, inside), o.y1.connect(t, inside)
			if got := mappingOf(x1, x2, y1); got != test.nat.Mapping {
				t.Errorf("its mapping of TCP is %v, want %v", got, test.nat.Mapping)
			}
			other := listen(t, h, 0)
			outside := o.x1.connect(t, other)
			if got, want := o.y1.admits(t, outside), test.nat.Filtering == netlab.EndpointIndependent; got != want {
				t.Errorf("it lets TCP connections from anybody in: %v, want %v", got, want)
			}
			if got, want := o.x2.admits(t, outside), test.nat.Filtering != netlab.AddressAndPortDependent; got != want {
				t.Errorf("it lets TCP connections from other ports in: %v, want %v", got, want)
			}
		})
	}
}

// Fails if a router does something else with a packet that is for nobody than its NAT
// says, or remembers one that it shouldn't, or forgets one that it should remember:
// then our own packets to where that came from leave by another port.
//
//	x, y ── Internet ── Router ── Host
func TestUnexpected(t *testing.T) {
	for _, test := range []struct {
		name                string
		nat                 netlab.NAT
		refuses, remembered bool
	}{
		{"dropped", netlab.PortRestricted, false, false},
		{"answered", netlab.Answering, true, true},
		{"rejected", netlab.Rejecting, true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			i := netlab.NewInternet(t)
			o := newObservers(t, i)
			inside := listen(t, netlab.NewHost(t, netlab.NewRouter(t, i, test.nat, netlab.Wiring{}), netlab.Wiring{}), 0)
			outside := o.x1.seen(t, inside)
			o.y1.send(t, outside, "nobody asked for that")
			if text, _ := inside.receive(30 * time.Millisecond); text != "" {
				t.Fatal("it gets in")
			}
			if seen := o.y1.seen(t, inside); (seen != outside) != test.remembered {
				t.Errorf("y sees %v, and x had seen %v", seen, outside)
			}
			closed := listen(t, inside.on, 0)
			outsideTCP := o.x1.connect(t, closed)
			_, err := dial(o.y1.on.Stack, o.y1.at, outsideTCP, 150*time.Millisecond)
			if refused := errors.Is(err, syscall.ECONNREFUSED); err == nil || refused != test.refuses {
				t.Errorf("a connection from y: %v", err)
			}
		})
	}
}

// Fails if two NATs in a row map otherwise than the stricter of them.
//
//	x, y ── Internet ── carrier ── Router ── Host
func TestNATBehindNAT(t *testing.T) {
	i := netlab.NewInternet(t)
	o := newObservers(t, i)
	carrier := netlab.NewRouter(t, i, netlab.CarrierGrade, netlab.Wiring{})
	home := netlab.NewRouter(t, carrier, netlab.FullCone, netlab.Wiring{})
	h := netlab.NewHost(t, home, netlab.Wiring{})
	if m, f := o.mapping(t, h), o.filtering(t, h); m != netlab.EndpointIndependent || f != netlab.AddressAndPortDependent {
		t.Errorf("mapping %v and filtering %v", m, f)
	}
	if seen := o.x1.seen(t, listen(t, h, 0)); seen.Addr() != carrier.Address {
		t.Errorf("it is seen at %v, want the carrier's %v", seen, carrier.Address)
	}
}

// Fails if a router that blocks UDP lets some through, or blocks TCP as well.
func TestNoUDP(t *testing.T) {
	i := netlab.NewInternet(t)
	o := newObservers(t, i)
	h := netlab.NewHost(t, netlab.NewRouter(t, i, netlab.SymmetricNoUDP, netlab.Wiring{}), netlab.Wiring{})
	inside := listen(t, h, 0)
	inside.send(t, o.x1.at, "hello")
	o.x1.connect(t, inside)
	if text, _ := o.x1.receive(30 * time.Millisecond); text != "" {
		t.Error("UDP gets through")
	}
}

// Fails if two hosts behind a NAT reach each other at its external address when
// that doesn't hairpin, or don't when it does; or if a hairpinned packet has an
// internal source address.
//
//	x, y ── Internet ── Router ─┬─ a
//	                            └─ b
func TestHairpin(t *testing.T) {
	for _, hairpin := range []bool{false, true} {
		for _, nat := range []netlab.NAT{netlab.FullCone, netlab.PortRestricted, netlab.CarrierGrade} {
			nat.Hairpin = hairpin
			i := netlab.NewInternet(t)
			o := newObservers(t, i)
			router := netlab.NewRouter(t, i, nat, netlab.Wiring{})
			a := listen(t, netlab.NewHost(t, router, netlab.Wiring{}), 0)
			b := listen(t, netlab.NewHost(t, router, netlab.Wiring{}), 0)
			outsideA, outsideB := o.x1.seen(t, a), o.x1.seen(t, b)
			a.send(t, outsideB, "to b")
			b.send(t, outsideA, "to a")
			wait := 2 * time.Second
			if !hairpin {
				wait = 30 * time.Millisecond
			}
			textA, fromA := b.receive(wait)
			textB, fromB := a.receive(wait)
			switch {
			case !hairpin && textA+textB != "":
				t.Errorf("%+v: hairpins", nat)
			case hairpin && (textA != "to b" || textB != "to a" || fromA != outsideA || fromB != outsideB):
				t.Errorf("%+v: b has %q from %v, want %v; a has %q from %v, want %v", nat, textA, fromA, outsideA, textB, fromB, outsideB)
			}
		}
	}
}
