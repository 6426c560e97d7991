package way

// What a connection may have besides a net.Conn, if its way needs that.

// A Gentle connection needs help to end without loss of what was written last.
type Gentle interface {
	// Finish closes the connection when the other end has everything that was
	// written, or after two seconds. No Write may be under way, and none may
	// follow; a Read that waits may go on, and ends soon.
	Finish()
}

// A Bound connection has a secret of its own.
type Bound interface {
	// Binding returns bytes that both ends know and nobody else: if somebody sits in
	// between, the two ends have different ones. They mustn't be changed.
	Binding() []byte
}

// A Starting connection knows how it begins.
type Starting interface {
	// SlowStart reports whether it still sends more with each round trip, to find out what
	// its line carries (RFC 5681 §3.1).
	SlowStart() bool
}

// A Pieced connection is broken by a deadline that passes while it writes, even if
// bytes have moved.
type Pieced interface {
	// Piece returns how many bytes may be written under one deadline.
	Piece() int
}

// A Halved connection can end one direction by itself.
type Halved interface {
	// CloseWrite says that nothing more comes.
	CloseWrite() error
}
