package wire

// Methods by which a client gets permission, before it binds.
const (
	MethodNone     = "none"     // nothing has to be done
	MethodHashcash = "hashcash" // work
	MethodToken    = "token"    // a token that the server's operator gave out
)

// MaxToken is how long a token may be, in bytes.
const MaxToken = 512

// Refusals of those who have no permission; own clients know by the welcome why.
const (
	WantsToken = "this server serves those who have a token of it"
	WrongToken = "this server has no such token"
	// WantsWork is what those are told who don't do the work.
	WantsWork = "this server is under attack and asks newcomers for a proof of work (hashcash), which this program hasn't given: try again later, or with a newer program"
	WrongWork = "that isn't the work that this server asked for"
)
