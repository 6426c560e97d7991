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
	OddCode        Code = "odd-code" // it can be taken as it is
	WrongCode      Code = "wrong-code"
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
	Disk         Code = "disk"
	Full         Code = "disk-full"
	List         Code = "list"
	Exists       Code = "exists"
	Unlike       Code = "unlike"
	Mounted      Code = "mounted"
	Twins        Code = "twins"
	NoFolder     Code = "no-folder"
	NotAFolder   Code = "not-a-folder"
	NoWrite      Code = "no-write"
	NoRead       Code = "no-read"
	Changed      Code = "changed"
	PeerChanged  Code = "peer-changed"
	Incomplete   Code = "incomplete"
	PeerNoRoom   Code = "peer-no-room"
	PeerDisk     Code = "peer-disk"
	PeerDiskSays Code = "peer-disk-says"
	PeerFull     Code = "peer-full"
	Damaged      Code = "damaged"
	Protocol     Code = "protocol"
	BadList      Code = "bad-list"
	PeerProtocol Code = "peer-protocol"
	PeerOther    Code = "peer-other"

	// The network.
	Missed       Code = "missed"
	Lost         Code = "lost"
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
	Server          Code = "server" // can't be reached
	ServerClock     Code = "server-clock"
	ServerUntrusted Code = "server-untrusted"
	ServerRoots     Code = "server-roots"
	ServerPlain     Code = "server-plain"
	ServerNone      Code = "server-none"
	ServerUnwell    Code = "server-unwell"
	ServerRefused   Code = "server-refused"
	ServerTurnsAway Code = "server-turns-away"
	ServerMalformed Code = "server-malformed"

	// Notes.
	NoteStopping     Code = "stopping"
	NoteNoServer     Code = "no-server"
	NoteProxyUnused  Code = "proxy-unused"
	NoteGuessing     Code = "guessing" // somebody guesses codes at the server
	NoteNotAnnounced Code = "not-announced"
	NoteRival        Code = "rival"
	NoteStillLooking Code = "still-looking"
	NoteTurnedAway   Code = "turned-away"
	NoteUnanswered   Code = "unanswered"
	NoteReturned     Code = "returned"
	NoteCameLate     Code = "came-late"
	NoteSilent       Code = "silent"
	NoteSilentLong   Code = "silent-long"
	NoteOlder        Code = "older" // the other sesame is
	NoteNewer        Code = "newer"
	NoteRenamed      Code = "renamed"
	NoteNotWanted    Code = "not-wanted"
	NoteNotKept      Code = "not-kept"
	NoteNoMemory     Code = "no-memory"
	NoteLeftOther    Code = "left-other"
	NoteLeftUnknown  Code = "left-unknown"
	NoteLeftMore     Code = "left-more"

	// Waits.
	WaitPeer   Code = "wait-peer" // the other computer
	WaitSender Code = "wait-sender"
	WaitNear   Code = "wait-near" // the sender, on this network
	WaitWay    Code = "wait-way"  // a way to the other computer

	// Questions.
	AskCode     Code = "ask-code"
	AskMistyped Code = "ask-mistyped"
	AskAccept   Code = "ask-accept"
	AskGrowth   Code = "ask-growth"
	AskConflict Code = "ask-conflict"
	AskVerify   Code = "ask-verify"
)

// An Entry says of a code what sort of thing it is, and what its arguments are, by
// name and in their order.
type Entry struct {
	Code  Code
	Class Class
	Args  []string
}

// Codes returns the list of all codes.
func Codes() []Entry {
	return []Entry{
		{Other, ClassOther, []string{"detail"}},
		{Interrupted, ClassInterrupted, nil},
		{Usage, ClassUsage, []string{"detail"}},
		{BadCode, ClassUsage, []string{"problem"}},
		{MistypedCode, ClassUsage, []string{"problem", "suggestion"}},
		{OddCode, ClassUsage, []string{"problem", "suggestion"}},
		{WrongCode, ClassInsecure, nil},
		{Tampered, ClassInsecure, nil},
		{Disturbed, ClassInsecure, nil},
		{CodeUsed, ClassServer, nil},
		{Crowded, ClassServer, nil},
		{Unverified, ClassInsecure, nil},
		{PeerUnverified, ClassInsecure, nil},
		{NotCompared, ClassRefused, nil},
		{NotPostQuantum, ClassUnable, []string{"peer", "remedy"}},
		{NeedsNative, ClassUnable, []string{"peer", "remedy"}},
		{SenderOther, ClassNetwork, nil},
		{Declined, ClassRefused, nil},
		{DeclinedGrowth, ClassRefused, nil},
		{HiddenName, ClassRefused, []string{"name"}},
		{AlreadyThere, ClassRefused, []string{"name"}},
		{NoAnswer, ClassRefused, nil},
		{PeerDeclined, ClassRefused, nil},
		{PeerSaysNo, ClassRefused, []string{"says"}},
		{PeerWantsOne, ClassRefused, nil},
		{PeerNoHidden, ClassRefused, nil},
		{PeerHasIt, ClassRefused, nil},
		{PeerNotShown, ClassRefused, nil},
		{PeerCancelled, ClassRefused, nil},
		{PeerWantsQuant, ClassRefused, nil},
		{Growth, ClassRefused, []string{"detail"}},
		{Disk, ClassFiles, []string{"detail"}},
		{Full, ClassFiles, []string{"detail"}},
		{List, ClassFiles, []string{"detail"}},
		{Exists, ClassFiles, []string{"name"}},
		{Unlike, ClassFiles, []string{"name"}},
		{Mounted, ClassFiles, []string{"name"}},
		{Twins, ClassFiles, []string{"one", "other"}},
		{NoFolder, ClassFiles, []string{"name"}},
		{NotAFolder, ClassFiles, []string{"name"}},
		{NoWrite, ClassFiles, []string{"name", "detail"}},
		{NoRead, ClassFiles, []string{"detail"}},
		{Changed, ClassPartial, []string{"detail"}},
		{PeerChanged, ClassPartial, []string{"says"}},
		{Incomplete, ClassPartial, []string{"count"}},
		{PeerNoRoom, ClassFiles, nil},
		{PeerDisk, ClassFiles, nil},
		{PeerDiskSays, ClassFiles, []string{"says"}},
		{PeerFull, ClassFiles, nil},
		{Damaged, ClassIntegrity, []string{"detail"}},
		{Protocol, ClassIntegrity, []string{"detail"}},
		{BadList, ClassIntegrity, []string{"detail"}},
		{PeerProtocol, ClassIntegrity, []string{"says"}},
		{PeerOther, ClassOther, []string{"says", "side", "between"}},
		{Missed, ClassNetwork, nil},
		{Lost, ClassNetwork, []string{"detail"}},
		{NoWay, ClassNetwork, nil},
		{NoPath, ClassNetwork, []string{"detail"}},
		{Late, ClassNetwork, []string{"detail"}},
		{Network, ClassNetwork, []string{"detail"}},
		{NoTransfer, ClassNetwork, nil},
		{Asleep, ClassNetwork, nil},
		{AsleepGone, ClassNetwork, nil},
		{Proxy, ClassNetwork, []string{"detail", "source"}},
		{ProxyLogin, ClassNetwork, []string{"detail", "source"}},
		{Tor, ClassNetwork, []string{"detail"}},
		{NoListen, ClassFiles, []string{"detail"}},
		{NoAddress, ClassNetwork, nil},
		{NoSearch, ClassNetwork, []string{"detail"}},
		{NoSender, ClassNetwork, []string{"after"}},
		{SenderLost, ClassNetwork, []string{"detail"}},
		{SenderDouble, ClassNetwork, []string{"detail"}},
		{Server, ClassNetwork, []string{"detail"}},
		{ServerClock, ClassNetwork, []string{"detail"}},
		{ServerUntrusted, ClassNetwork, []string{"detail"}},
		{ServerRoots, ClassNetwork, []string{"detail"}},
		{ServerPlain, ClassNetwork, []string{"detail"}},
		{ServerNone, ClassNetwork, []string{"detail"}},
		{ServerUnwell, ClassNetwork, nil},
		{ServerRefused, ClassServer, []string{"words"}},
		{ServerTurnsAway, ClassServer, []string{"words"}},
		{ServerMalformed, ClassServer, []string{"detail"}},
		{NoteStopping, ClassNote, nil},
		{NoteNoServer, ClassNote, nil},
		{NoteProxyUnused, ClassNote, []string{"variable", "scheme", "server", "wanted"}},
		{NoteGuessing, ClassNote, nil},
		{NoteNotAnnounced, ClassNote, []string{"detail"}},
		{NoteRival, ClassNote, nil},
		{NoteStillLooking, ClassNote, nil},
		{NoteTurnedAway, ClassNote, []string{"address"}},
		{NoteUnanswered, ClassNote, nil},
		{NoteReturned, ClassNote, []string{"after"}},
		{NoteCameLate, ClassNote, []string{"after"}},
		{NoteSilent, ClassNote, nil},
		{NoteSilentLong, ClassNote, nil},
		{NoteOlder, ClassNote, []string{"costs"}},
		{NoteNewer, ClassNote, []string{"costs"}},
		{NoteRenamed, ClassNote, []string{"name", "free"}},
		{NoteNotWanted, ClassNote, []string{"count", "size"}},
		{NoteNotKept, ClassNote, []string{"what"}},
		{NoteNoMemory, ClassNote, []string{"detail"}},
		{NoteLeftOther, ClassNote, []string{"name"}},
		{NoteLeftUnknown, ClassNote, []string{"name"}},
		{NoteLeftMore, ClassNote, nil},
		{WaitPeer, ClassWait, nil},
		{WaitSender, ClassWait, nil},
		{WaitNear, ClassWait, nil},
		{WaitWay, ClassWait, nil},
		{AskCode, ClassQuestion, nil},
		{AskMistyped, ClassQuestion, []string{"problem", "suggestion"}},
		{AskAccept, ClassQuestion, []string{"what", "where"}},
		{AskGrowth, ClassQuestion, nil},
		{AskConflict, ClassQuestion, []string{"name", "free"}},
		{AskVerify, ClassQuestion, nil},
	}
}
