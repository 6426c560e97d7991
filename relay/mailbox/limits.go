package mailbox

import "time"

// Limits bounds what clients can make a board hold or do. All have to be set; relay.Limits
// says what they mean.
type Limits struct {
	Mailboxes          int
	MailboxesPerSource int
	ClaimsPerSource    int
	UnknownPerSource   int
	RuinedPerSource    int
	RuinedEvery        time.Duration
	ListsPerSource     int
	MailboxMessages    int
	MailboxBytes       int
	TotalBytes         int
	MailboxIdle        time.Duration
	MailboxLife        time.Duration
	Quarantine         time.Duration
	Quarantined        int
	Remembered         int
}
