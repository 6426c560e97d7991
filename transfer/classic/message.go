package classic

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"sesame/transfer"
)

// Limits on what a peer may say on the channel (doc/transfer.md §1.3).
const (
	maxMessage = 1 << 20   // bytes of one message
	maxForeign = 64        // messages that are skipped before giving up
	maxIncome  = 512 << 10 // bytes of a text that is received
)

// zipMode is what every client calls its archives, deflated or not.
const zipMode = "zipfile/deflated"

// errOffer is in the chain of every error about an offer that can't be used.
var errOffer = errors.New("unusable offer")

// A message is one message on the channel, of which only one field is set. A
// message of a kind that is unknown here has none.
type message struct {
	transit json.RawMessage // where the peer can be reached; transit's own JSON
	offer   *offer
	answer  *answer
	err     error // what the peer gave up for
}

// An offer is what the sender announces.
type offer struct {
	kind  transfer.Kind
	text  string // of a Text
	name  string // as it was sent
	wire  int64  // bytes to cross: the file, or the archive
	size  int64  // bytes to be written
	files int    // files to be written
}

// An answer is what the receiver says to an offer.
type answer struct {
	messageAck, fileAck string
}

// An object is a JSON object whose keys match exactly; encoding/json would
// accept "Offer" for "offer" in a struct.
type object map[string]json.RawMessage

// parseMessage reads one message. Messages of unknown kinds are not an error,
// as a later version of the protocol may have them.
func parseMessage(data []byte) (*message, error) {
	if len(data) > maxMessage {
		return nil, nonsense("a message of %d bytes", len(data))
	}
	var o object
	if err := json.Unmarshal(data, &o); err != nil || o == nil {
		return nil, nonsense("a message that is not a JSON object")
	}
	m := new(message)
	switch {
	case o["error"] != nil:
		m.err = parseError(o["error"], o[reasonMember])
	case o["offer"] != nil:
		var err error
		if m.offer, err = parseOffer(o["offer"]); err != nil {
			return nil, fmt.Errorf("%w: %w", errOffer, nonsense("unusable offer: %v", err))
		}
	case o["answer"] != nil:
		m.answer = parseAnswer(o["answer"])
	case o["transit"] != nil:
		m.transit = o["transit"]
	}
	return m, nil
}

// parseError accepts anything: the peer has given up, whatever it says.
func parseError(raw, coded json.RawMessage) error {
	var s string
	if json.Unmarshal(raw, &s) != nil || s == "" {
		s = "(no reason given)"
	}
	return peerError(s, parseReason(coded))
}

// parseAnswer leaves fields empty that are missing or no strings: not "ok".
func parseAnswer(raw json.RawMessage) *answer {
	var o object
	json.Unmarshal(raw, &o)
	var a answer
	a.messageAck, _ = o.str("message_ack")
	a.fileAck, _ = o.str("file_ack")
	return &a
}

// parseOffer reads an offer and refuses every size that isn't a plain decimal
// number of bytes.
func parseOffer(raw json.RawMessage) (*offer, error) {
	var o object
	if err := json.Unmarshal(raw, &o); err != nil || o == nil {
		return nil, errors.New("it is not an object")
	}
	switch {
	case o["message"] != nil:
		text, err := o.str("message")
		if err == nil && len(text) > maxIncome {
			err = fmt.Errorf("a text of %d bytes", len(text))
		}
		return &offer{kind: transfer.Text, text: text, size: int64(len(text))}, err
	case o["file"] != nil:
		return parseFileOffer(o["file"])
	case o["directory"] != nil:
		return parseDirectoryOffer(o["directory"])
	}
	return nil, errors.New("neither a text nor a file nor a directory")
}

func parseFileOffer(raw json.RawMessage) (*offer, error) {
	var o object
	if err := json.Unmarshal(raw, &o); err != nil || o == nil {
		return nil, errors.New("the file is not an object")
	}
	f := &offer{kind: transfer.File, files: 1}
	var err error
	if f.name, err = o.str("filename"); err != nil {
		return nil, err
	}
	if f.size, err = o.count("filesize"); err != nil {
		return nil, err
	}
	f.wire = f.size
	return f, nil
}

func parseDirectoryOffer(raw json.RawMessage) (*offer, error) {
	var o object
	if err := json.Unmarshal(raw, &o); err != nil || o == nil {
		return nil, errors.New("the directory is not an object")
	}
	d := &offer{kind: transfer.Directory}
	mode, err := o.str("mode")
	if err != nil {
		return nil, err
	}
	if mode != "zipfile" && !strings.HasPrefix(mode, "zipfile/") {
		return nil, errors.New("the directory is not packed as a zip archive")
	}
	if d.name, err = o.str("dirname"); err != nil {
		return nil, err
	}
	if d.wire, err = o.count("zipsize"); err != nil {
		return nil, err
	}
	if d.size, err = o.count("numbytes"); err != nil {
		return nil, err
	}
	files, err := o.count("numfiles")
	if err != nil {
		return nil, err
	}
	if files > maxEntries {
		return nil, fmt.Errorf("%d files, at most %d are possible", files, maxEntries)
	}
	d.files = int(files)
	return d, nil
}

// str returns the string under key.
func (o object) str(key string) (string, error) {
	var s *string
	if json.Unmarshal(o[key], &s) != nil || s == nil {
		return "", fmt.Errorf("%s is not a string", key)
	}
	return *s, nil
}

// count returns the number under key, which must be written in decimal digits
// only and fit 63 bits: no sign, fraction or exponent.
func (o object) count(key string) (int64, error) {
	raw := string(o[key])
	n, err := strconv.ParseInt(raw, 10, 64)
	if err != nil || n < 0 || raw[0] < '0' || raw[0] > '9' {
		return 0, fmt.Errorf("%s is not a number of bytes or files", key)
	}
	return n, nil
}

// Messages as they are sent. Exactly one key stands at the top of each: some
// peers parse no others.

func transitMessage(hints json.RawMessage) []byte {
	return encode(map[string]any{"transit": hints})
}

// errorMessage gives up: in words, and for another sesame by a code.
func errorMessage(sesame bool, why transfer.Reason) []byte {
	m := map[string]any{"error": why.Text()}
	if sesame {
		m[reasonMember] = reasonJSON{why.Class, why.Code, why.Numbers}
	}
	return encode(m)
}

func answerMessage(ack string) []byte {
	return encode(map[string]any{"answer": map[string]string{ack: "ok"}})
}

func (o *offer) message() []byte {
	var body map[string]any
	switch o.kind {
	case transfer.Text:
		body = map[string]any{"message": o.text}
	case transfer.File:
		body = map[string]any{"file": map[string]any{"filename": o.name, "filesize": o.wire}}
	case transfer.Directory:
		body = map[string]any{"directory": map[string]any{
			"mode": zipMode, "dirname": o.name,
			"zipsize": o.wire, "numbytes": o.size, "numfiles": o.files,
		}}
	default:
		panic("classic: internal error: offer of no kind")
	}
	return encode(map[string]any{"offer": body})
}

// encode writes JSON without escaping what is harmless outside of HTML.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("classic: internal error: " + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
