package rendezvous

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"

	"sesame/pake"
)

// A Native is what this side announces to a peer that may be a sesame too.
type Native struct {
	// Suites are the names of the AEADs that this machine is fast at, as
	// transit/record has them. Default: none, which leaves the one that everybody
	// has.
	Suites []string
	// Features are names of optional parts of the native protocol. Default: none.
	Features []string
}

// An Outcome is what two native sides have agreed on, the same for both.
type Outcome struct {
	Suite    string   // name of the AEAD of the session
	Features []string // what both announced, sorted
}

// The AEADs that version 2 knows: doc/native.md §1.2.
const (
	suiteAES    = "aes-256-gcm"
	suiteChaCha = "chacha20-poly1305"
)

// NativeVersion is the version of the native protocol that this side announces,
// and the only one that it speaks: doc/native.md §1.1.
const NativeVersion = 2

const (
	nativeMember = "sesame"
	bidNonceSize = 16
)

// A bid is the member "sesame" of one side's version: doc/native.md §1.1.
type bid struct {
	ek, nonce        []byte
	suites, features []string
}

// announce returns a version with a bid in it, padded.
func announce(version []byte, native *Native, ek, nonce []byte) []byte {
	member, err := json.Marshal(map[string]any{
		"v":    []int{NativeVersion},
		"ek":   ek,
		"n":    nonce,
		"aead": append([]string{}, native.Suites...),
		"feat": append([]string{}, native.Features...),
	})
	if err != nil {
		panic("rendezvous: internal error: " + err.Error())
	}
	body := bytes.TrimSpace(version)
	body = bytes.TrimSpace(body[:len(body)-1])
	var out bytes.Buffer
	out.Write(body)
	if body[len(body)-1] != '{' {
		out.WriteByte(',')
	}
	fmt.Fprintf(&out, "%q:%s}", nativeMember, member)
	out.Write(bytes.Repeat([]byte(" "), padded(out.Len())-out.Len()))
	return out.Bytes()
}

// readBid returns the bid in a version, or nil if its author speaks the classic
// protocol or only other versions of the native one. A bid that makes no sense
// is an attack: no program makes one.
func readBid(version []byte) (*bid, error) {
	member := memberOf(version)
	if member == nil {
		return nil, nil
	}
	var fields map[string]json.RawMessage // exact names, unlike a struct
	if err := json.Unmarshal(member, &fields); err != nil || fields == nil {
		return nil, errBid("no object")
	}
	var versions []float64
	if err := json.Unmarshal(fields["v"], &versions); err != nil || versions == nil {
		return nil, errBid("v")
	}
	if !slices.Contains(versions, NativeVersion) {
		return nil, nil // whatever the rest means in those versions
	}
	var b bid
	var err error
	if b.ek, err = fixedBytes(fields["ek"], pake.EncapsulationKeySize); err != nil {
		return nil, errBid("ek")
	}
	if b.nonce, err = fixedBytes(fields["n"], bidNonceSize); err != nil {
		return nil, errBid("n")
	}
	if b.suites, err = nameList(fields["aead"]); err != nil {
		return nil, errBid("aead")
	}
	if b.features, err = nameList(fields["feat"]); err != nil {
		return nil, errBid("feat")
	}
	return &b, nil
}

// memberOf returns the member of a version that holds the bid, or nil.
func memberOf(version []byte) json.RawMessage {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(version, &members); err != nil {
		return nil // the machine has checked that it is an object
	}
	return members[nativeMember]
}

func errBid(what string) error {
	return fmt.Errorf("%w: its native announcement makes no sense (%s)", ErrTampered, what)
}

// fixedBytes reads size bytes in base64.
func fixedBytes(raw json.RawMessage, size int) ([]byte, error) {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return nil, err
	}
	if len(text) != base64.StdEncoding.EncodedLen(size) {
		return nil, fmt.Errorf("%d characters", len(text))
	}
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	if err == nil && len(b) != size {
		err = fmt.Errorf("%d bytes", len(b))
	}
	return b, err
}

// nameList reads an array of strings that may be missing.
func nameList(raw json.RawMessage) ([]string, error) {
	if raw == nil {
		return nil, nil
	}
	var list []string
	err := json.Unmarshal(raw, &list)
	if err == nil && list == nil {
		err = errors.New("null")
	}
	return list, err
}

// negotiate computes what two sides agree on from their versions, and the
// peer's encapsulation key. Both sides get the same outcome. It is nil if
// either isn't native; an error means that somebody who knows the code tampered
// with a version.
//
// Source: doc/native.md §1.3.
func negotiate(ours, theirs []byte) (outcome *Outcome, peerEK []byte, err error) {
	own, err := readBid(ours)
	if own == nil || err != nil {
		return nil, nil, err
	}
	peer, err := readBid(theirs)
	if peer == nil || err != nil {
		return nil, nil, err
	}
	if bytes.Equal(own.nonce, peer.nonce) || bytes.Equal(own.ek, peer.ek) {
		return nil, nil, fmt.Errorf("%w: our own native announcement was sent back", ErrTampered)
	}
	outcome = &Outcome{Suite: suiteChaCha, Features: common(own.features, peer.features)}
	if slices.Contains(own.suites, suiteAES) && slices.Contains(peer.suites, suiteAES) {
		outcome.Suite = suiteAES
	}
	return outcome, peer.ek, nil
}

// common returns what is in both lists, sorted, each once.
func common(a, b []string) []string {
	in := make(map[string]bool, len(a))
	for _, s := range a {
		in[s] = true
	}
	var both []string
	for _, s := range b {
		if in[s] {
			both = append(both, s)
			delete(in, s)
		}
	}
	sort.Sort(sort.StringSlice(both))
	return both
}
