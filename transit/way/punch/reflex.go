package punch

import (
	"net/netip"
	"slices"
	"time"

	"sesame/internal/addr"
)

// Limits and times of a reflex (doc/native.md §9.2).
const (
	maxServers = 8 // addresses of STUN servers
	askPause   = 200 * time.Millisecond
	askTime    = time.Second // after that, pauses double
	maxTries   = 9
	againPause = 25 * time.Second // until a server is asked whether anything changed
)

// A reflex asks STUN servers from which address our packets come. It has no
// sockets and no clock.
//
// An answer counts if it comes from where the question went and repeats its
// number. A server that lies makes the peer try a wrong address; that is all.
type reflex struct {
	newID   func() id
	queries []*query
}

// A query is one address of a server.
type query struct {
	to     netip.AddrPort
	ids    []id // of questions that may still be answered
	tries  int
	due    time.Time
	mapped netip.AddrPort // zero until there was an answer
}

// ask adds servers.
func (r *reflex) ask(servers []netip.AddrPort, now time.Time) {
	for _, to := range servers {
		known := slices.ContainsFunc(r.queries, func(q *query) bool { return q.to == to })
		if !known && len(r.queries) < maxServers {
			r.queries = append(r.queries, &query{to: to, due: now})
		}
	}
}

// again asks all servers once more, from now on. What they said counts until
// then, unless it is to be forgotten.
func (r *reflex) again(forget bool, now time.Time) {
	for _, q := range r.queries {
		q.ids, q.tries, q.due = nil, 0, now
		if forget {
			q.mapped = netip.AddrPort{}
		}
	}
}

// receive takes an answer. It reports whether it was one, and whether it brought
// news.
func (r *reflex) receive(from netip.AddrPort, m *message, now time.Time) (ours, news bool) {
	for _, q := range r.queries {
		if q.to != from || !m.isAnswer() || !slices.Contains(q.ids, m.ID) {
			continue
		}
		q.ids, q.tries, q.due = nil, 0, now.Add(againPause)
		mapped, ok := m.Mapped()
		if !ok || mapped.Addr().Is4() != from.Addr().Is4() || !addr.Tellable(mapped.Addr()) {
			return true, false
		}
		news = mapped != q.mapped
		q.mapped = mapped
		return true, news
	}
	return false, false
}

// tick returns the questions that are due.
func (r *reflex) tick(now time.Time) (out []packet) {
	for _, q := range r.queries {
		if now.Before(q.due) {
			continue
		}
		n := r.newID()
		q.ids = append(q.ids, n)
		out = append(out, packet{to: q.to, data: newRequest(n)})
		if q.tries++; q.tries == maxTries {
			q.ids, q.tries, q.due = q.ids[len(q.ids)-1:], 0, now.Add(againPause)
			continue
		}
		q.due = now.Add(askPause << max(0, q.tries-int(askTime/askPause)))
	}
	return out
}

// wake returns when tick must be called.
func (r *reflex) wake(now time.Time) time.Time {
	at := now.Add(time.Hour)
	for _, q := range r.queries {
		if q.due.Before(at) {
			at = q.due
		}
	}
	return at
}

// addrs returns what the servers say our addresses are.
func (r *reflex) addrs() (out []netip.AddrPort) {
	for _, q := range r.queries {
		if q.mapped.IsValid() && !slices.Contains(out, q.mapped) {
			out = append(out, q.mapped)
		}
	}
	return out
}
