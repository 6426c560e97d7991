package main

import "sesame/client"

// What stands here follows the path of something that was left out, or that isn't
// there, in a line of its own.

func whyLeftOut() map[client.Code]wording {
	return map[client.Code]wording{
		client.WhyUnsaid:        {text: "no reason given"},
		client.WhySays:          {text: "{says}"},
		client.WhyDropped:       {text: "one reason more than are kept"},
		client.WhyMore:          {text: "{count} more were left out"},
		client.WhyDenied:        {text: "can't be read: permission denied"},
		client.WhyUnreadable:    {text: "can't be read"},
		client.WhyUnreadableFor: {text: "can't be read: {system}"},
		client.WhyRemoved:       {text: "was removed while it was listed"},
		client.WhyReplaced:      {text: "was replaced while it was listed"},
		client.WhyNoSize:        {text: "holds more than its size says"},
		client.WhyPipe:          {text: "is a named pipe"},
		client.WhySocket:        {text: "is a socket"},
		client.WhyDevice:        {text: "is a device"},
		client.WhyNowhere:       {text: "is a link to nowhere"},
		client.WhyNoFile:        {text: "is no regular file"},
		client.WhyDeep:          {text: "is too deep"},
		client.WhyUnfinished:    {text: "has the name of something that is being received"},
		client.WhyClassicLink:   {text: "is a link, which the other program can't take"},
		client.WhyClassicName:   {text: "has a name that the other program can't take: {rule}"},
	}
}

func whyNamed() map[client.Code]wording {
	return map[client.Code]wording{
		client.WhyNameEmpty:     {text: "has an empty name in its path"},
		client.WhyNameDots:      {text: "has . or .. in its path"},
		client.WhyNameLong:      {text: "has too long a name"},
		client.WhyNameBackslash: {text: "has a backslash in its name"},
		client.WhyNameControl:   {text: "has a control character in its name"},
		client.WhyNameCoding:    {text: "has a name that is not UTF-8"},
		client.WhyNameReversed:  {text: "has a character that reverses text in its name"},
		client.WhyNameSign:      {text: "has one of < > : \" | ? * in its name"},
		client.WhyNameEnd:       {text: "has a name that ends in a dot or a space"},
		client.WhyNameDevice:    {text: "has the name of a device on Windows"},
		client.WhyNameMark:      {text: "has a character in its name that can't be seen"},
		client.WhyLinkEmpty:     {text: "is a link to nothing"},
		client.WhyLinkLong:      {text: "is a link with too long a target"},
		client.WhyLinkAbsolute:  {text: "is a link to an absolute path"},
		client.WhyLinkSigns:     {text: "is a link with characters in its target that are not allowed"},
		client.WhyLinkTop:       {text: "is a link at the top level"},
		client.WhyLinkUp:        {text: "is a link that goes up again after going down"},
		client.WhyLinkOutside:   {text: "is a link that leads outside"},
		client.WhyLinkItself:    {text: "is a link to itself"},
	}
}

func whyLost() map[client.Code]wording {
	return map[client.Code]wording{
		client.WhyDiskName:    {text: "this disk can't have such a name"},
		client.WhyDiskTwin:    {text: "to this disk its name is another one's, too"},
		client.WhyDiskLarge:   {text: "this disk can't have so large a file"},
		client.WhyDiskLinks:   {text: "this disk can't have links"},
		client.WhyDiskMounted: {text: "something is mounted under its name, which can't be replaced"},
		client.WhyDiskLeads:   {text: "the link leads out of its directory"},
		client.WhyStoodHere:   {text: "was there, and has been changed since"},
		client.WhyOthers:      {text: "this and {count} more can't be written"},
		client.WhyChanged:     {text: "changed while sending"},
		client.WhyChangedHow:  {text: "changed while sending: it {how}"},
	}
}

// saidThere is what the other side says by a code.
func saidThere() map[client.Code]wording {
	return map[client.Code]wording{
		client.SaysChanged: {text: "changed while sending"},
		client.SaysRule:    {text: "protocol error"},
		client.SaysList:    {text: "the list of files breaks a rule"},
		client.SaysGrowth:  {text: "the stream unpacks to more than 200 times what is sent; --no-compress sends it as it is"},
		client.SaysDamaged: {text: "the data is damaged on its way"},
		client.SaysLate:    {text: "waited too long"},
		client.SaysNoWay:   {text: "found no way to the other computer"},
		client.SaysStream:  {text: "a stream can't be sent to this program"},
		client.SaysStuck:   {text: "could not go on"},
	}
}

// parts stand within others.
func parts() map[client.Code]wording {
	const (
		times    = "when files were last changed"
		programs = "which files are programs"
	)
	return map[client.Code]wording{
		client.HowSize:    {text: "is now {now} bytes, was {was}"},
		client.HowWritten: {text: "was written to"},
		client.HowSwapped: {text: "was replaced"},
		client.HowShort:   {text: "is shorter than it was"},
		client.HowGone:    {text: "is gone"},
		client.HowNoFile:  {text: "is no regular file any more"},
		client.HowMore:    {text: "holds more than its size says"},
		client.HowMoved:   {text: "is in a directory that was replaced"},
		client.LacksTimes: {text: times},
		client.LacksModes: {text: programs},
		client.LacksBoth:  {text: times + ", and " + programs},
	}
}
