package proxy

// An Error says what is wrong with a proxy, or what the proxy found to be wrong
// with a destination.
type Error struct {
	// Source is what named the proxy: a variable of the environment or a flag.
	Source string
	// Credentials is set if the proxy doesn't serve without them, or not with
	// those that it got.
	Credentials bool
	// Ambient is set if nobody asked for the proxy: FromEnvironment found it.
	Ambient bool
	// Unreached is set if there was no connection with the proxy itself.
	Unreached bool
	// Tor is set if the proxy was to be Tor.
	Tor bool

	text    string
	timeout bool
}

func (e *Error) Error() string { return e.text }

// Timeout reports whether time has run out.
func (e *Error) Timeout() bool { return e.timeout }

// Temporary returns false. With it, an Error is a net.Error.
func (e *Error) Temporary() bool { return false }
