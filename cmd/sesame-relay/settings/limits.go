package settings

import (
	"time"

	"sesame/relay"
)

// many is more than any server has of anything.
const many = 10_000_000

const (
	kib = 1 << 10
	mib = 1 << 20
	gib = 1 << 30
	tib = 1 << 40
)

func connectionRows(l *relay.Limits) []Setting {
	const group = "Limits on connections"
	return []Setting{
		row(group, "conns", "how many connections may be open", number(&l.Conns, 16, many), auto("80 % of the open files")),
		row(group, "conns-per-source", "how many of them one source may have", number(&l.ConnsPerSource, 1, many), live),
		row(group, "accepts", "how many new connections a second; four times as many at once", number(&l.Accepts, 1, 1_000_000), live),
		row(group, "accepts-per-source", "how many of them from one source; ten times as many at once", number(&l.AcceptsPerSource, 1, 1_000_000), live),
		row(group, "idle-time", "how long a mailbox client without a number and a mailbox may stay while nine of ten connections are taken", span(&l.IdleTime, time.Second, 24*time.Hour), live),
		row(group, "handshake", "how long a client may take to send a request or a line", span(&l.Handshake, time.Second, time.Hour)),
		row(group, "first-message", "how long a mailbox client may take to send its first message", span(&l.FirstMessage, time.Second, time.Hour)),
		row(group, "ping", "how often WebSockets are pinged", span(&l.Ping, time.Second, time.Hour)),
		row(group, "write", "how long a mailbox client may take to receive a message", span(&l.Write, time.Second, time.Hour)),
		row(group, "read", "how long a mailbox client may take to send a message", span(&l.Read, time.Second, time.Hour)),
		row(group, "backlog", "unread messages for a mailbox client", size(&l.Backlog, 64*kib, gib, false)),
		row(group, "total-backlog", "unread messages, and beginnings of messages, of all", size(&l.TotalBacklog, mib, tib, false)),
		row(group, "remembered", "how many sources each rate remembers", number(&l.Remembered, 16, many)),
		row(group, "stun-per-source", "how many STUN requests over UDP are answered a second for an IPv4 /24 or an IPv6 /48; four times as many at once", number(&l.STUNPerSource, 1, 1_000_000)),
	}
}

func mailboxRows(l *relay.Limits) []Setting {
	const group = "Limits on mailboxes"
	return []Setting{
		row(group, "mailboxes", "how many mailboxes there may be", number(&l.Mailboxes, 1, many), live),
		row(group, "mailboxes-per-source", "how many of them one source may have created", number(&l.MailboxesPerSource, 1, many), live),
		row(group, "claims-per-source", "how many numbers a source may allocate or claim a minute, and as many at once", number(&l.ClaimsPerSource, 1, 1_000_000), live),
		row(group, "unknown-per-source", "how many of them may be claims of numbers that nobody holds", number(&l.UnknownPerSource, 1, 1_000_000), live),
		row(group, "ruined-per-source", "how many second seats of a source may come to nothing at once", number(&l.RuinedPerSource, 1, 1_000_000), live),
		row(group, "ruined-every", "after what time there may be another one", span(&l.RuinedEvery, time.Second, 24*time.Hour), live),
		row(group, "lists-per-source", "how many lists a source may have a minute, and as many at once", number(&l.ListsPerSource, 1, 1_000_000), live),
		row(group, "mailbox-messages", "how many messages a mailbox holds", number(&l.MailboxMessages, 16, 1_000_000), live),
		row(group, "mailbox-bytes", "how many bytes a mailbox holds", size(&l.MailboxBytes, 64*kib, gib, false), live),
		row(group, "total-bytes", "how many bytes all mailboxes hold", size(&l.TotalBytes, mib, tib, false), live),
		row(group, "mailbox-idle", "how long a mailbox without a listener is kept", span(&l.MailboxIdle, time.Minute, 24*time.Hour), live),
		row(group, "mailbox-life", "how long any mailbox is kept", span(&l.MailboxLife, time.Minute, 365*24*time.Hour), live),
		row(group, "quarantine", "how long a number at which two have met stays unused", span(&l.Quarantine, time.Second, 365*24*time.Hour), live),
		row(group, "quarantined", "for how many numbers that is remembered", number(&l.Quarantined, 1, many), live),
	}
}

func pipeRows(l *relay.Limits) []Setting {
	const group = "Limits on pipes"
	return []Setting{
		row(group, "waiting", "how many pipes may wait for a partner", number(&l.Waiting, 1, many), live),
		row(group, "waiting-per-source", "how many of them one source may have", number(&l.WaitingPerSource, 1, many), live),
		row(group, "waiting-per-token", "how many of them may have one token", number(&l.WaitingPerToken, 1, 1000), live),
		row(group, "waiting-time", "how long a pipe may wait", span(&l.WaitingTime, time.Second, 24*time.Hour), live),
		row(group, "pair-idle", "how long a pair of pipes may carry nothing", span(&l.PairIdle, time.Second, 24*time.Hour), live),
		row(group, "pair-life", "how long a pair of pipes may last", span(&l.PairLife, time.Minute, 365*24*time.Hour), live),
		row(group, "pair-stall", "how long a client may take nothing of what waits for it", span(&l.PairStall, time.Second, 24*time.Hour)),
		row(group, "pipe-bytes", "kernel memory for what receivers don't read, of all pairs (Linux)", size(&l.PipeBytes, mib, tib, false), live),
		row(group, "classic-per-source", "how many pipes without a ticket one source may have a minute, and as many at once", number(&l.ClassicPerSource, 1, 1_000_000), live),
		row(group, "pair-rate", "how many bytes a pair may carry a second, both ways together; what is more waits", size(&l.PairRate, 16*kib, tib, true), live),
		row(group, "source-rate", "how many bytes all pairs of one source may carry a second", size(&l.SourceRate, 16*kib, tib, true), live),
		row(group, "total-rate", "how many bytes all pairs may carry a second", size(&l.TotalRate, 16*kib, tib, true), live),
		row(group, "source-day", "how many bytes the pairs of one source may carry in a day, which begins with the first; then it gets no more pairs", size(&l.SourceDay, mib, 1024*tib, true), live),
		row(group, "ducts", "how many directions of pairs may go through the kernel at a time (Linux)", number(&l.Ducts, 1, many), auto("64, or fewer where there are few open files")),
	}
}
