package main

import (
	"errors"

	"sesame/client"
)

// What the program returns to the shell. The numbers are a promise: scripts
// rely on them, and exitTable explains them to people.
const (
	exitOK        = 0
	exitOther     = 1
	exitUsage     = 2
	exitWrongCode = 3
	exitRefused   = 4
	exitIntegrity = 5
	exitLocal     = 6
	exitNetwork   = 7
	exitServer    = 8
	exitUnable    = 9
	exitPartial   = 10
	exitSignal    = 128 // plus the number of the signal
)

const exitTable = `What sesame returns to the shell:

    0   done: everything is written on the other side
    1   something else went wrong
    2   the command line can't be carried out
    3   wrong code, or somebody tried to guess it or to disturb
    4   one of the two people declined or stopped
    5   what arrived is not what was sent
    6   reading or writing files failed, here or on the other computer; or all
        went well, but what had to be said about it couldn't be written
    7   the other computer or a server can't be reached, or fell silent
    8   the server refused, or makes no sense
    9   the other program can't do what was asked for
   10   done in part: something could not be sent, because nobody may read it, it
        changed meanwhile, or its name can't be created everywhere; or the disk
        that it comes to can't have its name, or links. What is never sent (links
        that lead outside, devices, sockets) doesn't count. With other
        programs, and sesames of another protocol, a file that changes ends the
        transfer, and nothing is there; a receiver gets 1 then, as for all that
        they say in words
  130   interrupted (128 plus the number of the signal)
`

// exitOf says what the shell gets for a failure.
func exitOf(f *client.Failure) int {
	switch f.Class {
	case client.ClassUsage:
		return exitUsage
	case client.ClassInsecure:
		return exitWrongCode
	case client.ClassRefused:
		return exitRefused
	case client.ClassIntegrity:
		return exitIntegrity
	case client.ClassFiles:
		return exitLocal
	case client.ClassNetwork:
		return exitNetwork
	case client.ClassServer:
		return exitServer
	case client.ClassUnable:
		return exitUnable
	case client.ClassPartial:
		return exitPartial
	}
	return exitOther
}

// explain is what the shell and the user get for an error.
func explain(err error) failure {
	var signal *interruption
	var usage *usageError
	switch {
	case errors.As(err, &signal):
		f := failure{Exit: exitSignal + int(signal.signal), Cause: client.Interrupted}
		f.Text, f.Hint = say(client.Interrupted, nil)
		return keptFor(err, f)
	case errors.As(err, &usage):
		return failure{exitUsage, usage.text, usage.hint, client.Usage}
	}
	var lost *unwritten
	why := client.Explain(err)
	f := failure{Exit: exitOf(why), Cause: why.Code}
	f.Text, f.Hint = sayKept(why.Code, why.Args, why.Kept)
	if errors.As(err, &lost) {
		f.Exit, f.Hint = exitLocal, "all else is done"
	}
	return keptFor(err, f)
}

// keptFor adds what to do where something has arrived, and nothing better is known.
func keptFor(err error, f failure) failure {
	var why *client.Failure
	if errors.As(err, &why) && why.Kept && f.Hint == "" && f.Exit != exitLocal {
		f.Hint = "what has arrived is kept: run both again to go on"
	}
	return f
}
