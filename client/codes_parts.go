package client

var whyBare = bare{ClassWhy, []Code{
	WhyUnsaid, WhyDropped, WhyDenied, WhyUnreadable, WhyRemoved, WhyReplaced, WhyNoSize,
	WhyPipe, WhySocket, WhyDevice, WhyNowhere, WhyNoFile, WhyDeep, WhyUnfinished, WhyChanged,
}}

var whyCodes = []row{
	{WhySays, ClassWhy, "says"},
	{WhyMore, ClassWhy, "count"},
	{WhyUnreadableFor, ClassWhy, "system"},
	{WhyChangedHow, ClassWhy, "how"},
}

var nameBare = bare{ClassWhy, []Code{
	WhyNameEmpty, WhyNameDots, WhyNameLong, WhyNameBackslash, WhyNameControl, WhyNameCoding, WhyNameReversed,
	WhyNameSign, WhyNameEnd, WhyNameDevice, WhyNameMark,
	WhyLinkEmpty, WhyLinkLong, WhyLinkAbsolute, WhyLinkSigns, WhyLinkTop, WhyLinkUp, WhyLinkOutside, WhyLinkItself,
	WhyClassicLink,
}}

var nameCodes = []row{
	{WhyClassicName, ClassWhy, "rule"},
}

var diskBare = bare{ClassWhy, []Code{
	WhyDiskName, WhyDiskTwin, WhyDiskLarge, WhyDiskLinks, WhyDiskMounted, WhyDiskLeads, WhyStoodHere,
}}

var diskCodes = []row{
	{WhyOthers, ClassWhy, "count"},
}

var partBare = bare{ClassPart, []Code{
	HowWritten, HowSwapped, HowShort, HowGone, HowNoFile, HowMore, HowMoved,
	LacksTimes, LacksModes, LacksBoth,
	SaysChanged, SaysRule, SaysList, SaysGrowth, SaysDamaged, SaysLate, SaysNoWay, SaysStream, SaysStuck,
	WrongTyped, WrongGuessed,
	TypedEmpty, TypedNotText, TypedUnseen, TypedNumber, TypedLocal, TypedSpaces, TypedZero, TypedNoWords, TypedDashes,
	TypedForm, TypedParted, TypedOrder, TypedOneWord, TypedMissing,
	ForeignProgram, OlderSesame, NewerSesame, CostsKey, CostsAgain,
}}

var partCodes = []row{
	{TypedLong, ClassPart, "count"},
	{TypedNoDigits, ClassPart, "count word"},
	{TypedUnlisted, ClassPart, "word"},
	{CostsFolder, ClassPart, "name"},
	{HowSize, ClassPart, "now was"},
}

var troubleBare = bare{ClassPart, []Code{
	TroubleFull, TroubleQuota, TroubleTooLarge, TroubleNoWrites, TroubleDenied, TroubleMarked, TroubleLongName, TroubleBadName,
	TroubleNowhere, TroubleTaken, TroubleNoFolder, TroubleFolder, TroubleBusy, TroubleMounted, TroubleBroken, TroubleDiskGone,
	TroubleTooOpen, TroubleMemory, TroubleLinks, TroubleShort, TroubleUnread, TroubleAlive, TroubleOthers,
	TroubleNoRename, TroubleOdd, TroubleUnable,
	MemoryNowhere,
	LeftNoFiles, LeftKept,
	HowReceipt, HowUnconfirmed, HowOther,
	RemedyHere, RemedyThere, RemedyBoth,
}}

var troubleCodes = []row{
	{TroubleOther, ClassPart, "system number"},
	{LeftFiles, ClassPart, "count"},
	{LeftOther, ClassPart, "size"},
	{LeftBytes, ClassPart, "size"},
}

var doingCodes = []row{
	{DoUse, ClassPart, "name"},
	{DoOpen, ClassPart, "name"},
	{DoRead, ClassPart, "name"},
	{DoLook, ClassPart, "name"},
	{DoWrite, ClassPart, "name"},
	{DoWriteInto, ClassPart, "name"},
	{DoCreate, ClassPart, "name"},
	{DoRemove, ClassPart, "name"},
	{DoName, ClassPart, "name"},
	{DoReplace, ClassPart, "name"},
	{DoSync, ClassPart, "name"},
	{DoUnpack, ClassPart, "name"},
	{DoReceive, ClassPart, "size"},
	{DoMake, ClassPart, "count"},
	{TheFolder, ClassPart, ""},
}

var pathBare = bare{ClassPart, []Code{
	PathNone, PathMore,
	WayNoName, WayRefused, WaySilent, WayFar, WayNeverDialled, WayLoopback, WayPrivate, WayPort, WayBadName, WayLocalName,
	WayOnion, WayTheirs, WayAlone, WaySpent, WayNoTicket, WayNoTCP, WayBadURL,
}}

var pathCodes = []row{
	{PathTried, ClassPart, "path why"},
	{PathVia, ClassPart, "path why"},
	{PathDirect, ClassPart, "address through"},
	{PathRelay, ClassPart, "address through"},
	{PathPort, ClassPart, "address through"},
	{PathThrough, ClassPart, "name"},
	{WayFailed, ClassPart, "why"},
	{NoRelayStatus, ClassPart, "status"},
	{NoRelaySays, ClassPart, "says"},
}

var connectionBare = bare{ClassPart, []Code{
	ConnRefused, ConnReset, ConnUnreachable, ConnNoAnswer, ConnInUse, ConnNotHere, ConnNoFamily, ConnForbidden,
	ConnEnded, ConnNoName, ConnUnsigned, ConnNoRoots, ConnNotTLS, ConnTaken,
	InsteadPage, InsteadAnother, InsteadEndless,
	AwaitGreeting, AwaitNameplates, AwaitNameplate, AwaitClaim, AwaitStored,
	AwaitReceipt, AwaitConnection, AwaitVersion, AwaitOvertaken,
	AwaitOffer, AwaitHints, AwaitTextReceipt,
}}

var connectionCodes = []row{
	{ConnStill, ClassPart, "after"},
	{ConnServer, ClassPart, "server why"},
	{ConnNoLookup, ClassPart, "system"},
	{ConnExpired, ClassPart, "from until now"},
	{ConnOtherName, ClassPart, "names name"},
	{ConnOtherNames, ClassPart, "names name"},
	{ConnNameless, ClassPart, "name"},
	{ConnInvalid, ClassPart, "system"},
	{ConnSystem, ClassPart, "system"},
	{InsteadStatus, ClassPart, "status"},
	{InsteadPlain, ClassPart, "status"},
	{InsteadAway, ClassPart, "server"},
}

var proxyBare = bare{ClassPart, []Code{
	ViaBadAddress, ViaSilent, ViaHungUp, ViaNotSOCKS, ViaWantsLogin, ViaBadLogin,
}}

var proxyCodes = []row{
	{ViaProxy, ClassPart, "proxy source why"},
	{ViaTor, ClassPart, "proxy why"},
	{ViaBrowser, ClassPart, "source"},
	{ViaNotReached, ClassPart, "why"},
	{ViaNotConnected, ClassPart, "why"},
	{ViaNotHTTP, ClassPart, "says"},
	{ViaOddLogin, ClassPart, "methods"},
	{ViaRedirects, ClassPart, "status"},
	{ViaRefuses, ClassPart, "server"},
	{ViaRefusesAs, ClassPart, "server status"},
	{ViaCantConnect, ClassPart, "server status"},
	{ViaCantAs, ClassPart, "server status"},
}
