package relay

import (
	"cmp"
	"time"

	"sesame/relay/pipe"
)

// Limits bounds what clients can make a server hold or do. A source is an IPv4
// address or an IPv6 /64; an IPv6 /56 may hold and do four times as much as a
// source, and a /48 eight times. Zero stands for the default. doc/relay.md §5
// explains the figures.
type Limits struct {
	// Conns is how many connections may be open. Default: what the limit on
	// open files allows, at most 100,000.
	Conns int
	// ConnsPerSource is how many of them one source may have; loopback is a
	// source like any other. Default: 256.
	ConnsPerSource int
	// Accepts is how many connections are accepted per second, and four times
	// as many at once. Default: 500.
	Accepts int
	// AcceptsPerSource is how many of them from one source, and ten times as
	// many at once. Default: 20.
	AcceptsPerSource int
	// IdleTime is how long a mailbox client that has neither a nameplate nor a
	// mailbox may stay while nine of ten connections are taken. Default: 60
	// seconds.
	IdleTime time.Duration
	// Handshake is how long a client may take to say what it wants: an HTTP
	// request or a relay line. Default: 10 seconds.
	Handshake time.Duration
	// FirstMessage is how long a mailbox client may take to send its first
	// message, or to get its permission where it needs one; a minute more if
	// it has to work for it. Default: 15 seconds.
	FirstMessage time.Duration
	// Ping is how often the server pings a WebSocket. A mailbox client that
	// doesn't answer one within the same time is dropped. Default: 60 seconds
	// for mailboxes; pipes are pinged twice as often.
	Ping time.Duration
	// Write is how long a mailbox client may take to receive one message.
	// Default: 30 seconds.
	Write time.Duration
	// Read is how long a mailbox client may take to send one message, from its
	// first byte. Default: 60 seconds.
	Read time.Duration
	// Backlog is how many bytes of messages may wait for a mailbox client
	// before it is dropped. Default: 4 MiB.
	Backlog int
	// TotalBacklog is how many bytes may wait for all mailbox clients, or be
	// the beginnings of messages from them; beyond that those who hold most
	// of the source that does are dropped. Default: 64 MiB.
	TotalBacklog int

	// Mailboxes is how many mailboxes may exist; then one of the source that has
	// most makes room. Default: 20,000.
	Mailboxes int
	// MailboxesPerSource is how many of them may have been created by one
	// source. Default: 100.
	MailboxesPerSource int
	// ClaimsPerSource is how many nameplates one source may allocate or claim
	// per minute, and as many at once. Default: 60.
	ClaimsPerSource int
	// UnknownPerSource is how many of those may be claims of nameplates that
	// nobody holds. Default: 10.
	UnknownPerSource int
	// RuinedPerSource is how many second seats one source may take at once that
	// come to nothing: where somebody waited who then closed as scary, or never
	// sent a numbered message. Default: 6.
	RuinedPerSource int
	// RuinedEvery is after what time it may ruin a further one, and so how long
	// a source is refused at most. Default: 10 minutes.
	RuinedEvery time.Duration
	// ListsPerSource is how many lists of nameplates one source may have per
	// minute, and as many at once. Default: 120.
	ListsPerSource int
	// MailboxMessages is how many messages a mailbox holds. Default: 256.
	MailboxMessages int
	// MailboxBytes is how many bytes a mailbox holds. Default: 2 MiB.
	MailboxBytes int
	// TotalBytes is how many bytes all mailboxes hold together; then one of the
	// source that has most makes room. Default: 256 MiB.
	TotalBytes int
	// MailboxIdle is how long a mailbox without a listener is kept.
	// Default: 11 minutes.
	MailboxIdle time.Duration
	// MailboxLife is how long any mailbox is kept. Default: 24 hours.
	MailboxLife time.Duration
	// Quarantine is how long a nameplate at which two sides met stays unused
	// afterwards. Default: 24 hours.
	Quarantine time.Duration
	// Quarantined is how many nameplates are remembered for that; then the
	// oldest are forgotten. Default: 65,536.
	Quarantined int

	// Waiting is how many pipes may wait for a partner. Default: 4096.
	Waiting int
	// WaitingPerSource is how many of them one source may have; a further one
	// takes the place of its oldest. Default: 32.
	WaitingPerSource int
	// WaitingPerToken is how many may wait with the same token; a further one
	// takes the place of the oldest. Default: 4.
	WaitingPerToken int
	// WaitingTime is how long a pipe may wait. Default: 15 minutes.
	WaitingTime time.Duration
	// PairIdle is how long a pair of pipes may carry nothing, neither way.
	// Default: 5 minutes.
	PairIdle time.Duration
	// PairLife is how long a pair of pipes may last. Default: 24 hours.
	PairLife time.Duration
	// PairStall is how long a client may take none of the bytes that are there
	// for it. Default: 60 seconds.
	PairStall time.Duration
	// PipeBytes is how much memory of the kernel all pairs together may fill
	// with what their receivers don't read; beyond that those who hold most
	// are cut (Linux). Default: 512 MiB.
	PipeBytes int
	// Ducts is how many directions of pairs may go through the kernel at a
	// time, with two open files each; further ones are copied (Linux).
	// Default: 64, or fewer where there are few open files.
	Ducts int

	// ClassicPerSource is how many pipes without a ticket (doc/relay.md §4.1) one source may
	// have a minute, and as many at once. Default: 120.
	ClassicPerSource int
	// PairRate is how many bytes a pair of pipes may carry a second, both ways together;
	// what is more waits. Default: as many as go.
	PairRate int64
	// SourceRate is how many bytes all pairs of one source may carry a second. Default: as
	// many as go.
	SourceRate int64
	// TotalRate is how many bytes all pairs may carry a second. Default: as many as go.
	TotalRate int64
	// SourceDay is how many bytes the pairs of one source may carry in a day, which begins
	// with the first of them; then it gets no more pairs. Default: as many as go.
	SourceDay int64

	// STUNPerSource is how many STUN requests over UDP are answered per second
	// for one network, an IPv4 /24 or an IPv6 /48; four times as many at once.
	// Networks share 4096 counters. Refusals aren't counted. Default: 20.
	STUNPerSource int
	// Remembered is how many sources each limit on a rate remembers; then
	// those are forgotten that have been quiet for longest. Default: 16,384.
	Remembered int
}

// WithDefaults returns l with its zero fields filled in, for this machine.
func (l Limits) WithDefaults() Limits {
	files := openFiles()
	l.Ducts = cmp.Or(l.Ducts, defaultDucts(files))
	l.Conns = cmp.Or(l.Conns, defaultConns(files-2*uint64(l.Ducts)))
	l.ConnsPerSource = cmp.Or(l.ConnsPerSource, 256)
	l.Accepts = cmp.Or(l.Accepts, 500)
	l.AcceptsPerSource = cmp.Or(l.AcceptsPerSource, 20)
	l.IdleTime = cmp.Or(l.IdleTime, time.Minute)
	l.Handshake = cmp.Or(l.Handshake, 10*time.Second)
	l.FirstMessage = cmp.Or(l.FirstMessage, 15*time.Second)
	l.Ping = cmp.Or(l.Ping, time.Minute)
	l.Write = cmp.Or(l.Write, 30*time.Second)
	l.Read = cmp.Or(l.Read, time.Minute)
	l.TotalBacklog = cmp.Or(l.TotalBacklog, 64<<20)
	l.Backlog = cmp.Or(l.Backlog, 4<<20)
	l.Mailboxes = cmp.Or(l.Mailboxes, 20_000)
	l.MailboxesPerSource = cmp.Or(l.MailboxesPerSource, 100)
	l.ClaimsPerSource = cmp.Or(l.ClaimsPerSource, 60)
	l.UnknownPerSource = cmp.Or(l.UnknownPerSource, 10)
	l.RuinedPerSource = cmp.Or(l.RuinedPerSource, 6)
	l.RuinedEvery = cmp.Or(l.RuinedEvery, 10*time.Minute)
	l.ListsPerSource = cmp.Or(l.ListsPerSource, 120)
	l.MailboxMessages = cmp.Or(l.MailboxMessages, 256)
	l.MailboxBytes = cmp.Or(l.MailboxBytes, 2<<20)
	l.TotalBytes = cmp.Or(l.TotalBytes, 256<<20)
	l.MailboxIdle = cmp.Or(l.MailboxIdle, 11*time.Minute)
	l.MailboxLife = cmp.Or(l.MailboxLife, 24*time.Hour)
	l.Quarantine = cmp.Or(l.Quarantine, 24*time.Hour)
	l.Quarantined = cmp.Or(l.Quarantined, 1<<16)
	l.Waiting = cmp.Or(l.Waiting, 4096)
	l.WaitingPerSource = cmp.Or(l.WaitingPerSource, 32)
	l.WaitingPerToken = cmp.Or(l.WaitingPerToken, 4)
	l.WaitingTime = cmp.Or(l.WaitingTime, 15*time.Minute)
	l.ClassicPerSource = cmp.Or(l.ClassicPerSource, 120)
	l.PairIdle = cmp.Or(l.PairIdle, 5*time.Minute)
	l.PairLife = cmp.Or(l.PairLife, 24*time.Hour)
	l.PairStall = cmp.Or(l.PairStall, time.Minute)
	l.PipeBytes = cmp.Or(l.PipeBytes, 512<<20)
	l.STUNPerSource = cmp.Or(l.STUNPerSource, 20)
	l.Remembered = cmp.Or(l.Remembered, 1<<14)
	return l
}

// pipes returns those limits that the hub of pipes holds, which may join only who has a ticket.
func (l Limits) pipes(ticketsOnly bool) pipe.Limits {
	return pipe.Limits{
		Waiting: l.Waiting, WaitingPerSource: l.WaitingPerSource, WaitingPerToken: l.WaitingPerToken, WaitingTime: l.WaitingTime,
		PairIdle: l.PairIdle, PairLife: l.PairLife, PairStall: l.PairStall, PipeBytes: l.PipeBytes, Ducts: l.Ducts,
		PairRate: l.PairRate, SourceRate: l.SourceRate, TotalRate: l.TotalRate, SourceDay: l.SourceDay, Remembered: l.Remembered,
		TicketsOnly: ticketsOnly, ClassicPerSource: l.ClassicPerSource,
	}
}

// defaultDucts returns how many ducts suit a number of open files.
func defaultDucts(files uint64) int { return int(min(64, files/32)) }

// defaultConns returns how many connections fit into a number of open files
// without those of the ducts: a fifth is kept back for everything else.
func defaultConns(files uint64) int {
	const most = 100_000
	if files > most*5/4 {
		return most
	}
	return max(16, int(files)*4/5)
}
