package trust

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// A Set has any number of networks. It is asked in a time that doesn't grow with them, and
// doesn't change. The zero Set, and a nil one, is empty.
type Set struct {
	has     map[netip.Prefix]bool
	lengths [2][]int // that there are, of IPv4 and of IPv6
}

// ParseSet reads a list: a network or an address on each line, and comments from # on. An
// error has a line for each that is wrong, with its number.
func ParseSet(name, text string) (*Set, error) {
	s := &Set{has: make(map[netip.Prefix]bool)}
	var all error
	n := 0
	for line := range strings.Lines(text) {
		n++
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		p, err := Network(line)
		if err != nil {
			all = errors.Join(all, fmt.Errorf("%s:%d: %.50q isn't a network or an address", name, n, line))
			continue
		}
		s.add(p)
	}
	return s, all
}

func (s *Set) add(p netip.Prefix) {
	family := &s.lengths[0]
	if p.Addr().Is6() {
		family = &s.lengths[1]
	}
	for _, l := range *family {
		if l == p.Bits() {
			s.has[p] = true
			return
		}
	}
	*family = append(*family, p.Bits())
	s.has[p] = true
}

// Has reports whether an address is in one of the networks.
func (s *Set) Has(ip netip.Addr) bool {
	if s == nil || !ip.IsValid() {
		return false
	}
	ip = ip.Unmap().WithZone("")
	family := s.lengths[0]
	if ip.Is6() {
		family = s.lengths[1]
	}
	for _, bits := range family {
		if s.has[netip.PrefixFrom(ip, bits).Masked()] {
			return true
		}
	}
	return false
}

// Len returns how many networks there are.
func (s *Set) Len() int {
	if s == nil {
		return 0
	}
	return len(s.has)
}
