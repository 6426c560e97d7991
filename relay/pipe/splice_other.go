//go:build !linux

package pipe

import (
	"errors"
	"net"
)

const canSplice = false

// ducts are for systems that can splice.
type ducts struct{ most int }

func (*ducts) close() {}

func (*flow) splice(dst, src *net.TCPConn) error { return errors.ErrUnsupported }
