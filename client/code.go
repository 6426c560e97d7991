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
	Disk         Code = "disk"
	Full         Code = "disk-full"
	List         Code = "list"
	Exists       Code = "exists"
	Unlike       Code = "unlike"
	Mounted      Code = "mounted"
	ReadOnly     Code = "read-only"
	InUse        Code = "in-use" // by another program
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

	// Why one thing is left out, or isn't there.
	WhyUnsaid        Code = "unsaid"
	WhySays          Code = "says" // in the words of a program that knows no codes
	WhyDropped       Code = "reason-dropped"
	WhyMore          Code = "more-left-out"
	WhyDenied        Code = "denied"
	WhyUnreadable    Code = "unreadable"
	WhyUnreadableFor Code = "unreadable-for"
	WhyRemoved       Code = "removed"
	WhyReplaced      Code = "replaced"
	WhyNoSize        Code = "no-size"
	WhyPipe          Code = "pipe"
	WhySocket        Code = "socket"
	WhyDevice        Code = "device"
	WhyNowhere       Code = "link-nowhere"
	WhyNoFile        Code = "no-file"
	WhyDeep          Code = "too-deep"
	WhyUnfinished    Code = "unfinished" // what an interrupted transfer left

	WhyNameEmpty     Code = "name-empty"
	WhyNameDots      Code = "name-dots"
	WhyNameLong      Code = "name-long"
	WhyNameBackslash Code = "name-backslash"
	WhyNameControl   Code = "name-control"
	WhyNameCoding    Code = "name-coding" // no UTF-8
	WhyNameReversed  Code = "name-reversed"
	WhyLinkEmpty     Code = "link-empty"
	WhyLinkLong      Code = "link-long"
	WhyLinkAbsolute  Code = "link-absolute"
	WhyLinkSigns     Code = "link-signs"
	WhyLinkTop       Code = "link-top"
	WhyLinkUp        Code = "link-up" // after down
	WhyLinkOutside   Code = "link-outside"
	WhyLinkItself    Code = "link-itself"
	WhyClassicLink   Code = "classic-link"
	WhyClassicName   Code = "classic-name"

	WhyDiskName    Code = "disk-name"
	WhyDiskTwin    Code = "disk-twin"
	WhyDiskLarge   Code = "disk-large"
	WhyDiskLinks   Code = "disk-links"
	WhyDiskMounted Code = "disk-mounted"
	WhyDiskLeads   Code = "disk-leads"
	WhyStoodHere   Code = "stood-here" // and has been changed
	WhyOthers      Code = "and-others"
	WhyChanged     Code = "changed-there"
	WhyChangedHow  Code = "changed-how"

	// How a file has changed.
	HowSize    Code = "now-larger-or-smaller"
	HowWritten Code = "written-to"
	HowSwapped Code = "swapped"
	HowShort   Code = "too-short"
	HowGone    Code = "gone"
	HowNoFile  Code = "no-file-now"
	HowMore    Code = "holds-more"
	HowMoved   Code = "folder-swapped"

	// What a disk doesn't keep.
	LacksTimes Code = "no-times"
	LacksModes Code = "no-programs"
	LacksBoth  Code = "no-times-or-programs"

	// Why a connection didn't come about.
	ConnServer      Code = "conn-server" // the mailbox server's
	ConnRefused     Code = "conn-refused"
	ConnReset       Code = "conn-reset"
	ConnUnreachable Code = "conn-unreachable"
	ConnNoAnswer    Code = "conn-no-answer"
	ConnInUse       Code = "conn-in-use"
	ConnNotHere     Code = "conn-not-here"
	ConnNoFamily    Code = "conn-no-family"
	ConnForbidden   Code = "conn-forbidden"
	ConnNoName      Code = "conn-no-name"
	ConnNoLookup    Code = "conn-no-lookup"
	ConnExpired     Code = "conn-expired"
	ConnOtherName   Code = "conn-other-name"
	ConnOtherNames  Code = "conn-other-names" // more than are named
	ConnNameless    Code = "conn-nameless"
	ConnUnsigned    Code = "conn-unsigned"
	ConnNoRoots     Code = "conn-no-roots"
	ConnInvalid     Code = "conn-invalid"
	ConnNotTLS      Code = "conn-not-tls"
	ConnTaken       Code = "conn-taken"  // the number of a local code
	ConnSystem      Code = "conn-system" // in the words of a system or a library

	// What answers in a mailbox server's stead.
	InsteadPage    Code = "instead-page"
	InsteadStatus  Code = "instead-status"
	InsteadPlain   Code = "instead-plain"
	InsteadAway    Code = "instead-away"
	InsteadAnother Code = "instead-another"
	InsteadEndless Code = "instead-endless"

	// What is wrong with a proxy, or what it says.
	ViaProxy        Code = "via-proxy"
	ViaTor          Code = "via-tor"
	ViaBrowser      Code = "via-browser"
	ViaBadAddress   Code = "via-bad-address"
	ViaNotReached   Code = "via-not-reached"
	ViaNotConnected Code = "via-not-connected"
	ViaSilent       Code = "via-silent"
	ViaHungUp       Code = "via-hung-up"
	ViaNotHTTP      Code = "via-not-http"
	ViaNotSOCKS     Code = "via-not-socks"
	ViaWantsLogin   Code = "via-wants-login"
	ViaBadLogin     Code = "via-bad-login"
	ViaOddLogin     Code = "via-odd-login"
	ViaRedirects    Code = "via-redirects"
	ViaRefuses      Code = "via-refuses"
	ViaRefusesAs    Code = "via-refuses-as"
	ViaCantConnect  Code = "via-cant-connect"
	ViaCantAs       Code = "via-cant-connect-as"

	// What the other side says, by a code.
	SaysChanged Code = "says-changed"
	SaysRule    Code = "says-rule" // of the protocol
	SaysList    Code = "says-list"
	SaysGrowth  Code = "says-growth"
	SaysDamaged Code = "says-damaged"
	SaysLate    Code = "says-late"
	SaysNoWay   Code = "says-no-way"
	SaysStream  Code = "says-stream"
	SaysStuck   Code = "says-stuck" // or what this program doesn't know

	// What sort of program the other computer has, and what it costs that its sesame
	// is older or newer than this one.
	ForeignProgram Code = "foreign-program"
	OlderSesame    Code = "older-sesame"
	NewerSesame    Code = "newer-sesame"
	CostsKey       Code = "costs-key"    // that isn't post-quantum
	CostsAgain     Code = "costs-again"  // and what is interrupted is sent from the beginning
	CostsFolder    Code = "costs-folder" // and several things come in one folder

	// What didn't come in time.
	AwaitGreeting   Code = "await-greeting"
	AwaitNameplates Code = "await-nameplates"
	AwaitNameplate  Code = "await-nameplate"
	AwaitClaim      Code = "await-claim"
	AwaitStored     Code = "await-stored"
	AwaitReceipt    Code = "await-receipt"
	AwaitConnection Code = "await-connection"
	AwaitVersion    Code = "await-version"
	AwaitOvertaken  Code = "await-overtaken"
)
