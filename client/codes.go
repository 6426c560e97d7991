package client

import (
	"slices"
	"sync"
)

// An Entry says of a code what sort of thing it is, and what its arguments are, by
// name and in their order.
type Entry struct {
	Code  Code
	Class Class
	Args  []string
}

// Codes returns the list of all codes.
func Codes() []Entry { return slices.Clone(codeList()) }

// codeList is the list, made once.
var codeList = sync.OnceValue(func() []Entry {
	return slices.Concat(
		runCodes(),
		codeCodes(),
		peopleCodes(),
		fileCodes(),
		networkCodes(),
		serverCodes(),
		noteCodes(),
		waitCodes(),
		questionCodes(),
		whyCodes(), nameCodes(), diskCodes(), partCodes(),
		connectionCodes(), proxyCodes(),
	)
})

// byCode finds an entry of the list.
var byCode = sync.OnceValue(func() map[Code]Entry {
	all := make(map[Code]Entry)
	for _, e := range codeList() {
		all[e.Code] = e
	}
	return all
})

// is returns one entry of the list.
func is(code Code, class Class, args ...string) Entry { return Entry{code, class, args} }

// all returns entries of one class that have no arguments.
func all(class Class, codes ...Code) (out []Entry) {
	for _, code := range codes {
		out = append(out, is(code, class))
	}
	return out
}

func runCodes() []Entry {
	return []Entry{
		is(Other, ClassOther, "detail"),
		is(Interrupted, ClassInterrupted),
		is(Usage, ClassUsage, "detail"),
	}
}

func codeCodes() []Entry {
	return []Entry{
		is(BadCode, ClassUsage, "problem"),
		is(MistypedCode, ClassUsage, "problem", "suggestion"),
		is(OddCode, ClassUsage, "problem", "suggestion"),
		is(BadName, ClassUsage, "name", "problem"),
		is(ImpossibleName, ClassUsage, "name"),
		is(WrongCode, ClassInsecure),
		is(Tampered, ClassInsecure),
		is(Disturbed, ClassInsecure),
		is(CodeUsed, ClassServer),
		is(Crowded, ClassServer),
		is(Unverified, ClassInsecure),
		is(PeerUnverified, ClassInsecure),
		is(NotCompared, ClassRefused),
		is(NotPostQuantum, ClassUnable, "peer", "remedy"),
		is(NeedsNative, ClassUnable, "peer", "remedy"),
		is(SenderOther, ClassNetwork),
	}
}

func peopleCodes() []Entry {
	return []Entry{
		is(Declined, ClassRefused),
		is(DeclinedGrowth, ClassRefused),
		is(OneName, ClassUsage, "count"),
		is(OneFile, ClassUsage, "offer"),
		is(HiddenName, ClassRefused, "name"),
		is(AlreadyThere, ClassRefused, "name"),
		is(NoAnswer, ClassRefused),
		is(PeerDeclined, ClassRefused),
		is(PeerSaysNo, ClassRefused, "says"),
		is(PeerWantsOne, ClassRefused),
		is(PeerNoHidden, ClassRefused),
		is(PeerHasIt, ClassRefused),
		is(PeerNotShown, ClassRefused),
		is(PeerCancelled, ClassRefused),
		is(PeerWantsQuant, ClassRefused),
		is(Growth, ClassRefused),
	}
}

func fileCodes() []Entry {
	return []Entry{
		is(Disk, ClassFiles, "detail"),
		is(Full, ClassFiles, "detail"),
		is(List, ClassFiles, "detail"),
		is(Exists, ClassFiles, "name"),
		is(Unlike, ClassFiles, "name"),
		is(Mounted, ClassFiles, "name"),
		is(ReadOnly, ClassFiles, "name"),
		is(InUse, ClassFiles, "name"),
		is(Twins, ClassFiles, "one", "other"),
		is(NoFolder, ClassFiles, "name"),
		is(NotAFolder, ClassFiles, "name"),
		is(NoWrite, ClassFiles, "name", "detail"),
		is(NoRead, ClassFiles, "detail"),
		is(Changed, ClassPartial, "name", "how"),
		is(PeerChanged, ClassPartial, "says"),
		is(Incomplete, ClassPartial, "count"),
		is(PeerNoRoom, ClassFiles),
		is(PeerDisk, ClassFiles),
		is(PeerDiskSays, ClassFiles, "says"),
		is(PeerFull, ClassFiles),
		is(Damaged, ClassIntegrity, "detail"),
		is(Protocol, ClassIntegrity, "detail"),
		is(BadList, ClassIntegrity, "detail"),
		is(PeerProtocol, ClassIntegrity, "says"),
		is(PeerOther, ClassOther, "says", "side", "between"),
	}
}

func networkCodes() []Entry {
	return []Entry{
		is(Missed, ClassNetwork),
		is(Lost, ClassNetwork, "detail"),
		is(NoWay, ClassNetwork),
		is(NoPath, ClassNetwork, "detail"),
		is(Late, ClassNetwork, "what", "within"),
		is(Network, ClassNetwork, "detail"),
		is(NoTransfer, ClassNetwork),
		is(Asleep, ClassNetwork),
		is(AsleepGone, ClassNetwork),
		is(Proxy, ClassNetwork, "detail", "source"),
		is(ProxyLogin, ClassNetwork, "detail", "source"),
		is(Tor, ClassNetwork, "detail"),
		is(NoListen, ClassFiles, "detail"),
		is(NoAddress, ClassNetwork),
		is(NoSearch, ClassNetwork, "detail"),
		is(NoSender, ClassNetwork, "after"),
		is(SenderLost, ClassNetwork, "detail"),
		is(SenderDouble, ClassNetwork, "count"),
	}
}

func serverCodes() []Entry {
	return []Entry{
		is(Server, ClassNetwork, "detail"),
		is(ServerClock, ClassNetwork, "detail"),
		is(ServerUntrusted, ClassNetwork, "detail"),
		is(ServerRoots, ClassNetwork, "detail"),
		is(ServerPlain, ClassNetwork, "detail"),
		is(ServerNone, ClassNetwork, "detail"),
		is(ServerUnwell, ClassNetwork),
		is(ServerRefused, ClassServer, "words"),
		is(ServerTurnsAway, ClassServer, "words"),
		is(ServerMalformed, ClassServer, "detail"),
	}
}

func noteCodes() []Entry {
	return []Entry{
		is(NoteStopping, ClassNote),
		is(NoteNoServer, ClassNote),
		is(NoteProxyUnused, ClassNote, "variable", "scheme", "server", "wanted"),
		is(NoteGuessing, ClassNote),
		is(NoteNotAnnounced, ClassNote, "detail"),
		is(NoteRival, ClassNote),
		is(NoteStillLooking, ClassNote),
		is(NoteTurnedAway, ClassNote, "address"),
		is(NoteUnanswered, ClassNote),
		is(NoteReturned, ClassNote, "after"),
		is(NoteCameLate, ClassNote, "after"),
		is(NoteSilent, ClassNote),
		is(NoteSilentLong, ClassNote),
		is(NoteOlder, ClassNote, "costs"),
		is(NoteNewer, ClassNote, "costs"),
		is(NoteRenamed, ClassNote, "name", "free"),
		is(NoteNotWanted, ClassNote, "count", "size"),
		is(NoteNotKept, ClassNote, "what"),
		is(NoteNoMemory, ClassNote, "detail"),
		is(NoteLeftOther, ClassNote, "name"),
		is(NoteLeftUnknown, ClassNote, "name"),
		is(NoteLeftMore, ClassNote),
	}
}

func waitCodes() []Entry {
	return []Entry{
		is(WaitPeer, ClassWait),
		is(WaitSender, ClassWait),
		is(WaitNear, ClassWait),
		is(WaitWay, ClassWait),
	}
}

func questionCodes() []Entry {
	return []Entry{
		is(AskCode, ClassQuestion),
		is(AskMistyped, ClassQuestion, "problem", "suggestion"),
		is(AskAccept, ClassQuestion, "what", "where"),
		is(AskGrowth, ClassQuestion),
		is(AskConflict, ClassQuestion, "name", "free"),
		is(AskVerify, ClassQuestion),
	}
}

func whyCodes() []Entry {
	return append(all(ClassWhy,
		WhyUnsaid, WhyDropped, WhyDenied, WhyUnreadable, WhyRemoved, WhyReplaced, WhyNoSize,
		WhyPipe, WhySocket, WhyDevice, WhyNowhere, WhyNoFile, WhyDeep, WhyUnfinished, WhyChanged,
	),
		is(WhySays, ClassWhy, "says"),
		is(WhyMore, ClassWhy, "count"),
		is(WhyUnreadableFor, ClassWhy, "system"),
		is(WhyChangedHow, ClassWhy, "how"),
	)
}

func nameCodes() []Entry {
	return append(all(ClassWhy,
		WhyNameEmpty, WhyNameDots, WhyNameLong, WhyNameBackslash, WhyNameControl, WhyNameCoding, WhyNameReversed,
		WhyLinkEmpty, WhyLinkLong, WhyLinkAbsolute, WhyLinkSigns, WhyLinkTop, WhyLinkUp, WhyLinkOutside, WhyLinkItself,
		WhyClassicLink,
	),
		is(WhyClassicName, ClassWhy, "rule"),
	)
}

func diskCodes() []Entry {
	return append(all(ClassWhy,
		WhyDiskName, WhyDiskTwin, WhyDiskLarge, WhyDiskLinks, WhyDiskMounted, WhyDiskLeads, WhyStoodHere,
	),
		is(WhyOthers, ClassWhy, "count"),
	)
}

func partCodes() []Entry {
	return append(all(ClassPart,
		HowWritten, HowSwapped, HowShort, HowGone, HowNoFile, HowMore, HowMoved,
		LacksTimes, LacksModes, LacksBoth,
		SaysChanged, SaysRule, SaysList, SaysGrowth, SaysDamaged, SaysLate, SaysNoWay, SaysStream, SaysStuck,
		ForeignProgram, OlderSesame, NewerSesame, CostsKey, CostsAgain,
	),
		is(CostsFolder, ClassPart, "name"),
		is(HowSize, ClassPart, "now", "was"),
	)
}

func connectionCodes() []Entry {
	return append(all(ClassPart,
		ConnRefused, ConnReset, ConnUnreachable, ConnNoAnswer, ConnInUse, ConnNotHere, ConnNoFamily, ConnForbidden,
		ConnNoName, ConnUnsigned, ConnNoRoots, ConnNotTLS, ConnTaken,
		InsteadPage, InsteadAnother, InsteadEndless,
		AwaitGreeting, AwaitNameplates, AwaitNameplate, AwaitClaim, AwaitStored,
		AwaitReceipt, AwaitConnection, AwaitVersion, AwaitOvertaken,
	),
		is(ConnServer, ClassPart, "server", "why"),
		is(ConnNoLookup, ClassPart, "detail"),
		is(ConnExpired, ClassPart, "from", "until", "now"),
		is(ConnOtherName, ClassPart, "names", "name"),
		is(ConnOtherNames, ClassPart, "names", "name"),
		is(ConnNameless, ClassPart, "name"),
		is(ConnInvalid, ClassPart, "detail"),
		is(ConnSystem, ClassPart, "detail"),
		is(InsteadStatus, ClassPart, "status"),
		is(InsteadPlain, ClassPart, "status"),
		is(InsteadAway, ClassPart, "server"),
	)
}

func proxyCodes() []Entry {
	return append(all(ClassPart,
		ViaBadAddress, ViaSilent, ViaHungUp, ViaNotSOCKS, ViaWantsLogin, ViaBadLogin,
	),
		is(ViaProxy, ClassPart, "proxy", "source", "why"),
		is(ViaTor, ClassPart, "proxy", "why"),
		is(ViaBrowser, ClassPart, "source"),
		is(ViaNotReached, ClassPart, "why"),
		is(ViaNotConnected, ClassPart, "why"),
		is(ViaNotHTTP, ClassPart, "says"),
		is(ViaOddLogin, ClassPart, "methods"),
		is(ViaRedirects, ClassPart, "status"),
		is(ViaRefuses, ClassPart, "server"),
		is(ViaRefusesAs, ClassPart, "server", "status"),
		is(ViaCantConnect, ClassPart, "server", "status"),
		is(ViaCantAs, ClassPart, "server", "status"),
	)
}
