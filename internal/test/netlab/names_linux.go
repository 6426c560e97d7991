package netlab

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"sesame/internal/test/lab"
)

// nameServer is the address at which every Internet that serves names does so.
const nameServer = "192.0.2.53"

// Resolve makes all processes of this test ask the name server of the Internet
// that they are in. It is called once, after lab.Enter.
func Resolve() error {
	path := "/run/resolv.conf"
	text := "nameserver " + nameServer + "\noptions timeout:1 attempts:2\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return err
	}
	return lab.Bind(path, "/etc/resolv.conf")
}

// ServeNames starts the name server of i. It knows those names, and that all
// others don't exist. It ends with t. Without it, questions are dropped.
func (i *Internet) ServeNames(t testing.TB, names map[string][]netip.Addr) {
	t.Helper()
	var conn *net.UDPConn
	err := i.IP("address add " + nameServer + "/32 dev lo")
	if err == nil {
		err = i.Do(func() (err error) {
			conn, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(nameServer+":53")))
			return err
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			if answer, err := answerName(b[:n], names); err == nil {
				conn.WriteToUDPAddrPort(answer, from)
			}
		}
	}()
	t.Cleanup(func() { conn.Close(); <-ended })
}

// answerName returns the answer to a question about one of names.
func answerName(question []byte, names map[string][]netip.Addr) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(question); err != nil || len(m.Questions) != 1 {
		return nil, fmt.Errorf("no question: %v", err)
	}
	m.Response, m.Authoritative, m.RecursionAvailable = true, true, true
	m.Answers, m.Authorities, m.Additionals = nil, nil, nil
	q := m.Questions[0]
	addresses, known := names[strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))]
	header := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 60}
	if !known {
		m.RCode = dnsmessage.RCodeNameError
	}
	for _, a := range addresses {
		switch {
		case q.Type == dnsmessage.TypeA && a.Is4():
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AResource{A: a.As4()}})
		case q.Type == dnsmessage.TypeAAAA && a.Is6():
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
		}
	}
	return m.Pack()
}
