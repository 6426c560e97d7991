package main

import "sesame/client"

func saidOfFiles() map[client.Code]wording {
	const (
		another = "choose another name with --output or --on-conflict rename"
		again   = "nothing of it has its final name; it has to be sent again"
		changed = "nothing of it has its final name; send it again when nothing writes to it"
	)
	return map[client.Code]wording{
		client.Disk:          {text: "{doing}: {why}", kept: "what has arrived is kept: run both again when that is put right"},
		client.Full:          {text: "disk full: {doing}{left}; make room and start again{kept}"},
		client.Quota:         {text: "disk quota used up: {doing}; make room and start again{kept}"},
		client.TooLarge:      {text: "{doing}: the file is too large for this file system or for this process's limit; receive into another directory"},
		client.List:          {text: "what is to be sent can't be listed: {why}"},
		client.NoRead:        {text: "{why}"},
		client.Unsendable:    {text: "{name} can't be sent: it {why}", hint: "give it another name"},
		client.NothingNamed:  {text: "nothing was named"},
		client.NothingToSend: {text: "nothing can be sent: {name} {why}"},
		client.Exists:        {text: "{name} exists already", hint: "choose another name with --output, or see --on-conflict"},
		client.Unlike:        {text: "{name} is there already, and files and folders don't replace each other", hint: another},
		client.Mounted:       {text: "{name} can't be replaced: something is mounted there", hint: another},
		client.ReadOnly:      {text: "{name} can't be replaced: it is read-only", hint: another},
		client.InUse:         {text: "{name} can't be replaced: another program has it open, or it is protected", hint: "close it there and run both again; or " + another},
		client.Twins:         {text: "{one} and {other} are one name on this disk: receive into another directory"},
		client.NoFolder:      {text: "there is no folder {name}", hint: "--output makes the folder if its name ends with /"},
		client.NotAFolder:    {text: "{name} is not a folder"},
		client.NoWrite:       {text: "can't write into {name}: {why}"},
		client.Changed:       {text: "{name} changed while it was sent: it {how}", hint: changed},
		client.PeerChanged:   {text: "the other computer says: {says}", hint: changed},
		client.Incomplete:    {text: "{count} files or folders could not be sent; everything else is there", one: "one file or folder could not be sent; everything else is there", hint: "the lines above say why; {remedy}"},
		client.PeerNoRoom:    {text: "the other computer's disk has not enough room"},
		client.PeerDisk:      {text: "the other computer can't read or write its files"},
		client.PeerDiskSays:  {text: "the other computer can't read or write its files; it says: {says}"},
		client.PeerFull:      {text: "the other computer's disk is full", hint: "when there is room, run both again"},
		client.Damaged:       {text: "what arrived is not what was sent", hint: again},
		client.PeerDamaged:   {text: "what arrived is not what was sent: {how}", hint: "it may have its final name there: ask, and send it again"},
		client.Protocol:      {text: "the other computer breaks the protocol: {rule}", hint: again},
		client.BadList:       {text: "the list of files breaks a rule: {rule}", hint: again},
		client.BadArchive:    {text: "the archive that came is refused: {rule}", hint: again},
		client.PeerNonsense:  {text: "what the other program sends makes no sense: {rule}", hint: again},
		client.StreamFailed:  {text: "the other computer could not send it: {why}"},
		client.PeerProtocol:  {text: "the other computer says: {says}"},
		client.PeerOther:     {text: "{side} says: {says}", hint: "{between}"},
	}
}
