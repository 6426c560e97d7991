package main

import "sesame/client"

func saidOfCodes() map[client.Code]wording {
	const (
		again = "nothing was transferred; start again with a new code"
		one   = "one of the two sends and the other one receives; then use a new code"
	)
	return map[client.Code]wording{
		client.Other:          {text: "can't go on: {system}", hint: "run both again; --verbose tells more"},
		client.Usage:          {text: "{field} can't be {value}: {rule}"},
		client.Interrupted:    {text: "interrupted"},
		client.BadCode:        {text: "that is no code: {problem}", hint: "a code looks like 7-crossover-clockwork"},
		client.MistypedCode:   {text: "that is no code: {problem}", hint: "did you mean {suggestion}?"},
		client.BadName:        {text: "{name} can't be used as a name: {problem}", hint: "choose another name with --output"},
		client.ImpossibleName: {text: "{name} can't be a name on the disk of that folder", hint: "choose another name with --output"},
		client.OddCode:        {text: "that is no code: {problem}", hint: "did you mean {suggestion}? --code-raw takes a code as it is"},
		client.UnlistedCode:   {text: "the code looks mistyped: {problem}", hint: "compare it with the sender's screen; --code-raw takes a code as it is"},
		client.BadServer:      {text: "the code comes with a server that can't be one: {url}", hint: "take the code alone"},
		client.OtherServer:    {text: "the code is for another server, {url}", hint: "name that one with --server to go there"},
		client.BothSend:       {text: "both of you are sending, so nobody receives", hint: one},
		client.BothReceive:    {text: "both of you are receiving, so nobody sends", hint: one},
		client.WrongCode:      {text: "wrong code: {happened}", hint: "{advice}"},
		client.Guessed:        {text: "a wrong code was typed {count} times in a row: this looks like an attack", hint: "nothing was sent; ask the other person whether it was them, and start again at another server (--server) or with a longer code (--code-length 5)"},
		client.Tampered:       {text: "somebody who knows the code tampered with the session: use a new code"},
		client.Disturbed:      {text: "somebody disturbs the two of you at the server", hint: "start again with a new code, or name another server with --server"},
		client.CodeUsed:       {text: "this code was already used: use a new one"},
		client.Crowded:        {text: "two others are using this code already: use a new one"},
		client.Unverified:     {text: "the verifiers differ: somebody may be in between", hint: again},
		client.PeerUnverified: {text: "the other computer found the verifiers to differ: somebody may be in between", hint: again},
		client.NotCompared:    {text: "nobody compared the verifiers, which --verify needs"},
		client.NotPostQuantum: {text: "{peer} can't agree on a post-quantum key with this one", hint: "{remedy}leave out --require-pq if the classic protocol will do"},
		client.NeedsNative:    {text: "{peer} can't take a stream from this one", hint: "{remedy}save it to a file and send that"},
		client.SenderOther:    {text: "the sender waits for another code", hint: "compare its number; the sender's screen shows the code"},
	}
}

// whatWasTyped is what is wrong with a code that was typed.
func whatWasTyped() map[client.Code]wording {
	return map[client.Code]wording{
		client.TypedLong:     {text: "it is longer than {count} bytes"},
		client.TypedEmpty:    {text: "it is empty"},
		client.TypedNotText:  {text: "it is not valid UTF-8"},
		client.TypedUnseen:   {text: "it contains characters that can't be seen"},
		client.TypedNumber:   {text: "it must begin with a number"},
		client.TypedLocal:    {text: "a number must follow local-"},
		client.TypedSpaces:   {text: "it must not contain spaces"},
		client.TypedNoDigits: {text: "it must begin with a number of 1 to {count} digits, not with {word}"},
		client.TypedZero:     {text: "the number must not begin with 0"},
		client.TypedNoWords:  {text: "words are missing after the number"},
		client.TypedDashes:   {text: "two dashes in a row or a dash at the end"},
		client.TypedForm:     {text: "letters are small and words are separated by dashes"},
		client.TypedParted:   {text: "its words are separated elsewhere"},
		client.TypedOrder:    {text: "the words are in the wrong order"},
		client.TypedUnlisted: {text: "not a list word: {word}"},
		client.TypedOneWord:  {text: "it has one word, and most have two or more"},
		client.TypedMissing:  {text: "words are missing, or in the wrong order"},
	}
}

// What a wrong code means, to who typed it and to who made the right one.
const (
	wrongTyped   = "it didn't fit, so it was mistyped, or is another sender's"
	wrongGuessed = "somebody mistyped it, or tried to guess it"
)

func saidOfWrongCodes() map[client.Code]wording {
	return map[client.Code]wording{
		client.WrongTyped:   {text: wrongTyped},
		client.WrongGuessed: {text: wrongGuessed},
	}
}

// wrongWords writes what a wrong code means, or what to do about it.
func wrongWords(argument string, side client.Code) (words string, ok bool) {
	typed := side == client.WrongTyped
	if !typed && side != client.WrongGuessed {
		return "", false
	}
	switch {
	case argument == "happened" && typed:
		return wrongTyped, true
	case argument == "happened":
		return wrongGuessed, true
	case argument == "advice" && typed:
		return "it is worthless now: ask for the new one", true
	case argument == "advice":
		return "start again with a new code; this one is worthless now", true
	}
	return "", false
}
