package relay

import "time"

// NewEmbedded returns a server for a program that sends: it holds one mailbox, for two
// computers on a network whose other computers may be anybody's, and only those
// whose token Admit was given get a pipe.
//
// Source: doc/local.md §2.
func NewEmbedded() *Server {
	return New(&Config{Limits: embeddedLimits(), Private: true, Near: true})
}

// embeddedLimits are such that a computer with several addresses can't take all
// connections.
func embeddedLimits() Limits {
	return Limits{
		Conns:              128,
		ConnsPerSource:     16,
		FirstMessage:       5 * time.Second,
		Handshake:          5 * time.Second,
		Mailboxes:          1,
		MailboxesPerSource: 1,
		TotalBytes:         4 << 20,
		MailboxLife:        365 * 24 * time.Hour, // it ends with the program
		Quarantined:        16,
		Waiting:            16,
		WaitingPerSource:   4,
	}
}
