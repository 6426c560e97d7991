package client

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
		WhyNameSign, WhyNameEnd, WhyNameDevice, WhyNameMark,
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
		WrongTyped, WrongGuessed,
		TypedEmpty, TypedNotText, TypedUnseen, TypedNumber, TypedLocal, TypedSpaces, TypedZero, TypedNoWords, TypedDashes,
		TypedForm, TypedParted, TypedOrder, TypedOneWord, TypedMissing,
		ForeignProgram, OlderSesame, NewerSesame, CostsKey, CostsAgain,
	),
		is(TypedLong, ClassPart, "count"),
		is(TypedNoDigits, ClassPart, "count", "word"),
		is(TypedUnlisted, ClassPart, "word"),
		is(CostsFolder, ClassPart, "name"),
		is(HowSize, ClassPart, "now", "was"),
	)
}

func troubleCodes() []Entry {
	return append(all(ClassPart,
		TroubleFull, TroubleQuota, TroubleTooLarge, TroubleNoWrites, TroubleDenied, TroubleMarked, TroubleLongName, TroubleBadName,
		TroubleNowhere, TroubleTaken, TroubleNoFolder, TroubleFolder, TroubleBusy, TroubleMounted, TroubleBroken, TroubleDiskGone,
		TroubleTooOpen, TroubleMemory, TroubleLinks, TroubleShort, TroubleUnread, TroubleAlive, TroubleOthers,
		TroubleNoRename, TroubleOdd, TroubleUnable,
		MemoryNowhere,
		LeftNoFiles, LeftKept,
		HowReceipt, HowUnconfirmed, HowOther,
		RemedyHere, RemedyThere, RemedyBoth,
	),
		is(TroubleOther, ClassPart, "system", "number"),
		is(LeftFiles, ClassPart, "count"),
		is(LeftOther, ClassPart, "size"),
		is(LeftBytes, ClassPart, "size"),
	)
}

func doingCodes() (out []Entry) {
	for _, code := range []Code{
		DoUse, DoOpen, DoRead, DoLook, DoWrite, DoWriteInto, DoCreate, DoRemove, DoName, DoReplace, DoSync, DoUnpack,
	} {
		out = append(out, is(code, ClassPart, "name"))
	}
	return append(out, is(DoReceive, ClassPart, "size"), is(DoMake, ClassPart, "count"), is(TheFolder, ClassPart))
}

func pathCodes() []Entry {
	return append(all(ClassPart,
		PathNone, PathMore,
		WayNoName, WayRefused, WaySilent, WayFar, WayNeverDialled, WayLoopback, WayPrivate, WayPort, WayBadName, WayLocalName,
		WayOnion, WayTheirs, WayAlone, WayNoTCP, WayBadURL,
	),
		is(PathTried, ClassPart, "path", "why"),
		is(PathVia, ClassPart, "path", "why"),
		is(PathDirect, ClassPart, "address", "through"),
		is(PathRelay, ClassPart, "address", "through"),
		is(PathPort, ClassPart, "address", "through"),
		is(PathThrough, ClassPart, "name"),
		is(WayFailed, ClassPart, "why"),
		is(NoRelayStatus, ClassPart, "status"),
		is(NoRelaySays, ClassPart, "says"),
	)
}

func connectionCodes() []Entry {
	return append(all(ClassPart,
		ConnRefused, ConnReset, ConnUnreachable, ConnNoAnswer, ConnInUse, ConnNotHere, ConnNoFamily, ConnForbidden,
		ConnEnded, ConnNoName, ConnUnsigned, ConnNoRoots, ConnNotTLS, ConnTaken,
		InsteadPage, InsteadAnother, InsteadEndless,
		AwaitGreeting, AwaitNameplates, AwaitNameplate, AwaitClaim, AwaitStored,
		AwaitReceipt, AwaitConnection, AwaitVersion, AwaitOvertaken,
		AwaitOffer, AwaitHints, AwaitTextReceipt,
	),
		is(ConnStill, ClassPart, "after"),
		is(ConnServer, ClassPart, "server", "why"),
		is(ConnNoLookup, ClassPart, "system"),
		is(ConnExpired, ClassPart, "from", "until", "now"),
		is(ConnOtherName, ClassPart, "names", "name"),
		is(ConnOtherNames, ClassPart, "names", "name"),
		is(ConnNameless, ClassPart, "name"),
		is(ConnInvalid, ClassPart, "system"),
		is(ConnSystem, ClassPart, "system"),
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
