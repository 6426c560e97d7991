//go:build !unix

package transfer

// nonblock does nothing where opening can't block.
const nonblock = 0
