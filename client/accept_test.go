package client

import (
	"context"
	"errors"
	"testing"

	"sesame/transfer"
)

// Fails if what ends a receiver after somebody said yes reaches the sender as a no of a
// person's, or as nothing.
func TestTroubleIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		told transfer.ReasonCode
		read Code
	}{
		"anything":    {errors.New("x"), transfer.ReasonStuck, PeerOther},
		"the disk":    {&transfer.DiskError{Op: "writing", Err: errors.New("x")}, transfer.ReasonNoDisk, PeerDisk},
		"interrupted": {context.Canceled, transfer.ReasonCancelled, PeerCancelled},
		"a person":    {Fail(Declined), transfer.ReasonUnsaid, PeerDeclined},
	} {
		why := ending(c.err)
		if why.Code != c.told {
			t.Errorf("%s: the sender is told %d, want %d", name, why.Code, c.told)
		}
		if got := Explain(&transfer.Rejection{Reason: why}); got.Code != c.read {
			t.Errorf("%s: the sender reads %q, want %q", name, got.Code, c.read)
		}
	}
}
