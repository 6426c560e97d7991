package main

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"sesame/client"
	"sesame/client/doctor"
	"sesame/internal/safetext"
	"sesame/transfer"
)

// A wording is how this program says something to people. {x} in it stands for an
// argument, by the name that client.Codes or doctor.Codes lists.
type wording struct {
	text string
	one  string // in place of text where the argument count is 1; "" if that says the same
	hint string // what to do next; "" if nothing can be done
	kept string // the same where what has arrived is kept; "" if that changes nothing

	args []string // the names of its arguments, as the list has them
}

// say returns the text and the hint for a code of the list, with its arguments.
func say(code client.Code, args []any) (text, hint string) { return sayKept(code, args, false) }

// sayKept is say where it is known whether what has arrived is kept.
func sayKept(code client.Code, args []any, kept bool) (text, hint string) {
	w, ok := wordings()[code]
	if !ok {
		return string(code), ""
	}
	text = w.text
	if kept && w.kept != "" {
		w.hint = w.kept
	}
	if len(w.args) == 0 {
		return text, w.hint
	}
	var pairs []string
	for i, name := range w.args {
		if i == len(args) {
			break
		}
		if n, ok := args[i].(int); ok && name == "count" && n == 1 && w.one != "" {
			text = w.one
		}
		pairs = append(pairs, "{"+name+"}", argument(name, args[i]))
	}
	fill := strings.NewReplacer(pairs...)
	return fill.Replace(text), fill.Replace(w.hint)
}

// argument writes one argument, safe to print.
func argument(name string, a any) string {
	switch a := a.(type) {
	case string:
		switch name {
		case "says", "value":
			return safetext.Quote(a, 200)
		case "word": // of a code
			return safetext.Quote(a, 40)
		case "what", "where": // this program's own
			return a
		case "name": // of a file or folder, perhaps with where it is
			return safetext.Path(a, 200)
		}
		return safetext.Line(a, 200)
	case []string:
		var all []string
		for _, s := range a {
			all = append(all, safetext.Line(s, 80))
		}
		return strings.Join(all, ", ")
	case *client.Failure:
		return part(name, a)
	case []*client.Failure:
		var all []string
		for _, f := range a {
			all = append(all, part(name, f))
		}
		if name == "paths" { // what is said of each has commas
			return strings.Join(all, "; ")
		}
		return strings.Join(all, ", ")
	case *transfer.Offer:
		return describe(a)
	case error:
		return safetext.Again(a.Error())
	case time.Duration:
		switch name {
		case "rtt":
			return milliseconds(a)
		case "skew", "within":
			return a.Round(time.Second).String()
		}
		return duration(a)
	case time.Time:
		return a.Format("2006-01-02 15:04")
	case int64:
		return size(a)
	}
	return fmt.Sprint(a)
}

// part says what stands within another text; nothing, if it is nil.
func part(name string, f *client.Failure) string {
	if f == nil {
		return ""
	}
	if words, ok := programWords(name, f.Code); ok {
		return words
	}
	if words, ok := wrongWords(name, f.Code); ok {
		return words
	}
	text, _ := say(f.Code, f.Args)
	if name == "says" { // the other side, whose words are quoted
		text = `"` + text + `"`
	}
	return text
}

// wordings is the table of what people read, in English, made once.
var wordings = sync.OnceValue(func() map[client.Code]wording {
	args := make(map[client.Code][]string)
	for _, e := range client.Codes() {
		args[e.Code] = e.Args
	}
	for _, e := range doctor.Codes() {
		args[e.Code] = e.Args
	}
	all := make(map[client.Code]wording)
	for _, some := range []map[client.Code]wording{
		saidOfCodes(), saidOfPeople(), saidOfFiles(), saidOfNetworks(), saidOfServers(), notes(), waits(), questions(), saidByDoctor(),
		whyLeftOut(), whyNamed(), whyLost(), parts(),
		whyUnconnected(), whatIsInstead(), whatProxiesSay(), whatIsLate(),
		whatWasDone(), whatIsLeft(), troubles(), whatWasTried(), whyNoWay(),
		otherPrograms(), saidThere(), saidOfWrongCodes(), whatWasTyped(),
	} {
		for code, w := range some {
			w.args = args[code]
			all[code] = w
		}
	}
	return all
})

func saidOfPeople() map[client.Code]wording {
	return map[client.Code]wording{
		client.Declined:       {text: "you declined"},
		client.DeclinedGrowth: {text: "you declined: the directory unpacks to more than 200 times what is sent"},
		client.OneName:        {text: "{count} things can't be written as one file", hint: "--output takes a folder for them; end its name with / to make it"},
		client.OneFile:        {text: "{offer} can't be written to standard output", hint: "only a single file or a stream can; --output takes a folder for the rest"},
		client.HiddenName:     {text: "you declined, because --yes does not accept hidden names: {name}"},
		client.AlreadyThere:   {text: "{name}: it is there already"},
		client.NoAnswer:       {text: "nobody answered the question", hint: "where nobody can answer, --yes accepts"},
		client.PeerDeclined:   {text: "the other person declined"},
		client.PeerSaysNo:     {text: "the other computer declined: {says}"},
		client.PeerWantsOne:   {text: "the other computer declined: \"the receiver asked for a single file\""},
		client.PeerNoHidden:   {text: "the other computer declined: \"the receiver takes no hidden names without being asked\""},
		client.PeerHasIt:      {text: "the other computer declined: \"the receiver has something of that name already\""},
		client.PeerNotShown:   {text: "the other computer could not show the text"},
		client.PeerCancelled:  {text: "the other computer cancelled the transfer"},
		client.PeerWantsQuant: {text: "the other computer insists on a post-quantum key, which this program can't agree on", hint: "use programs of one age on both computers, or leave out --require-pq there if the classic protocol will do"},
		client.Growth:         {text: "the stream unpacks to more than 200 times what is sent", hint: "nobody has agreed to that; whoever sends it can do so with --no-compress"},
	}
}

func saidOfNetworks() map[client.Code]wording {
	const (
		lost   = "the other computer can't be reached any more"
		once   = "run both again: what has arrived does not cross a second time"
		above  = "the problems above say what to do"
		asleep = "the other computer has been here with this code, but doesn't answer"
		line   = "use the line with --to that the sender's screen shows"
	)
	return map[client.Code]wording{
		client.Missed:       {text: "the other computer came while this one was asleep or offline, and has left", hint: "start again: a new code is needed"},
		client.Lost:         {text: lost, hint: "run both again", kept: once},
		client.LostAll:      {text: lost + ": {paths}", hint: "run both again", kept: once},
		client.PeerGone:     {text: "the other program is gone: {why}", hint: "perhaps it was ended, or the network broke; nothing of it is kept: start again with a new code"},
		client.Unconfirmed:  {text: "everything was sent, but the other program is gone without confirming it: {why}", hint: "ask there whether it has arrived, before it is sent again"},
		client.Untold:       {text: "everything is in place, but the sender could not be told: {why}", hint: "it needn't be sent again, whatever is said there"},
		client.NoWay:        {text: "one computer takes only direct ways, and the other only relays", hint: "leave out --direct-only there, or --relay-only and --tor here, or the other way round"},
		client.NoPath:       {text: "no way to reach the other computer: {paths}. Check that both computers are online, or agree on a relay that both can reach", hint: "try another network, or name a relay with --relay"},
		client.Late:         {text: "{what} didn't come within {within}"},
		client.Network:      {text: "a connection broke: {why}", hint: "check the network, and run both again"},
		client.NoTransfer:   {text: "transfers to other networks can't work", hint: above},
		client.Asleep:       {text: asleep, hint: "perhaps it is asleep or offline: wake it, then run this again with the same code"},
		client.AsleepGone:   {text: asleep, hint: "perhaps it is asleep or offline: wake it, and start again there, for a new code is needed"},
		client.Proxy:        {text: "{why}", hint: "check {source}, or go without it: --proxy none"},
		client.ProxyLogin:   {text: "{why}", hint: "put them into its URL, in {source}: http://USER:PASSWORD@HOST:PORT"},
		client.Tor:          {text: "{why}", hint: "start Tor, or say where its SOCKS port is: --tor --proxy socks5h://127.0.0.1:9150 is that of Tor Browser"},
		client.NoListen:     {text: "can't listen for the other computer: {why}"},
		client.NoAddress:    {text: "this computer is on no network, so no other can reach it", hint: "connect both to the same network, by cable or WLAN, and run this again"},
		client.NoSearch:     {text: "this network can't be searched: {why}", hint: line},
		client.NoSender:     {text: "no sender of this code answered within {after}", hint: "if it is there the network hides it: take the line with --to that its screen shows"},
		client.SenderLost:   {text: "can't reach the sender: {why}", hint: "its screen shows the address, which is another one each time"},
		client.SenderDouble: {text: "{count} programs on this network say that they have this code", hint: line + ", or start again with a new code"},
	}
}

// What to do about TLS.
const (
	hintClock   = "set this computer's clock if it is wrong; otherwise who runs the server has to renew the certificate"
	hintBetween = "somebody may be in between: a network that wants a log-in first, or a filter; try another network, or check the server's name"
	hintOwn     = "somebody may be in between: a network that wants a log-in first, or a filter; or the server's operator has an authority of their own: give its certificate with --server-ca"
	hintRoots   = "install the package ca-certificates"
	hintPlain   = "its URL may begin with ws:// instead of wss://"
)

func saidOfServers() map[client.Code]wording {
	const other = "name another server with --server"
	return map[client.Code]wording{
		client.Server:           {text: "{why}", hint: "check the network, or " + other},
		client.ServerClock:      {text: "{why}", hint: hintClock},
		client.ServerUntrusted:  {text: "{why}", hint: hintBetween},
		client.ServerUnsigned:   {text: "{why}", hint: hintOwn},
		client.ServerRoots:      {text: "{why}", hint: hintRoots},
		client.ServerPlain:      {text: "{why}", hint: hintPlain},
		client.ServerNone:       {text: "{why}", hint: "this network may want a log-in first: open any page in a browser; or check the URL of --server, which usually ends with /v1"},
		client.ServerUnwell:     {text: "the server does not do all that it should", hint: "the problems above say what to do"},
		client.ServerRefused:    {text: "the server refused: {words}"},
		client.ServerTurnsAway:  {text: "the server turns clients away: {words}"},
		client.ServerWantsToken: {text: "this server wants a token", hint: "ask who runs it for one, and name a file with it with --token-file, or put it into SESAME_TOKEN; or " + other},
		client.ServerWantsWork:  {text: "the server asks for more work than this computer can do in {within}", hint: "it is under load: try again later, or " + other},
		client.ServerMalformed:  {text: "what the server sends makes no sense: {rule}", hint: other},
	}
}

func notes() map[client.Code]wording {
	return map[client.Code]wording{
		client.NoteStopping:     {text: "Stopping: the other computer is told, and what nobody needs is removed. Once more ends it at once."},
		client.NoteNoServer:     {text: "Going on without a server: only computers on this network can receive this. --no-local forbids it."},
		client.NoteProxyUnused:  {text: "{variable} is for {scheme}:// servers, so {server} is reached directly; {wanted}, or --proxy, is for this one."},
		client.NoteOwnCode:      {text: "This code isn't made of a number and listed words ({problem}), so the other person is asked whether it is mistyped; where nobody can be asked, it takes --code-raw there."},
		client.NoteGuessing:     {text: "Somebody is guessing codes at this server, so this one has three words. --code-length changes that."},
		client.NoteNotAnnounced: {text: "This computer can't be announced on its network ({why}), so it has to be named as below."},
		client.NoteRival:        {text: "Another program on this network says that it has this code, too, so the other computer will take neither:\nuse the line with --to there, or start again."},
		client.NoteStillLooking: {text: "No sender of this code answers on this network; still looking.\nPerhaps the network hides it: take the line with --to that its screen shows:\n    sesame receive --to HOST:PORT CODE"},
		client.NoteTurnedAway:   {text: "A computer outside of this network, {address}, was turned away. If it is the other one, start again with --from-anywhere."},
		client.NoteUnanswered:   {text: "The other computer has been here with this code, and doesn't answer: perhaps it is asleep or offline."},
		client.NoteServerWork:   {text: "The server is under load and has newcomers do some work first: about {about}."},
		client.NoteServerBusy:   {text: "The server can't keep anything just now. It is asked again in {after}."},
		client.NoteRelayRefuses: {text: "No way by a relay: {relay}. Still looking for another way."},
		client.NoteReturned:     {text: "This computer was asleep or offline for {after}. Its code is still good: who came for it meanwhile can try it again."},
		client.NoteCameLate:     {text: "The other computer came while this one was asleep or offline, {after} ago at most."},
		client.NoteSilent:       {text: "The other computer is there, but hasn't answered yet."},
		client.NoteNoOffer:      {text: "The other computer is there, but offers nothing yet. Perhaps it receives, too: one of you has to send."},
		client.NoteSilentLong:   {text: "It hasn't answered yet. If nobody is there any more, a new code is needed: start again."},
		client.NoteNobody:       {text: "Nobody is at number {number} on the server {server} yet.\nIf that lasts, compare both with what the sender's screen shows. Ctrl-C ends the wait."},
		client.NoteOlder:        {text: "The other computer has an older sesame than this one: {costs}."},
		client.NoteNewer:        {text: "The other computer has a newer sesame than this one: {costs}."},
		client.NoteRenamed:      {text: "{name} is sent as {free}, because there is another one of its name."},
		client.NoteNotWanted:    {text: "Not sent, because the other computer leaves what it has: {count} files ({size})", one: "Not sent, because the other computer leaves what it has: 1 file ({size})"},
		client.NoteNotKept:      {text: "Note: this disk doesn't keep {what}; everything else is as it was sent."},
		client.NoteNoMemory:     {text: "Note: if this is interrupted, it can't be gone on with later: {why}"},
		client.NoteLeftOther:    {text: "Note: what another transfer that was interrupted left stays in {name}"},
		client.NoteLeftUnknown:  {text: "Note: {name} stays as it is, and is not gone on with: an older sesame left it, or somebody else made it. Remove it if nobody needs it."},
		client.NoteLeftMore:     {text: "Note: there are more like that."},
	}
}

// waits has what is waited for, and for a hint what is known meanwhile.
func waits() map[client.Code]wording {
	const server = "the server {server}"
	return map[client.Code]wording{
		client.WaitServer:   {text: server},
		client.WaitSilent:   {text: server, hint: "it doesn't answer; still trying"},
		client.WaitLost:     {text: server, hint: "the connection is gone; trying again"},
		client.WaitPeer:     {text: "the other computer", hint: "nobody has used this code yet"},
		client.WaitSender:   {text: "the sender"},
		client.WaitNobody:   {text: "the sender", hint: "nobody is at number {number} on {server}"},
		client.WaitProof:    {text: "the other computer", hint: "it has come, and hasn't shown yet that it has this code"},
		client.WaitNear:     {text: "the sender", hint: "looking for it on this network"},
		client.WaitAway:     {text: "the sender", hint: "its computer doesn't answer; still trying"},
		client.WaitWay:      {text: "a way to the other computer", hint: "{count} tried so far"},
		client.WaitOffer:    {text: "the sender's list", hint: "the sender is there, and the code fits"},
		client.WaitDecision: {text: "the other person's answer", hint: "the question is on their screen"},
	}
}

func questions() map[client.Code]wording {
	return map[client.Code]wording{
		client.AskCode:     {text: "Code:"},
		client.AskMistyped: {text: "The code looks mistyped ({problem}). Did you mean {suggestion}?"},
		client.AskUnlisted: {text: "The code looks mistyped ({problem}). Does the sender's screen show exactly that?"},
		client.AskServer:   {text: "That code is for another server, {url}. Go there?"},
		client.AskAccept:   {text: "{what} {where}?"},
		client.AskGrowth:   {text: "It unpacks to more than 200 times what is sent. Go on?"},
		client.AskConflict: {text: "{name} is there already: (r)ename to {free}, (o)verwrite or (s)kip?"},
		client.AskFolder:   {text: "There is no {name} yet: make a (f)older of that name, or give that (n)ame to what comes?"},
		client.AskVerify:   {text: "Does the other computer show the same?"},
	}
}
