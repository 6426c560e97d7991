package client

import (
	"context"
	"errors"
	"testing"

	"sesame/transfer"
	"sesame/tree/manifest"
)

// Fails if a name that Windows can't have stays as it is there, becomes another that
// it can't have, or changes elsewhere.
func TestFitting(t *testing.T) {
	for name, want := range map[string]string{
		"a:b": "a%3Ab", "con": "_con", "nul.txt": "_nul.txt", "dot.": "dot._", "what?": "what%3F", "fine.txt": "fine.txt", "ä ö": "ä ö",
	} {
		got := fitting(name, true)
		if got != want || manifest.PortableError(got) != nil {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
		if got := fitting(name, false); got != name {
			t.Errorf("%q becomes %q elsewhere", name, got)
		}
	}
}

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
