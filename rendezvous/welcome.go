package rendezvous

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"sesame/internal/safetext"
	"sesame/internal/wire"
)

// What is shown of a server's message of the day.
const (
	motdLines = 3
	motdWidth = 200
)

// maxBits is the hardest proof of work that a client does for a server: about
// 7 seconds of one core, and 20 of a slow one.
const maxBits = 26

// work is a proof of work that the server demands before bind.
type work struct {
	bits     int
	resource string
}

// welcome reads the server's greeting. Nothing in it changes what the client
// does later, except that it can refuse service or demand work.
func (m *machine) welcome(now time.Time, w *wire.Welcome) {
	delete(m.replies, AwaitGreeting)
	_, token := w.PermissionRequired[wire.MethodToken]
	if token && m.token == "" || !token && w.Error != "" {
		m.fail(now, &WelcomeError{Message: w.Error, WantsToken: token}, unwelcome)
		return
	}
	if !m.welcomed {
		m.motd = safetext.Block(w.MOTD, motdLines, motdWidth)
		m.motd = m.motd[:min(len(m.motd), motdLines)] // without the mark of a cut
		m.relay = w.Sesame
		m.outside = seenFrom(w.YourAddress)
	}
	if token {
		method := wire.MethodToken
		m.out = append(m.out, wire.Command{Type: wire.SubmitPermissions, Method: &method, Token: &m.token})
		m.begin(now)
		return
	}
	if len(w.PermissionRequired) > 0 {
		if _, free := w.PermissionRequired["none"]; !free {
			m.permission(now, w.PermissionRequired["hashcash"])
			return
		}
	}
	m.begin(now)
}

// seenFrom returns the address at which a server sees us, if it tells a sensible
// one.
func seenFrom(a *wire.Address) netip.Addr {
	if a == nil {
		return netip.Addr{}
	}
	for _, text := range []string{a.IPv4, a.IPv6} {
		if ip, err := netip.ParseAddr(text); err == nil && ip.Zone() == "" {
			return ip.Unmap()
		}
	}
	return netip.Addr{}
}

// permission decides whether the demanded work is reasonable.
func (m *machine) permission(now time.Time, demand json.RawMessage) {
	var d struct {
		Bits     int    `json:"bits"`
		Resource string `json:"resource"`
	}
	switch err := json.Unmarshal(demand, &d); {
	case demand == nil:
		m.fail(now, &WelcomeError{Message: "it demands a permission that this program can't get"}, unwelcome)
	case err != nil || d.Bits < 0 || len(d.Resource) > 256 || strings.Contains(d.Resource, ":") ||
		safetext.Line(d.Resource, 0) != d.Resource:
		m.fail(now, fmt.Errorf("%w: a demand for work that makes no sense", ErrMalformed), unwelcome)
	case d.Bits > maxBits:
		m.fail(now, &WelcomeError{Message: fmt.Sprintf("it demands %d bits of work, more than the %d that this program does",
			d.Bits, maxBits)}, unwelcome)
	default:
		m.work = &work{d.Bits, d.Resource}
		m.onlineBy = time.Time{} // the server is there, and our work is what takes its time
	}
}

// worked takes the stamp that proves the work, or why there is none. It returns an error if
// the server is to be asked again on another connection: what has gone well so far isn't
// given up because it is under load now.
func (m *machine) worked(now time.Time, w *work, stamp string, err error) error {
	if m.work != w || m.stage == done {
		return nil // of an earlier connection
	}
	m.work = nil
	switch {
	case err != nil && m.welcomed:
		return err
	case err != nil:
		m.fail(now, err, unwelcome)
		return nil
	}
	method := "hashcash"
	m.out = append(m.out, wire.Command{Type: wire.SubmitPermissions, Method: &method, Stamp: &stamp})
	m.begin(now)
	return nil
}

// begin starts to send on a connection: whatever is wanted and not yet settled.
func (m *machine) begin(now time.Time) {
	m.online, m.welcomed = true, true
	m.unmute()
	m.backBy = time.Time{}
	m.resume(now)
	if m.listing {
		m.send(wire.Command{Type: wire.List})
		m.expect(AwaitNameplates, now)
	}
	switch m.stage {
	case allocating:
		m.send(wire.Command{Type: wire.Allocate})
		m.expect(AwaitNameplate, now)
	case claiming, holding, waiting:
		m.claim(now)
	case agreed:
		if m.viaName {
			m.claim(now)
			break
		}
		m.mailbox = m.home
		m.open(now)
		if m.held == releasing {
			m.release()
		}
	case confirmed:
		m.open(now)
		m.release()
	case closing:
		m.leave(now)
	}
}
