package survey

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"sesame/internal/addr"
	"sesame/internal/reason"
	"sesame/internal/safetext"
	"sesame/transit"
)

// Server looks at the mailbox server from outside, as its operator can't from
// inside, and calls tell with each finding. It returns in one sentence what that
// means, and whether all is well.
func (c *Config) Server(ctx context.Context, tell func(Finding)) (conclusion string, well bool) {
	ctx, cancel := context.WithTimeout(ctx, allTime)
	defer cancel()
	problems := 0
	note := func(f Finding) {
		if f.State == Problem {
			problems++
		}
		tell(f)
	}
	named := start(func() (f Finding) {
		if !c.NoUDP {
			f = c.named(ctx)
		}
		return f
	})
	met := start(func() meeting { return c.meet(ctx) })
	fetched := start(func() page { return c.fetch(ctx) })
	relayed := start(func() []pipe {
		m := met()
		return c.pipes(ctx, []transit.Relay{{Address: m.address, URL: m.url}})
	})
	stunned := start(func() []Finding {
		if m := met(); !c.NoUDP {
			return ports(ctx, m.stun)
		}
		return []Finding{{"STUN", Remark, "not looked at: no UDP goes through a proxy", ""}}
	})

	if !c.NoUDP {
		note(named())
	}
	m := met()
	note(m.finding())
	p := fetched()
	if p.err != nil {
		note(Finding{"HTTP", Problem, reason.Of(p.err), reason.Hint(p.err)})
	} else {
		note(p.certificateFinding(time.Now()))
		note(p.clockFinding())
	}
	if m.err == nil {
		note(m.announced())
		for _, r := range relayed() {
			f := r.finding()
			if f.State == Problem {
				f.Advice = "it is announced to clients: open its port in the firewall, or have the proxy in front pass it on"
			}
			note(f)
		}
		for _, f := range stunned() {
			note(f)
		}
	}
	switch problems {
	case 0:
		return "The server does what it announces.", true
	case 1:
		return "There is one problem.", false
	}
	return fmt.Sprintf("There are %d problems.", problems), false
}

// named says which addresses the server's name has.
func (c *Config) named(ctx context.Context) Finding {
	host, _, _ := addr.Split(hostOf(c.Mailbox.URL))
	ctx, cancel := context.WithTimeout(ctx, serverTime)
	defer cancel()
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return Finding{"name", Problem, safetext.Line(host, 80) + ": " + reason.Of(err), "check the records of the name"}
	}
	f := Finding{Subject: "name", State: Fine}
	var all []string
	four, six := false, false
	for _, ip := range ips[:min(len(ips), 8)] {
		ip = ip.Unmap()
		four, six = four || ip.Is4(), six || ip.Is6()
		all = append(all, ip.String())
	}
	f.Text = safetext.Line(host, 80) + " is " + strings.Join(all, ", ")
	if !six && !strings.EqualFold(host, all[0]) {
		f.Advice = "clients that have IPv6 alone reach it only if their network translates"
	}
	if !four {
		f.State, f.Advice = Remark, "clients that have IPv4 alone can't reach it"
	}
	return f
}

// announced says what the server tells clients to use.
func (m *meeting) announced() Finding {
	var parts []string
	if m.address != "" {
		parts = append(parts, "a relay at "+safetext.Line(m.address, 80))
	}
	if m.url != "" {
		parts = append(parts, "a relay at "+safetext.Line(m.url, 80))
	}
	for _, s := range m.stun {
		parts = append(parts, "STUN at "+safetext.Line(s, 80))
	}
	if len(parts) == 0 {
		return Finding{"announces", Remark, "nothing: it is a mailbox server only, and clients use the public relay", "sesame-relay offers a relay and STUN on the same port"}
	}
	return Finding{"announces", Fine, strings.Join(parts, ", "), ""}
}

// ports says which of the announced STUN ports answer.
func ports(ctx context.Context, servers []string) (all []Finding) {
	var waits []func() Finding
	for _, s := range servers {
		waits = append(waits, start(func() Finding {
			v4, v6 := views(ctx, []string{s})
			name := "udp " + safetext.Line(s, 80)
			var parts []string
			silent := ""
			for family, v := range map[string]view{"IPv4": v4, "IPv6": v6} {
				switch {
				case v.Answered > 0:
					parts = append(parts, fmt.Sprintf("answers over %s in %v", family, milliseconds(v.RTT)))
				case v.Asked > 0 && v.err == nil:
					silent = family
				}
			}
			switch {
			case len(parts) == 0:
				return Finding{"STUN", Problem, name + " doesn't answer", "open its port for UDP in the firewall; or UDP is blocked where you are"}
			case silent != "":
				return Finding{"STUN", Remark, name + " " + parts[0] + ", not over " + silent, "or " + silent + " doesn't work where you are"}
			}
			return Finding{"STUN", Fine, name + " " + strings.Join(parts, ", "), ""}
		}))
	}
	for _, wait := range waits {
		all = append(all, wait())
	}
	return all
}
