//go:build !js

package local

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

var (
	seven = instance{"7", "3f9a02b46c", 41234}
	other = instance{"7", "0000000000", 41235}
)

var someAddrs = []netip.Addr{netip.MustParseAddr("192.168.1.20"), netip.MustParseAddr("fe80::1")}

// Fails if what one sesame announces isn't what the other one reads.
func TestAnnouncement(t *testing.T) {
	for _, c := range []struct {
		stage   stage
		claimed bool
		waiting bool
	}{{probing, true, false}, {waiting, true, true}, {gone, false, false}} {
		p, err := parse(seven.announcement(someAddrs, c.stage))
		if err != nil || len(p.asked) > 0 {
			t.Fatalf("stage %d: %+v, %v", c.stage, p, err)
		}
		var want []claim
		if c.claimed {
			want = []claim{{seven, c.waiting}}
		}
		if !slices.Equal(p.claims, want) {
			t.Errorf("stage %d: %+v, want %+v", c.stage, p.claims, want)
		}
	}
}

// Fails if an announcement tells more than it must: anything of the words, of
// names of the computer or its user, or if it is larger than one packet.
func TestAnnouncementTellsNothing(t *testing.T) {
	b := seven.announcement(slices.Repeat(someAddrs, maxAddresses/2), waiting)
	if len(b) > 500 {
		t.Errorf("%d bytes", len(b))
	}
	var m dnsmessage.Message
	if err := m.Unpack(b); err != nil {
		t.Fatal(err)
	}
	for _, r := range m.Answers {
		for label := range strings.SplitSeq(strings.TrimSuffix(r.Header.Name.String(), "."), ".") {
			switch label {
			case "_sesame", "_tcp", "_sub", "_7", "local", "7-3f9a02b46c", "sesame-3f9a02b46c":
			default:
				t.Errorf("label %q", label)
			}
		}
		if txt, ok := r.Body.(*dnsmessage.TXTResource); ok && strings.Join(txt.TXT, "") != "" {
			t.Errorf("TXT %q", txt.TXT)
		}
	}
}

// Fails if a sender answers what isn't its business, or doesn't what is.
func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name   string
		packet []byte
		stage  stage
		want   bool
	}{
		{"the service", question(serviceName), waiting, true},
		{"the service in capitals", question("_SESAME._TCP.LOCAL."), waiting, true},
		{"the nameplate", question(subtypeName("7")), waiting, true},
		{"the nameplate, while it isn't sure of it", question(subtypeName("7")), probing, false},
		{"the service, while it isn't sure", question(serviceName), probing, true},
		{"another nameplate", question(subtypeName("8")), waiting, false},
		{"a nameplate that begins with it", question(subtypeName("77")), waiting, false},
		{"the instance", question(seven.name()), waiting, true},
		{"the host", question(seven.target()), waiting, true},
		{"another host", question("printer.local."), waiting, false},
		{"its own announcement", seven.announcement(someAddrs, waiting), waiting, false},
		{"known to who asks", asking(serviceName, otherTTL, seven.name()), waiting, false},
		{"known, but about to be forgotten", asking(serviceName, otherTTL/2-1, seven.name()), waiting, true},
		{"another is known", asking(serviceName, otherTTL, other.name()), waiting, true},
	} {
		p, err := parse(c.packet)
		if err != nil {
			t.Fatal(c.name, err)
		}
		if got := seven.answers(p, c.stage); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// asking is a question with an answer that is known already.
func asking(name string, ttl uint32, known string) []byte {
	m := dnsmessage.Message{
		Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(name), Type: dnsmessage.TypePTR, Class: dnsmessage.ClassINET}},
		Answers:   []dnsmessage.Resource{pointer(name, known, ttl)},
	}
	return pack(m)
}

func pack(m dnsmessage.Message) []byte {
	b, err := m.Pack()
	if err != nil {
		panic(err)
	}
	return b
}

func pointer(owner, to string, ttl uint32) dnsmessage.Resource {
	return dnsmessage.Resource{
		Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(owner), Class: dnsmessage.ClassINET, TTL: ttl},
		Body:   &dnsmessage.PTRResource{PTR: dnsmessage.MustNewName(to)},
	}
}

func service(owner string, port uint16, ttl uint32) dnsmessage.Resource {
	return dnsmessage.Resource{
		Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(owner), Class: dnsmessage.ClassINET, TTL: ttl},
		Body:   &dnsmessage.SRVResource{Port: port, Target: dnsmessage.MustNewName("anything.local.")},
	}
}

func response(answers ...dnsmessage.Resource) []byte {
	return pack(dnsmessage.Message{Header: dnsmessage.Header{Response: true}, Answers: answers})
}

// A packet that no honest program sends, or that has nothing to say to us.
type oddPacket struct {
	name   string
	bytes  []byte
	claims int // that may come of it
}

func oddPackets() []oddPacket {
	sub := subtypeName("7")
	good := seven.announcement(someAddrs, waiting)
	header := func(questions, answers int) []byte {
		b := make([]byte, 12)
		b[2] = 0x84
		binary.BigEndian.PutUint16(b[4:], uint16(questions))
		binary.BigEndian.PutUint16(b[6:], uint16(answers))
		return b
	}
	loop := append(header(0, 1), 0xc0, 12, 0, 12, 0, 1, 0, 0, 0, 120, 0, 2, 0xc0, 12)       // a name that is itself
	forward := append(header(0, 1), 0xc0, 0x30, 0, 12, 0, 1, 0, 0, 0, 120, 0, 2, 0xc0, 0x2) // beyond the end
	long := append(header(1, 0), []byte(strings.Repeat("\x3f"+strings.Repeat("a", 63), 60)+"\x00\x00\x0c\x00\x01")...)
	many := response(slices.Repeat([]dnsmessage.Resource{pointer(sub, other.name(), 120)}, 130)...)
	late := response(append(slices.Repeat([]dnsmessage.Resource{pointer("a.local.", "b.local.", 120)}, maxRecords),
		pointer(sub, seven.name(), 120), service(seven.name(), 41234, 120))...)
	questions := dnsmessage.Message{}
	for range maxQuestions + 1 {
		questions.Questions = append(questions.Questions, dnsmessage.Question{
			Name: dnsmessage.MustNewName(serviceName), Type: dnsmessage.TypePTR, Class: dnsmessage.ClassINET})
	}
	return []oddPacket{
		{"nothing", nil, 0},
		{"half a header", good[:7], 0},
		{"a header alone", good[:12], 0},
		{"cut in the middle", good[:len(good)/2], 0},
		{"65535 records announced, none there", header(0, 65535), 0},
		{"65535 questions announced, none there", header(65535, 0), 0},
		{"name that points to itself", loop, 0},
		{"name that points beyond the end", forward, 0},
		{"name of 3840 bytes", long, 0},
		{"10000 bytes", append(slices.Clone(good), make([]byte, 10000)...), 0},
		{"130 records of one", many, 0},
		{"sender behind 64 other records", late, 0},
		{"33 questions", pack(questions), 0},
		{"pointer without a port", response(pointer(sub, seven.name(), 120)), 0},
		{"port without a pointer", response(service(seven.name(), 41234, 120)), 0},
		{"goodbye", seven.announcement(someAddrs, gone), 0},
		{"lifetime of zero for the pointer alone", response(pointer(sub, seven.name(), 0), service(seven.name(), 41234, 120)), 0},
		{"lifetime of zero for the port alone", response(pointer(sub, seven.name(), 120), service(seven.name(), 41234, 0)), 0},
		{"lifetime of 136 years", response(pointer(sub, seven.name(), 1<<32-1), service(seven.name(), 41234, 1<<32-1)), 1},
		{"pointer of another nameplate", response(pointer(subtypeName("8"), seven.name(), 120), service(seven.name(), 41234, 120)), 0},
		{"pointer of another service", response(pointer("_7._sub._http._tcp.local.", seven.name(), 120), service(seven.name(), 41234, 120)), 0},
		{"another domain", response(pointer(sub, "7-3f9a02b46c._sesame._tcp.example.org.", 120)), 0},
		{"instance without an id", response(pointer(sub, "7._sesame._tcp.local.", 120)), 0},
		{"instance with a long id", response(pointer(sub, "7-3f9a02b46c3f._sesame._tcp.local.", 120)), 0},
		{"instance with an id of other letters", response(pointer(sub, "7-3f9a02b46x._sesame._tcp.local.", 120)), 0},
		{"instance with a control character", response(pointer(sub, "\x1b[2J-3f9a02b46c._sesame._tcp.local.", 120)), 0},
		{"nameplate with a leading zero", response(pointer(subtypeName("07"), "07-3f9a02b46c._sesame._tcp.local.", 120), service("07-3f9a02b46c._sesame._tcp.local.", 41234, 120)), 0},
		{"question and answer in one", asking(sub, 120, seven.name()), 0},
		{"error response", append([]byte{0, 0, 0x84, 3}, good[4:]...), 0},
		{"another opcode", append([]byte{0, 0, 0xa4, 0}, good[4:]...), 0},
		{"capitals", response(pointer(strings.ToUpper(sub), strings.ToUpper(seven.name()), 120), service(strings.ToUpper(seven.name()), 41234, 120)), 1},
	}
}

// Fails if a packet that is malformed, huge, or about something else is taken
// for an announcement, or does worse.
func TestOddPackets(t *testing.T) {
	for _, c := range oddPackets() {
		if p, _ := parse(c.bytes); len(p.claims) != c.claims {
			t.Errorf("%s: %+v", c.name, p.claims)
		}
	}
}

// Fails if any packet makes parse panic, or keep more than is ever looked at.
func FuzzParse(f *testing.F) {
	for _, c := range oddPackets() {
		f.Add(c.bytes)
	}
	f.Add(question(serviceName))
	f.Add(seven.announcement(someAddrs, waiting))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := parse(b)
		if err != nil && len(p.asked)+len(p.known)+len(p.claims) > 0 {
			t.Fatalf("with an error: %+v", p)
		}
		if len(p.asked) > maxQuestions || len(p.known) > maxRecords || len(p.claims) > maxRecords/2 {
			t.Fatalf("too much of it: %+v", p)
		}
		for _, c := range p.claims {
			if again, ok := parseInstance(c.name()); !ok || again.nameplate != c.nameplate || again.id != c.id {
				t.Fatalf("claim %+v", c)
			}
		}
	})
}
