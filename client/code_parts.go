package client

// What is said of one thing, and what stands within the text of another code.
const (
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
	WhyNameSign      Code = "name-sign" // one of < > : " | ? *
	WhyNameEnd       Code = "name-end"  // a dot or a space
	WhyNameDevice    Code = "name-device"
	WhyNameMark      Code = "name-mark" // what can't be seen
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

	// What shows that something isn't there as it was sent.
	HowReceipt     Code = "receipt-damaged"
	HowUnconfirmed Code = "receipt-denies"
	HowOther       Code = "receipt-differs"

	// Who can put right what keeps something from arriving.
	RemedyHere  Code = "remedy-here"
	RemedyThere Code = "remedy-there"
	RemedyBoth  Code = "remedy-both"

	// What was done when a disk refused.
	DoUse       Code = "doing-something"
	DoOpen      Code = "doing-opening"
	DoRead      Code = "doing-reading"
	DoLook      Code = "doing-looking"
	DoWrite     Code = "doing-writing"
	DoWriteInto Code = "doing-writing-into"
	DoCreate    Code = "doing-creating"
	DoRemove    Code = "doing-removing"
	DoName      Code = "doing-naming"
	DoReplace   Code = "doing-replacing"
	DoSync      Code = "doing-syncing"
	DoUnpack    Code = "doing-unpacking"
	DoReceive   Code = "doing-receiving"
	DoMake      Code = "doing-making"
	TheFolder   Code = "the-folder" // that is received into

	// What is left on a disk that is full.
	LeftNoFiles Code = "left-no-files"
	LeftFiles   Code = "left-files"
	LeftOther   Code = "left-not-this" // bytes, but something else is missing
	LeftBytes   Code = "left-bytes"
	LeftKept    Code = "left-kept" // what has arrived

	// What is wrong with a disk, or with what this user may do there.
	TroubleFull     Code = "trouble-full"
	TroubleQuota    Code = "trouble-quota"
	TroubleTooLarge Code = "trouble-too-large"
	TroubleNoWrites Code = "trouble-no-writes"
	TroubleDenied   Code = "trouble-denied"
	TroubleMarked   Code = "trouble-read-only"
	TroubleLongName Code = "trouble-long-name"
	TroubleBadName  Code = "trouble-bad-name"
	TroubleNowhere  Code = "trouble-nowhere"
	TroubleTaken    Code = "trouble-taken"
	TroubleNoFolder Code = "trouble-no-folder"
	TroubleFolder   Code = "trouble-folder"
	TroubleBusy     Code = "trouble-busy"
	TroubleMounted  Code = "trouble-mounted"
	TroubleBroken   Code = "trouble-broken"
	TroubleDiskGone Code = "trouble-disk-gone"
	TroubleTooOpen  Code = "trouble-too-many-open"
	TroubleMemory   Code = "trouble-memory"
	TroubleLinks    Code = "trouble-links"
	TroubleShort    Code = "trouble-short"
	TroubleUnread   Code = "trouble-unread"
	TroubleAlive    Code = "trouble-no-file"
	TroubleOthers   Code = "trouble-others"
	TroubleNoRename Code = "trouble-no-rename"
	TroubleOdd      Code = "trouble-odd"
	TroubleUnable   Code = "trouble-unable"
	TroubleOther    Code = "trouble-other" // in the words of the system
	MemoryNowhere   Code = "memory-nowhere"

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
	ConnEnded       Code = "conn-ended"
	ConnStill       Code = "conn-still" // nothing moves on it
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

	// A way to the other computer that was tried in vain, and why it isn't one.
	PathNone        Code = "path-none"
	PathMore        Code = "path-more"
	PathTried       Code = "path-tried"
	PathVia         Code = "path-via" // what stands before it says why
	PathDirect      Code = "path-direct"
	PathRelay       Code = "path-relay"
	PathPort        Code = "path-port" // the mailbox's
	PathThrough     Code = "path-through"
	WayNoName       Code = "way-no-name"
	WayRefused      Code = "way-refused"
	WaySilent       Code = "way-silent"
	WayFar          Code = "way-far"
	WayFailed       Code = "way-failed"
	WayNeverDialled Code = "way-never-dialled"
	WayLoopback     Code = "way-loopback"
	WayPrivate      Code = "way-private"
	WayPort         Code = "way-port"
	WayBadName      Code = "way-bad-name"
	WayLocalName    Code = "way-local-name"
	WayOnion        Code = "way-onion"
	WayTheirs       Code = "way-theirs"
	WayAlone        Code = "way-alone"
	WaySpent        Code = "way-spent"
	WayNoTicket     Code = "way-no-ticket"
	WayNoTCP        Code = "way-no-tcp"
	WayBadURL       Code = "way-bad-url"
	NoRelayStatus   Code = "no-relay-status"
	NoRelaySays     Code = "no-relay-says"

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

	// What a wrong code means, seen from each side.
	WrongTyped   Code = "wrong-typed"   // who receives
	WrongGuessed Code = "wrong-guessed" // who sends

	// What is wrong with a code that was typed: the names of rendezvous.Problems.
	TypedLong     Code = "typed-long"
	TypedEmpty    Code = "typed-empty"
	TypedNotText  Code = "typed-not-text"
	TypedUnseen   Code = "typed-unseen"
	TypedNumber   Code = "typed-no-number"
	TypedLocal    Code = "typed-local-alone"
	TypedSpaces   Code = "typed-spaces"
	TypedNoDigits Code = "typed-other-number"
	TypedZero     Code = "typed-zero"
	TypedNoWords  Code = "typed-no-words"
	TypedDashes   Code = "typed-dashes"
	TypedForm     Code = "typed-form"
	TypedParted   Code = "typed-parted"
	TypedOrder    Code = "typed-order"
	TypedUnlisted Code = "typed-unlisted"
	TypedOneWord  Code = "typed-one-word"
	TypedMissing  Code = "typed-missing"

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

	AwaitOffer       Code = "await-offer"
	AwaitHints       Code = "await-hints"
	AwaitTextReceipt Code = "await-text-receipt"
)
