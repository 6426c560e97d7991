package client

import (
	"errors"

	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
)

// explainWhy says why one thing is left out, or isn't there: the Why of a
// manifest.Skipped or a transfer.Failure.
func explainWhy(err error) *Failure {
	why, ok := err.(manifest.Reason)
	if !ok {
		return nil
	}
	switch why.Cause {
	case manifest.CauseMore:
		return Fail(WhyMore, int(why.Numbers[0]))
	case manifest.CauseOthers:
		return Fail(WhyOthers, int(why.Numbers[0]))
	case manifest.CauseClassicName:
		return Fail(WhyClassicName, errors.New(why.Says))
	case manifest.CauseUnreadable:
		if why.Says != "" {
			return Fail(WhyUnreadableFor, errors.New(why.Says))
		}
	}
	if how := howChanged(why); how != nil {
		return Fail(WhyChangedHow, how)
	}
	if code := of(whys[:], why.Cause); code != "" {
		return Fail(code)
	}
	if why.Says != "" {
		return Fail(WhySays, why.Says)
	}
	return Fail(WhyUnsaid)
}

// whys are the causes without arguments.
var whys = [...]Code{
	manifest.CauseChanged:        WhyChanged,
	manifest.CauseUnreadable:     WhyUnreadable,
	manifest.CauseDropped:        WhyDropped,
	manifest.CauseDenied:         WhyDenied,
	manifest.CauseRemoved:        WhyRemoved,
	manifest.CauseReplaced:       WhyReplaced,
	manifest.CauseNoSize:         WhyNoSize,
	manifest.CausePipe:           WhyPipe,
	manifest.CauseSocket:         WhySocket,
	manifest.CauseDevice:         WhyDevice,
	manifest.CauseNowhere:        WhyNowhere,
	manifest.CauseOdd:            WhyNoFile,
	manifest.CauseDeep:           WhyDeep,
	manifest.CausePartial:        WhyUnfinished,
	manifest.CauseEmptyName:      WhyNameEmpty,
	manifest.CauseDots:           WhyNameDots,
	manifest.CauseLongName:       WhyNameLong,
	manifest.CauseBackslash:      WhyNameBackslash,
	manifest.CauseControl:        WhyNameControl,
	manifest.CauseNotUTF8:        WhyNameCoding,
	manifest.CauseReversed:       WhyNameReversed,
	manifest.CauseSign:           WhyNameSign,
	manifest.CauseEnd:            WhyNameEnd,
	manifest.CauseDeviceName:     WhyNameDevice,
	manifest.CauseMark:           WhyNameMark,
	manifest.CauseLinkEmpty:      WhyLinkEmpty,
	manifest.CauseLinkLong:       WhyLinkLong,
	manifest.CauseLinkAbsolute:   WhyLinkAbsolute,
	manifest.CauseLinkCharacters: WhyLinkSigns,
	manifest.CauseLinkTop:        WhyLinkTop,
	manifest.CauseLinkUpAgain:    WhyLinkUp,
	manifest.CauseLinkOutside:    WhyLinkOutside,
	manifest.CauseLinkItself:     WhyLinkItself,
	manifest.CauseClassicLink:    WhyClassicLink,
	manifest.CauseDiskName:       WhyDiskName,
	manifest.CauseDiskTwin:       WhyDiskTwin,
	manifest.CauseDiskLarge:      WhyDiskLarge,
	manifest.CauseDiskLinks:      WhyDiskLinks,
	manifest.CauseDiskMounted:    WhyDiskMounted,
	manifest.CauseDiskLeads:      WhyDiskLeads,
	manifest.CauseStoodHere:      WhyStoodHere,
}

// howChanged says how a file has changed, nil if why is something else.
func howChanged(why manifest.Reason) *Failure {
	switch why.Cause {
	case manifest.CauseSize:
		return Fail(HowSize, int(why.Numbers[0]), int(why.Numbers[1]))
	case manifest.CauseWritten:
		return Fail(HowWritten)
	case manifest.CauseSwapped:
		return Fail(HowSwapped)
	case manifest.CauseShort:
		return Fail(HowShort)
	case manifest.CauseGone:
		return Fail(HowGone)
	case manifest.CauseIrregular:
		return Fail(HowNoFile)
	case manifest.CauseHoldsMore:
		return Fail(HowMore)
	case manifest.CauseMoved:
		return Fail(HowMoved)
	}
	return nil
}

// lacking says what a disk doesn't keep.
func lacking(what tree.Unkept) *Failure {
	switch {
	case what.Times && what.Programs:
		return Fail(LacksBoth)
	case what.Times:
		return Fail(LacksTimes)
	}
	return Fail(LacksModes)
}

// remarks tells of what isn't as it was sent, and of what didn't have to cross.
func (t *teller) remarks(report *transfer.Report) {
	if n := report.Declined; n > 0 {
		t.note(NoteNotWanted, n, report.DeclinedBytes)
	}
	if report.Unkept != (tree.Unkept{}) {
		t.note(NoteNotKept, lacking(report.Unkept))
	}
}
