//go:build !js

package local

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// Names, as they are in packets and lower-cased (doc/local.md §3.1).
const (
	serviceName = "_sesame._tcp.local."
	idSize      = 10 // hexadecimal digits
)

// subtypeName is asked for by who knows the nameplate.
func subtypeName(nameplate string) string { return "_" + nameplate + "._sub." + serviceName }

// An instance is one sender's announcement.
type instance struct {
	nameplate string
	id        string // random
	port      uint16
}

func (i instance) name() string   { return i.nameplate + "-" + i.id + "." + serviceName }
func (i instance) target() string { return "sesame-" + i.id + ".local." }

// parseInstance reads what name makes, and refuses everything else.
func parseInstance(name string) (instance, bool) {
	label, ok := strings.CutSuffix(name, "."+serviceName)
	nameplate, id, dash := strings.Cut(label, "-")
	ok = ok && dash && validNameplate(nameplate) && len(id) == idSize && strings.Trim(id, "0123456789abcdef") == ""
	return instance{nameplate: nameplate, id: id}, ok
}

// validNameplate reports whether s is a number of 1 to 40 digits.
func validNameplate(s string) bool {
	return s != "" && len(s) <= 40 && s[0] != '0' && strings.Trim(s, "0123456789") == ""
}

// Lifetimes of records, in seconds (RFC 6762 §10).
const (
	hostTTL  = 120 // of records that name a host
	otherTTL = 120 // of the others: a code doesn't wait for an hour and a quarter
)

// What is looked at of a packet.
const (
	maxPacket    = 9000 // bytes, RFC 6762 §17
	maxQuestions = 32
	maxRecords   = 64
)

const (
	cacheFlush = 1 << 15 // in the class of a record of which there is one only
	classMask  = cacheFlush - 1
)

// A packet is what is understood of one, and of no concern to us otherwise.
type packet struct {
	asked  []string // names in questions, lower-cased
	known  []string // names of instances that the one who asks knows already
	claims []claim  // of a response
}

// A claim is an instance that somebody announces.
type claim struct {
	instance
	// waiting says that it is found by its nameplate; before that it only keeps
	// others from taking the same one.
	waiting bool
}

var errForeign = errors.New("not a message of multicast DNS")

// parse reads a packet from the network. What there is too much of isn't looked
// at; what is malformed makes all of it an error.
func parse(b []byte) (packet, error) {
	var p dnsmessage.Parser
	if len(b) > maxPacket {
		return packet{}, errForeign
	}
	header, err := p.Start(b)
	if err != nil || header.OpCode != 0 || header.RCode != 0 {
		return packet{}, errForeign
	}
	var out packet
	for n := 0; ; n++ {
		q, err := p.Question()
		if err == dnsmessage.ErrSectionDone {
			break
		}
		if err != nil {
			return packet{}, fmt.Errorf("%w: %w", errForeign, err)
		}
		if n == maxQuestions {
			return out, nil
		}
		if class := q.Class & classMask; !header.Response && (class == dnsmessage.ClassINET || class == dnsmessage.ClassANY) {
			out.asked = append(out.asked, strings.ToLower(q.Name.String()))
		}
	}
	var r records
	err = r.read(&p)
	if err != nil {
		return packet{}, fmt.Errorf("%w: %w", errForeign, err)
	}
	if header.Response {
		out.claims = r.claims()
	} else {
		out.known = r.known
	}
	return out, nil
}

// records are those of a packet that are about our service.
type records struct {
	seen   int
	listed map[instance]bool   // pointed to; true if by the nameplate
	ports  map[instance]uint16 // of instances that have none themselves
	known  []string
}

// read looks at the answers and what comes with them.
func (r *records) read(p *dnsmessage.Parser) error {
	r.listed, r.ports = map[instance]bool{}, map[instance]uint16{}
	if done, err := r.section(p, p.AnswerHeader, p.SkipAnswer); done || err != nil {
		return err
	}
	if err := p.SkipAllAuthorities(); err != nil {
		return err
	}
	_, err := r.section(p, p.AdditionalHeader, p.SkipAdditional)
	return err
}

// section reads one section. It reports whether as much was read as ever is.
func (r *records) section(p *dnsmessage.Parser, next func() (dnsmessage.ResourceHeader, error), skip func() error) (done bool, err error) {
	for {
		h, err := next()
		if err == dnsmessage.ErrSectionDone {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if r.seen++; r.seen > maxRecords {
			return true, nil
		}
		owner := strings.ToLower(h.Name.String())
		switch ours := h.Class&classMask == dnsmessage.ClassINET && strings.HasSuffix(owner, serviceName); {
		case ours && h.Type == dnsmessage.TypePTR:
			err = r.pointer(p, owner, h.TTL)
		case ours && h.Type == dnsmessage.TypeSRV:
			err = r.port(p, owner, h.TTL)
		default:
			err = skip()
		}
		if err != nil {
			return false, err
		}
	}
}

func (r *records) pointer(p *dnsmessage.Parser, owner string, ttl uint32) error {
	to, err := p.PTRResource()
	if err != nil {
		return err
	}
	name := strings.ToLower(to.PTR.String())
	i, ok := parseInstance(name)
	if byNumber := owner == subtypeName(i.nameplate); ok && ttl > 0 && (byNumber || owner == serviceName) {
		r.listed[i] = r.listed[i] || byNumber
		if ttl >= otherTTL/2 { // RFC 6762 §7.1
			r.known = append(r.known, name)
		}
	}
	return nil
}

func (r *records) port(p *dnsmessage.Parser, owner string, ttl uint32) error {
	srv, err := p.SRVResource()
	if err != nil {
		return err
	}
	if i, ok := parseInstance(owner); ok && ttl > 0 {
		r.ports[i] = srv.Port
	}
	return nil
}

// claims returns the instances that are pointed to and have a port.
func (r *records) claims() (out []claim) {
	for i, byNumber := range r.listed {
		if port, ok := r.ports[i]; ok {
			i.port = port
			out = append(out, claim{i, byNumber})
		}
	}
	return out
}

// question is the packet that asks who is behind a name.
func question(name string) []byte {
	m := dnsmessage.Message{Questions: []dnsmessage.Question{
		{Name: dnsmessage.MustNewName(name), Type: dnsmessage.TypePTR, Class: dnsmessage.ClassINET},
	}}
	b, err := m.Pack()
	if err != nil {
		panic("local: a question of our own: " + err.Error()) // names are bounded
	}
	return b
}

// A stage of an announcement.
type stage int

const (
	probing stage = iota // others may have the nameplate
	waiting              // the receiver may come
	gone                 // goodbye
)

// announcement is the packet that says on one link all that i is.
func (i instance) announcement(addrs []netip.Addr, p stage) []byte {
	ttl := func(seconds uint32) uint32 {
		if p == gone {
			return 0
		}
		return seconds
	}
	service, sub := dnsmessage.MustNewName(serviceName), dnsmessage.MustNewName(subtypeName(i.nameplate))
	name, target := dnsmessage.MustNewName(i.name()), dnsmessage.MustNewName(i.target())
	shared := func(owner dnsmessage.Name) dnsmessage.ResourceHeader {
		return dnsmessage.ResourceHeader{Name: owner, Class: dnsmessage.ClassINET, TTL: ttl(otherTTL)}
	}
	unique := func(owner dnsmessage.Name) dnsmessage.ResourceHeader {
		return dnsmessage.ResourceHeader{Name: owner, Class: dnsmessage.ClassINET | cacheFlush, TTL: ttl(hostTTL)}
	}
	m := dnsmessage.Message{Header: dnsmessage.Header{Response: true, Authoritative: true}}
	m.Answers = []dnsmessage.Resource{
		{Header: shared(service), Body: &dnsmessage.PTRResource{PTR: name}},
		{Header: unique(name), Body: &dnsmessage.SRVResource{Port: i.port, Target: target}},
		{Header: unique(name), Body: &dnsmessage.TXTResource{TXT: []string{""}}},
	}
	if p != probing {
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: shared(sub), Body: &dnsmessage.PTRResource{PTR: name}})
	}
	for _, a := range addrs {
		var body dnsmessage.ResourceBody = &dnsmessage.AAAAResource{AAAA: a.As16()}
		if a.Is4() {
			body = &dnsmessage.AResource{A: a.As4()}
		}
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: unique(target), Body: body})
	}
	b, err := m.Pack()
	if err != nil {
		panic("local: an announcement of our own: " + err.Error()) // its parts are bounded
	}
	return b
}

// answers reports whether p asks for something that i announces at that stage
// and that isn't known to who asks.
func (i instance) answers(p packet, now stage) bool {
	if slices.Contains(p.known, i.name()) {
		return false
	}
	return slices.ContainsFunc(p.asked, func(name string) bool {
		switch name {
		case serviceName, i.name(), i.target():
			return true
		case subtypeName(i.nameplate):
			return now == waiting
		}
		return false
	})
}
