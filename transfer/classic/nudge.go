package classic

import "time"

// nudgeAfter is how long a receiver of an empty file may take to confirm it
// before it is taken for one that waits for a record.
const nudgeAfter = 3 * time.Second

// nudge sends an empty record to a receiver that doesn't confirm an empty file.
// There is nothing to send, so most receivers confirm at once; wormhole-william
// up to 1.0.6 waits for a record first, for ever. Those that have confirmed
// never see the record. The caller calls stop when it has its answer.
//
// Source: doc/transfer.md §1.4.
func nudge(c *dataConn) (stop func()) {
	done := make(chan struct{})
	timer := time.AfterFunc(nudgeAfter, func() {
		defer close(done)
		c.WriteRecord(nil) // a failure shows in the read that waits
	})
	return func() {
		if !timer.Stop() {
			<-done
		}
	}
}
