package classic

import (
	"crypto/sha256"
	"testing"
	"testing/synctest"

	"sesame/internal/test/crossing"
	"sesame/transfer"
)

// Fails if a receiver that confirms an empty file only after a record never
// gets one, or gets one before others would have confirmed.
func TestReceiverOfEmptyFileWaitsForARecord(t *testing.T) {
	src := crossing.File(t, 0)
	synctest.Test(t, func(t *testing.T) {
		ch, peer := crossing.Channels("")
		ours, theirs := connPair()
		sent := make(chan error, 1)
		go func() {
			_, err := sendSource(t.Context(), ch, transfer.Sending{Source: src}, over(ours))
			sent <- err
		}()
		peer.Say(`{"transit":{}}`)
		peer.Say(`{"answer":{"file_ack":"ok"}}`)
		record, err := theirs.ReadRecord()
		if err != nil || len(record) != 0 {
			t.Fatalf("got record %q, %v; want an empty one", record, err)
		}
		sum := sha256.Sum256(nil)
		if err := theirs.WriteRecord(ackMessage(sum[:], nil)); err != nil {
			t.Fatal(err)
		}
		if err := <-sent; err != nil {
			t.Errorf("Send: %v", err)
		}
	})
}
