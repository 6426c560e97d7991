package classic

import (
	"os"
	"reflect"
	"syscall"
	"testing"

	"sesame/transit"
)

// The peer chose what we dialled, so it doesn't learn how that ended.
func TestPeerLearnsNothingOfDials(t *testing.T) {
	want := publicReason(&transit.NoPathError{}, "the sender")
	for _, cause := range []error{syscall.ECONNREFUSED, os.ErrDeadlineExceeded, syscall.EHOSTUNREACH} {
		err := &transit.NoPathError{Tried: []transit.Path{{Kind: transit.Direct, Remote: "10.0.0.1:8080"}}, Errs: []error{cause}}
		if got := publicReason(err, "the sender"); !reflect.DeepEqual(got, want) {
			t.Errorf("%v: says %v, want %v", cause, got, want)
		}
	}
}
