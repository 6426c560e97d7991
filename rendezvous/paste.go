package rendezvous

import (
	"cmp"
	"net/url"
	"path"
	"slices"
	"strings"
)

// A Pasted is what a text holds that somebody copied from a sender's screen. Nothing in
// it has been checked.
type Pasted struct {
	Code   string // as it stands there; the whole text if it is nothing that is known here
	Server string // URL of the mailbox server, "" where none is named
	At     string // "host:port" of a local code's sender, "" where none is named
	Verify bool   // the sender's people want to compare the verifier
}

// Unpaste reads a text that is a code, the command that a sender's screen shows, of
// sesame or of another wormhole, or a wormhole-transfer URI; quoted or not, on one line
// or on several, with slashes for dashes. Of a command's options only those that say where
// the sender is, and that the verifier is to be compared, count: what becomes of files is
// for who pastes to say. ParseCode takes the code.
//
// Source: the URI is magic-wormhole-protocols' docs/uri-scheme.md.
func Unpaste(text string) Pasted {
	if len(text) > maxPasted {
		return Pasted{Code: text}
	}
	if uri := unquoted(text); len(uri) > len(uriScheme) && strings.EqualFold(uri[:len(uriScheme)], uriScheme) {
		return readURI(strings.Join(strings.Fields(uri), ""))
	}
	words := strings.Fields(text)
	for i := range words {
		words[i] = unquoted(words[i])
	}
	words = slices.DeleteFunc(words, func(w string) bool { return w == "" || w == "$" || w == ">" || w == "%" })
	if len(words) == 0 {
		return Pasted{}
	}
	var p Pasted
	if isProgram(words[0]) {
		words = p.command(words[1:])
	}
	p.Code = joined(words)
	return p
}

const (
	uriScheme = "wormhole-transfer:"
	maxPasted = 4096 // bytes
)

// isProgram reports whether a word leads to a program of the family, as it is called on
// every system.
func isProgram(word string) bool {
	switch strings.TrimSuffix(strings.ToLower(path.Base(strings.ReplaceAll(word, `\`, "/"))), ".exe") {
	case "sesame", "wormhole", "wormhole-william", "wormhole-rs", "wormhole-rs-cli":
		return true
	}
	return false
}

// isVerb reports whether a word tells such a program to receive.
func isVerb(word string) bool {
	return word == "receive" || word == "recv" || word == "rx" || word == "recieve"
}

// namesServer reports whether an option's value is a mailbox server.
func namesServer(option string) bool {
	return option == "--server" || option == "--relay-url" || option == "--rendezvous-server"
}

// hasValue reports whether an option, of those that go with receiving, has a value that
// doesn't matter here.
func hasValue(option string) bool {
	switch option {
	case "--relay", "--stun", "--proxy", "--limit", "-o", "--output", "--on-conflict",
		"--output-file", "--transit-helper", "--appid", "--tor-control-port",
		"--relay-server", "--out-dir", "--rename":
		return true
	}
	return false
}

// command reads what follows the name of a program, and returns what isn't an option.
func (p *Pasted) command(words []string) (rest []string) {
	verb := false
	for i := 0; i < len(words); i++ {
		option, value, given := strings.Cut(words[i], "=")
		takes := hasValue(option) || namesServer(option) || option == "--to"
		if takes && !given && i+1 < len(words) {
			i++
			value = words[i]
		}
		value = unquoted(value)
		switch {
		case namesServer(option):
			p.Server = value
		case option == "--to":
			p.At = value
		case option == "--verify":
			p.Verify = true
		case takes, strings.HasPrefix(option, "-"):
		case !verb && len(rest) == 0 && isVerb(option):
			verb = true
		default:
			rest = append(rest, words[i])
		}
	}
	return rest
}

// unquoted takes off the quotes around s, and what isn't seen.
func unquoted(s string) string {
	return strings.Trim(s, " \t\r\n'\"`“”‘’«»„‚\u200b\ufeff")
}

// joined puts the words of a code together again: where a line ends at a dash, and where
// each dash is a slash, it is certain what they were.
func joined(words []string) string {
	code := strings.Join(words, " ")
	code = strings.ReplaceAll(strings.ReplaceAll(code, "- ", "-"), " -", "-")
	if dashed := strings.ReplaceAll(code, "/", "-"); dashed != code && listed(dashed) {
		return dashed
	}
	return code
}

// readURI reads a URI, whose code and parameters are escaped.
func readURI(text string) (p Pasted) {
	p.Code = text
	u, err := url.Parse(text)
	if err != nil {
		return p
	}
	code, err := url.PathUnescape(cmp.Or(u.Opaque, strings.TrimPrefix(u.Path, "/")))
	values, bad := url.ParseQuery(u.RawQuery)
	if err != nil || bad != nil || cmp.Or(values.Get("version"), "0") != "0" {
		return p
	}
	p.Code, p.Server = joined(strings.Fields(code)), values.Get("rendezvous")
	return p
}
