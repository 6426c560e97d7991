package client

import (
	"slices"
	"strings"
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

// A row is an Entry as it stands in the tables below: they are data, which a program
// holds as it is, where functions that make them are much of what a page has to load.
type row struct {
	code  Code
	class Class
	args  string // with spaces between them
}

// bare is codes of one class that have no arguments.
type bare struct {
	class Class
	codes []Code
}

var rows = [][]row{
	runCodes, codeCodes, peopleCodes, fileCodes, networkCodes, serverCodes, noteCodes, waitCodes, questionCodes,
	whyCodes, nameCodes, diskCodes, partCodes, troubleCodes, doingCodes, connectionCodes, proxyCodes, pathCodes,
}

var bares = []bare{whyBare, nameBare, diskBare, partBare, troubleBare, connectionBare, proxyBare, pathBare}

// of finds the code for a number in a table, which is data as well, "" if there is none.
func of[N ~uint8 | ~uint16](table []Code, n N) Code {
	if int(n) < len(table) {
		return table[n]
	}
	return ""
}

// A word of another package has a code here.
type word struct {
	text string
	code Code
}

// find finds the code for a word, "" if there is none.
func find(table []word, text string) Code {
	for _, w := range table {
		if w.text == text {
			return w.code
		}
	}
	return ""
}

// codeList is the list, made once.
var codeList = sync.OnceValue(func() (all []Entry) {
	for _, table := range rows {
		for _, r := range table {
			all = append(all, Entry{r.code, r.class, strings.Fields(r.args)})
		}
	}
	for _, b := range bares {
		for _, code := range b.codes {
			all = append(all, Entry{Code: code, Class: b.class})
		}
	}
	return all
})

// byCode finds an entry of the list.
var byCode = sync.OnceValue(func() map[Code]Entry {
	all := make(map[Code]Entry)
	for _, e := range codeList() {
		all[e.Code] = e
	}
	return all
})

var runCodes = []row{
	{Other, ClassOther, "system"},
	{Interrupted, ClassInterrupted, ""},
	{Usage, ClassUsage, "field value rule"},
}

var codeCodes = []row{
	{BadCode, ClassUsage, "problem"},
	{MistypedCode, ClassUsage, "problem suggestion"},
	{OddCode, ClassUsage, "problem suggestion"},
	{BadName, ClassUsage, "name problem"},
	{ImpossibleName, ClassUsage, "name"},
	{UnlistedCode, ClassUsage, "problem"},
	{BadServer, ClassUsage, "url"},
	{OtherServer, ClassUsage, "url"},
	{BothSend, ClassUsage, ""},
	{BothReceive, ClassUsage, ""},
	{WrongCode, ClassInsecure, "happened advice"},
	{Guessed, ClassInsecure, "count"},
	{Tampered, ClassInsecure, ""},
	{Disturbed, ClassInsecure, ""},
	{CodeUsed, ClassServer, ""},
	{Crowded, ClassServer, ""},
	{Unverified, ClassInsecure, ""},
	{PeerUnverified, ClassInsecure, ""},
	{NotCompared, ClassRefused, ""},
	{NotPostQuantum, ClassUnable, "peer remedy"},
	{NeedsNative, ClassUnable, "peer remedy"},
	{SenderOther, ClassNetwork, ""},
}

var peopleCodes = []row{
	{Declined, ClassRefused, ""},
	{DeclinedGrowth, ClassRefused, ""},
	{OneName, ClassUsage, "count"},
	{OneFile, ClassUsage, "offer"},
	{HiddenName, ClassRefused, "name"},
	{AlreadyThere, ClassRefused, "name"},
	{NoAnswer, ClassRefused, ""},
	{PeerDeclined, ClassRefused, ""},
	{PeerSaysNo, ClassRefused, "says"},
	{PeerWantsOne, ClassRefused, ""},
	{PeerNoHidden, ClassRefused, ""},
	{PeerHasIt, ClassRefused, ""},
	{PeerNotShown, ClassRefused, ""},
	{PeerCancelled, ClassRefused, ""},
	{PeerWantsQuant, ClassRefused, ""},
	{Growth, ClassRefused, ""},
}

var fileCodes = []row{
	{Disk, ClassFiles, "doing why"},
	{Full, ClassFiles, "doing left kept"},
	{Quota, ClassFiles, "doing kept"},
	{TooLarge, ClassFiles, "doing"},
	{List, ClassFiles, "why"},
	{Unsendable, ClassFiles, "name why"},
	{NothingNamed, ClassFiles, ""},
	{NothingToSend, ClassFiles, "name why"},
	{Exists, ClassFiles, "name"},
	{Unlike, ClassFiles, "name"},
	{Mounted, ClassFiles, "name"},
	{ReadOnly, ClassFiles, "name"},
	{InUse, ClassFiles, "name"},
	{Twins, ClassFiles, "one other"},
	{NoFolder, ClassFiles, "name"},
	{NotAFolder, ClassFiles, "name"},
	{NoWrite, ClassFiles, "name why"},
	{NoRead, ClassFiles, "why"},
	{Changed, ClassPartial, "name how"},
	{PeerChanged, ClassPartial, "says"},
	{Incomplete, ClassPartial, "count remedy"},
	{PeerNoRoom, ClassFiles, ""},
	{PeerDisk, ClassFiles, ""},
	{PeerDiskSays, ClassFiles, "says"},
	{PeerFull, ClassFiles, ""},
	{Damaged, ClassIntegrity, ""},
	{PeerDamaged, ClassIntegrity, "how"},
	{Protocol, ClassIntegrity, "rule"},
	{BadList, ClassIntegrity, "rule"},
	{BadArchive, ClassOther, "rule"},
	{PeerNonsense, ClassOther, "rule"},
	{StreamFailed, ClassOther, "why"},
	{PeerProtocol, ClassIntegrity, "says"},
	{PeerOther, ClassOther, "says side between"},
}

var networkCodes = []row{
	{Missed, ClassNetwork, ""},
	{Lost, ClassNetwork, ""},
	{LostAll, ClassNetwork, "paths"},
	{PeerGone, ClassNetwork, "why"},
	{Unconfirmed, ClassNetwork, "why"},
	{Untold, ClassNetwork, "why"},
	{NoWay, ClassNetwork, ""},
	{NoPath, ClassNetwork, "paths"},
	{Late, ClassNetwork, "what within"},
	{Network, ClassNetwork, "why"},
	{NoTransfer, ClassNetwork, ""},
	{Asleep, ClassNetwork, ""},
	{AsleepGone, ClassNetwork, ""},
	{Proxy, ClassNetwork, "why source"},
	{ProxyLogin, ClassNetwork, "why source"},
	{Tor, ClassNetwork, "why"},
	{NoListen, ClassFiles, "why"},
	{NoAddress, ClassNetwork, ""},
	{NoSearch, ClassNetwork, "why"},
	{NoSender, ClassNetwork, "after"},
	{SenderLost, ClassNetwork, "why"},
	{SenderDouble, ClassNetwork, "count"},
}

var serverCodes = []row{
	{Server, ClassNetwork, "why"},
	{ServerClock, ClassNetwork, "why"},
	{ServerUntrusted, ClassNetwork, "why"},
	{ServerUnsigned, ClassNetwork, "why"},
	{ServerRoots, ClassNetwork, "why"},
	{ServerPlain, ClassNetwork, "why"},
	{ServerNone, ClassNetwork, "why"},
	{ServerUnwell, ClassNetwork, ""},
	{ServerRefused, ClassServer, "words"},
	{ServerTurnsAway, ClassServer, "words"},
	{ServerWantsToken, ClassServer, ""},
	{ServerWantsWork, ClassServer, "within"},
	{ServerMalformed, ClassServer, "rule"},
}

var noteCodes = []row{
	{NoteStopping, ClassNote, ""},
	{NoteNoServer, ClassNote, ""},
	{NoteProxyUnused, ClassNote, "variable scheme server wanted"},
	{NoteOwnCode, ClassNote, "problem"},
	{NoteGuessing, ClassNote, ""},
	{NoteNotAnnounced, ClassNote, "why"},
	{NoteRival, ClassNote, ""},
	{NoteStillLooking, ClassNote, ""},
	{NoteTurnedAway, ClassNote, "address"},
	{NoteUnanswered, ClassNote, ""},
	{NoteServerBusy, ClassNote, "after"},
	{NoteServerWork, ClassNote, "about"},
	{NoteRelayRefuses, ClassNote, "relay"},
	{NoteReturned, ClassNote, "after"},
	{NoteCameLate, ClassNote, "after"},
	{NoteSilent, ClassNote, ""},
	{NoteNoOffer, ClassNote, ""},
	{NoteSilentLong, ClassNote, ""},
	{NoteNobody, ClassNote, "number server"},
	{NoteOlder, ClassNote, "costs"},
	{NoteNewer, ClassNote, "costs"},
	{NoteRenamed, ClassNote, "name free"},
	{NoteNotWanted, ClassNote, "count size"},
	{NoteNotKept, ClassNote, "what"},
	{NoteNoMemory, ClassNote, "why"},
	{NoteLeftOther, ClassNote, "name"},
	{NoteLeftUnknown, ClassNote, "name"},
	{NoteLeftMore, ClassNote, ""},
}

var waitCodes = []row{
	{WaitServer, ClassWait, "server"},
	{WaitSilent, ClassWait, "server"},
	{WaitLost, ClassWait, "server"},
	{WaitPeer, ClassWait, ""},
	{WaitSender, ClassWait, ""},
	{WaitNobody, ClassWait, "number server"},
	{WaitProof, ClassWait, ""},
	{WaitNear, ClassWait, ""},
	{WaitAway, ClassWait, ""},
	{WaitWay, ClassWait, "count"},
	{WaitOffer, ClassWait, ""},
	{WaitDecision, ClassWait, ""},
}

var questionCodes = []row{
	{AskCode, ClassQuestion, ""},
	{AskMistyped, ClassQuestion, "problem suggestion"},
	{AskUnlisted, ClassQuestion, "problem"},
	{AskServer, ClassQuestion, "url"},
	{AskAccept, ClassQuestion, "what where"},
	{AskGrowth, ClassQuestion, ""},
	{AskConflict, ClassQuestion, "name free"},
	{AskFolder, ClassQuestion, "name"},
	{AskVerify, ClassQuestion, ""},
}
