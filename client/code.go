package client

// A Code says what happened, what is waited for, or what is asked. There is one list
// of them, Codes; a screen has a text for each, in its own language. A code stays as
// it is from version to version.
type Code string

// What ends a Send or a Receive.
const (
	Other       Code = "other"
	Interrupted Code = "interrupted"
	Usage       Code = "usage"

	// The code.
	BadCode        Code = "bad-code"
	MistypedCode   Code = "mistyped-code"
	OddCode        Code = "odd-code"        // it can be taken as it is
	BadName        Code = "bad-name"        // that was chosen for what arrives
	ImpossibleName Code = "impossible-name" // on the disk there
	UnlistedCode   Code = "unlisted-code"   // likewise, and nothing else is near
	BadServer      Code = "bad-server"      // in what was pasted
	OtherServer    Code = "other-server"    // likewise, and nobody wants to go there
	BothSend       Code = "both-send"
	BothReceive    Code = "both-receive"
	WrongCode      Code = "wrong-code"
	Guessed        Code = "guessed" // one code after the other
	Tampered       Code = "tampered"
	Disturbed      Code = "disturbed"
	CodeUsed       Code = "code-used"
	Crowded        Code = "crowded"
	Unverified     Code = "unverified"      // here
	PeerUnverified Code = "peer-unverified" // there
	NotCompared    Code = "not-compared"
	NotPostQuantum Code = "not-post-quantum"
	NeedsNative    Code = "needs-native"
	SenderOther    Code = "sender-other" // it waits for another code

	// People.
	Declined       Code = "declined"
	DeclinedGrowth Code = "declined-growth"
	OneName        Code = "one-name" // Destination has one, and several things are offered
	OneFile        Code = "one-file" // Destination takes one, and something else is offered
	HiddenName     Code = "hidden-name"
	AlreadyThere   Code = "already-there"
	NoAnswer       Code = "no-answer"
	PeerDeclined   Code = "peer-declined"
	PeerSaysNo     Code = "peer-says-no"
	PeerWantsOne   Code = "peer-wants-one"
	PeerNoHidden   Code = "peer-no-hidden"
	PeerHasIt      Code = "peer-has-it"
	PeerNotShown   Code = "peer-not-shown"
	PeerCancelled  Code = "peer-cancelled"
	PeerWantsQuant Code = "peer-wants-quant"
	Growth         Code = "growth"

	// Files.
	Disk          Code = "disk"
	Full          Code = "disk-full"
	Quota         Code = "disk-quota"
	TooLarge      Code = "too-large" // a file, for this disk
	List          Code = "list"
	Unsendable    Code = "unsendable"
	NothingNamed  Code = "nothing-named"
	NothingToSend Code = "nothing-to-send"
	Exists        Code = "exists"
	Unlike        Code = "unlike"
	Mounted       Code = "mounted"
	ReadOnly      Code = "read-only"
	InUse         Code = "in-use" // by another program
	Twins         Code = "twins"
	NoFolder      Code = "no-folder"
	NotAFolder    Code = "not-a-folder"
	NoWrite       Code = "no-write"
	NoRead        Code = "no-read"
	Changed       Code = "changed"
	PeerChanged   Code = "peer-changed"
	Incomplete    Code = "incomplete"
	PeerNoRoom    Code = "peer-no-room"
	PeerDisk      Code = "peer-disk"
	PeerDiskSays  Code = "peer-disk-says"
	PeerFull      Code = "peer-full"
	PeerDamaged   Code = "peer-damaged" // what the receiver has
	Damaged       Code = "damaged"
	Protocol      Code = "protocol"
	BadList       Code = "bad-list"
	BadArchive    Code = "bad-archive"
	PeerNonsense  Code = "peer-nonsense"
	StreamFailed  Code = "stream-failed" // there
	PeerProtocol  Code = "peer-protocol"
	PeerOther     Code = "peer-other"

	// The network.
	Missed       Code = "missed"
	Lost         Code = "lost"
	LostAll      Code = "lost-all" // and all ways that were looked for since
	PeerGone     Code = "peer-gone"
	Unconfirmed  Code = "unconfirmed" // perhaps it is all there
	Untold       Code = "untold"      // all is here, and the sender doesn't know
	NoWay        Code = "no-way"
	NoPath       Code = "no-path"
	Late         Code = "late"
	Network      Code = "network"
	NoTransfer   Code = "no-transfer"
	Asleep       Code = "asleep"
	AsleepGone   Code = "asleep-gone"
	Proxy        Code = "proxy"
	ProxyLogin   Code = "proxy-login"
	Tor          Code = "tor"
	NoListen     Code = "no-listen"
	NoAddress    Code = "no-address" // of this computer, on any network
	NoSearch     Code = "no-search"
	NoSender     Code = "no-sender"
	SenderLost   Code = "sender-lost"
	SenderDouble Code = "sender-double"

	// Servers.
	Server           Code = "server" // can't be reached
	ServerClock      Code = "server-clock"
	ServerUntrusted  Code = "server-untrusted"
	ServerUnsigned   Code = "server-unsigned"
	ServerRoots      Code = "server-roots"
	ServerPlain      Code = "server-plain"
	ServerNone       Code = "server-none"
	ServerUnwell     Code = "server-unwell"
	ServerRefused    Code = "server-refused"
	ServerTurnsAway  Code = "server-turns-away"
	ServerWantsToken Code = "server-wants-token"
	ServerWantsWork  Code = "server-wants-work" // more than can be done
	ServerMalformed  Code = "server-malformed"

	// Notes.
	NoteStopping     Code = "stopping"
	NoteNoServer     Code = "no-server"
	NoteProxyUnused  Code = "proxy-unused"
	NoteOwnCode      Code = "own-code" // it may look mistyped
	NoteGuessing     Code = "guessing" // somebody guesses codes at the server
	NoteNotAnnounced Code = "not-announced"
	NoteRival        Code = "rival"
	NoteStillLooking Code = "still-looking"
	NoteTurnedAway   Code = "turned-away"
	NoteUnanswered   Code = "unanswered"
	NoteServerBusy   Code = "server-busy"
	NoteServerWork   Code = "server-work" // it wants some done before it serves
	NoteRelayRefuses Code = "relay-refuses"
	NoteReturned     Code = "returned"
	NoteCameLate     Code = "came-late"
	NoteSilent       Code = "silent"
	NoteNoOffer      Code = "no-offer"
	NoteSilentLong   Code = "silent-long"
	NoteNobody       Code = "nobody-there" // at this number
	NoteOlder        Code = "older"        // the other sesame is
	NoteNewer        Code = "newer"
	NoteRenamed      Code = "renamed"
	NoteNotWanted    Code = "not-wanted"
	NoteNotKept      Code = "not-kept"
	NoteNoMemory     Code = "no-memory"
	NoteLeftOther    Code = "left-other"
	NoteLeftUnknown  Code = "left-unknown"
	NoteLeftMore     Code = "left-more"

	// Waits.
	WaitServer   Code = "wait-server"
	WaitSilent   Code = "wait-server-silent" // it doesn't answer
	WaitLost     Code = "wait-server-lost"   // the connection to it is made again
	WaitPeer     Code = "wait-peer"          // the other computer
	WaitSender   Code = "wait-sender"
	WaitNobody   Code = "wait-nobody"   // the sender, and nobody is at its number
	WaitProof    Code = "wait-proof"    // of the code, and somebody has come with one
	WaitNear     Code = "wait-near"     // the sender, on this network
	WaitAway     Code = "wait-away"     // the sender, whose computer doesn't answer
	WaitWay      Code = "wait-way"      // a way to the other computer
	WaitOffer    Code = "wait-offer"    // of who has proven the code
	WaitDecision Code = "wait-decision" // of the other person

	// Questions.
	AskCode     Code = "ask-code"
	AskMistyped Code = "ask-mistyped"
	AskUnlisted Code = "ask-unlisted"
	AskServer   Code = "ask-server"
	AskAccept   Code = "ask-accept"
	AskGrowth   Code = "ask-growth"
	AskConflict Code = "ask-conflict"
	AskFolder   Code = "ask-folder" // what a name is for that isn't there
	AskVerify   Code = "ask-verify"
)
