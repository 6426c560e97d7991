package main

import "sesame/client"

// What stands within texts about disks.

func whatWasDone() map[client.Code]wording {
	return map[client.Code]wording{
		client.DoUse:       {text: "using {name}"},
		client.DoOpen:      {text: "opening {name}"},
		client.DoRead:      {text: "reading {name}"},
		client.DoLook:      {text: "looking at {name}"},
		client.DoWrite:     {text: "writing {name}"},
		client.DoWriteInto: {text: "writing into {name}"},
		client.DoCreate:    {text: "creating {name}"},
		client.DoRemove:    {text: "removing {name}"},
		client.DoName:      {text: "giving {name} its name"},
		client.DoReplace:   {text: "replacing {name}"},
		client.DoSync:      {text: "syncing {name}"},
		client.DoUnpack:    {text: "reading what has arrived of {name}"},
		client.DoReceive:   {text: "receiving {size}"},
		client.DoMake:      {text: "making {count} files and folders", one: "making one file or folder"},
		client.TheFolder:   {text: "the folder"},
	}
}

func whatIsLeft() map[client.Code]wording {
	return map[client.Code]wording{
		client.LeftNoFiles: {text: ": no room for another file, as there are too many files"},
		client.LeftFiles:   {text: ": room for {count} more"},
		client.LeftOther:   {text: ": no room for another file or block, though {size} are free (too many files, or space kept for root)"},
		client.LeftBytes:   {text: ": {size} free"},
		client.LeftKept:    {text: ": what has arrived is kept"},

		client.HowReceipt:     {text: "the receiver's confirmation is damaged"},
		client.HowUnconfirmed: {text: "the receiver does not confirm it"},
		client.HowOther:       {text: "the receiver has something else"},

		client.RemedyHere:  {text: "put that right and run both again"},
		client.RemedyThere: {text: "only the other person can put that right"},
		client.RemedyBoth:  {text: "some of it can be put right here, and some only there; then run both again"},
	}
}

func troubles() map[client.Code]wording {
	return map[client.Code]wording{
		client.TroubleFull:     {text: "there is no room"},
		client.TroubleQuota:    {text: "the quota is used up"},
		client.TroubleTooLarge: {text: "the file is too large for this file system or for this process's limit"},
		client.TroubleNoWrites: {text: "this disk is read-only"},
		client.TroubleDenied:   {text: "permission denied"},
		client.TroubleMarked:   {text: "it is read-only"},
		client.TroubleLongName: {text: "the name is too long"},
		client.TroubleBadName:  {text: "this disk can't have such a name"},
		client.TroubleNowhere:  {text: "there is no such file or folder"},
		client.TroubleTaken:    {text: "something has that name already"},
		client.TroubleNoFolder: {text: "it is not a folder"},
		client.TroubleFolder:   {text: "it is a folder"},
		client.TroubleBusy:     {text: "another program has it open"},
		client.TroubleMounted:  {text: "something is mounted there"},
		client.TroubleBroken:   {text: "the disk has failed; it may be broken"},
		client.TroubleDiskGone: {text: "the disk isn't there any more"},
		client.TroubleTooOpen:  {text: "too many files are open"},
		client.TroubleMemory:   {text: "there is no memory left"},
		client.TroubleLinks:    {text: "links lead round in a circle"},
		client.TroubleShort:    {text: "it ends too early"},
		client.TroubleUnread:   {text: "nobody reads it any more"},
		client.TroubleAlive:    {text: "it is neither a file nor a directory"},
		client.TroubleOthers:   {text: "others may have written there"},
		client.TroubleNoRename: {text: "nothing can be renamed there"},
		client.TroubleOdd:      {text: "not a plain file of ours"},
		client.TroubleUnable:   {text: "this system can't do that"},
		client.TroubleOther:    {text: "the system says: {system} ({number})"},
		client.MemoryNowhere:   {text: "no place for it is known, as HOME isn't set"},
	}
}
