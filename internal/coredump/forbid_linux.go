package coredump

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// A limit of 0 isn't asked for where dumps go to a program, as systemd-coredump.
// That the process can't be dumped at all holds there as well.
func forbid() error {
	err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	if err != nil {
		err = fmt.Errorf("PR_SET_DUMPABLE: %w", err)
	}
	return errors.Join(err, limit())
}
