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
		troubleCodes(), doingCodes(), connectionCodes(), proxyCodes(), pathCodes(),
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
		is(Other, ClassOther, "system"),
		is(Interrupted, ClassInterrupted),
		is(Usage, ClassUsage, "field", "value", "rule"),
	}
}

func codeCodes() []Entry {
	return []Entry{
		is(BadCode, ClassUsage, "problem"),
		is(MistypedCode, ClassUsage, "problem", "suggestion"),
		is(OddCode, ClassUsage, "problem", "suggestion"),
		is(BadName, ClassUsage, "name", "problem"),
		is(ImpossibleName, ClassUsage, "name"),
		is(UnlistedCode, ClassUsage, "problem"),
		is(BadServer, ClassUsage, "url"),
		is(OtherServer, ClassUsage, "url"),
		is(BothSend, ClassUsage),
		is(BothReceive, ClassUsage),
		is(WrongCode, ClassInsecure, "happened", "advice"),
		is(Guessed, ClassInsecure, "count"),
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
		is(Disk, ClassFiles, "doing", "why"),
		is(Full, ClassFiles, "doing", "left", "kept"),
		is(Quota, ClassFiles, "doing", "kept"),
		is(TooLarge, ClassFiles, "doing"),
		is(List, ClassFiles, "why"),
		is(Unsendable, ClassFiles, "name", "why"),
		is(NothingNamed, ClassFiles),
		is(NothingToSend, ClassFiles, "name", "why"),
		is(Exists, ClassFiles, "name"),
		is(Unlike, ClassFiles, "name"),
		is(Mounted, ClassFiles, "name"),
		is(ReadOnly, ClassFiles, "name"),
		is(InUse, ClassFiles, "name"),
		is(Twins, ClassFiles, "one", "other"),
		is(NoFolder, ClassFiles, "name"),
		is(NotAFolder, ClassFiles, "name"),
		is(NoWrite, ClassFiles, "name", "why"),
		is(NoRead, ClassFiles, "why"),
		is(Changed, ClassPartial, "name", "how"),
		is(PeerChanged, ClassPartial, "says"),
		is(Incomplete, ClassPartial, "count", "remedy"),
		is(PeerNoRoom, ClassFiles),
		is(PeerDisk, ClassFiles),
		is(PeerDiskSays, ClassFiles, "says"),
		is(PeerFull, ClassFiles),
		is(Damaged, ClassIntegrity),
		is(PeerDamaged, ClassIntegrity, "how"),
		is(Protocol, ClassIntegrity, "rule"),
		is(BadList, ClassIntegrity, "rule"),
		is(BadArchive, ClassOther, "rule"),
		is(PeerNonsense, ClassOther, "rule"),
		is(StreamFailed, ClassOther, "why"),
		is(PeerProtocol, ClassIntegrity, "says"),
		is(PeerOther, ClassOther, "says", "side", "between"),
	}
}

func networkCodes() []Entry {
	return []Entry{
		is(Missed, ClassNetwork),
		is(Lost, ClassNetwork),
		is(LostAll, ClassNetwork, "paths"),
		is(PeerGone, ClassNetwork, "why"),
		is(Unconfirmed, ClassNetwork, "why"),
		is(Untold, ClassNetwork, "why"),
		is(NoWay, ClassNetwork),
		is(NoPath, ClassNetwork, "paths"),
		is(Late, ClassNetwork, "what", "within"),
		is(Network, ClassNetwork, "why"),
		is(NoTransfer, ClassNetwork),
		is(Asleep, ClassNetwork),
		is(AsleepGone, ClassNetwork),
		is(Proxy, ClassNetwork, "why", "source"),
		is(ProxyLogin, ClassNetwork, "why", "source"),
		is(Tor, ClassNetwork, "why"),
		is(NoListen, ClassFiles, "why"),
		is(NoAddress, ClassNetwork),
		is(NoSearch, ClassNetwork, "why"),
		is(NoSender, ClassNetwork, "after"),
		is(SenderLost, ClassNetwork, "why"),
		is(SenderDouble, ClassNetwork, "count"),
	}
}

func serverCodes() []Entry {
	return []Entry{
		is(Server, ClassNetwork, "why"),
		is(ServerClock, ClassNetwork, "why"),
		is(ServerUntrusted, ClassNetwork, "why"),
		is(ServerRoots, ClassNetwork, "why"),
		is(ServerPlain, ClassNetwork, "why"),
		is(ServerNone, ClassNetwork, "why"),
		is(ServerUnwell, ClassNetwork),
		is(ServerRefused, ClassServer, "words"),
		is(ServerTurnsAway, ClassServer, "words"),
		is(ServerMalformed, ClassServer, "rule"),
	}
}

func noteCodes() []Entry {
	return []Entry{
		is(NoteStopping, ClassNote),
		is(NoteNoServer, ClassNote),
		is(NoteProxyUnused, ClassNote, "variable", "scheme", "server", "wanted"),
		is(NoteOwnCode, ClassNote, "problem"),
		is(NoteGuessing, ClassNote),
		is(NoteNotAnnounced, ClassNote, "why"),
		is(NoteRival, ClassNote),
		is(NoteStillLooking, ClassNote),
		is(NoteTurnedAway, ClassNote, "address"),
		is(NoteUnanswered, ClassNote),
		is(NoteReturned, ClassNote, "after"),
		is(NoteCameLate, ClassNote, "after"),
		is(NoteSilent, ClassNote),
		is(NoteNoOffer, ClassNote),
		is(NoteSilentLong, ClassNote),
		is(NoteNobody, ClassNote, "number", "server"),
		is(NoteOlder, ClassNote, "costs"),
		is(NoteNewer, ClassNote, "costs"),
		is(NoteRenamed, ClassNote, "name", "free"),
		is(NoteNotWanted, ClassNote, "count", "size"),
		is(NoteNotKept, ClassNote, "what"),
		is(NoteNoMemory, ClassNote, "why"),
		is(NoteLeftOther, ClassNote, "name"),
		is(NoteLeftUnknown, ClassNote, "name"),
		is(NoteLeftMore, ClassNote),
	}
}

func waitCodes() []Entry {
	return []Entry{
		is(WaitServer, ClassWait, "server"),
		is(WaitSilent, ClassWait, "server"),
		is(WaitLost, ClassWait, "server"),
		is(WaitPeer, ClassWait),
		is(WaitSender, ClassWait),
		is(WaitNobody, ClassWait, "number", "server"),
		is(WaitProof, ClassWait),
		is(WaitNear, ClassWait),
		is(WaitAway, ClassWait),
		is(WaitWay, ClassWait, "count"),
		is(WaitOffer, ClassWait),
		is(WaitDecision, ClassWait),
	}
}

func questionCodes() []Entry {
	return []Entry{
		is(AskCode, ClassQuestion),
		is(AskMistyped, ClassQuestion, "problem", "suggestion"),
		is(AskUnlisted, ClassQuestion, "problem"),
		is(AskServer, ClassQuestion, "url"),
		is(AskAccept, ClassQuestion, "what", "where"),
		is(AskGrowth, ClassQuestion),
		is(AskConflict, ClassQuestion, "name", "free"),
		is(AskFolder, ClassQuestion, "name"),
		is(AskVerify, ClassQuestion),
	}
}
