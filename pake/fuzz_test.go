package pake

import (
	"bytes"
	"testing"
)

// FuzzFinish looks for messages that panic, and for accepted ones that aren't
// what parse promises.
func FuzzFinish(f *testing.F) {
	for _, v := range vectors(f, "message.txt") {
		f.Add(unhex(f, v["message"]))
	}
	party := vectors(f, "exchange.txt")[0]
	code, appid := string(unhex(f, party["code"])), string(unhex(f, party["appid"]))
	x := scalar(f, party["scalar-a"])
	f.Fuzz(func(t *testing.T, message []byte) {
		k, err := start(code, appid, x).Finish(message)
		if (err == nil) != (k != nil) {
			t.Fatalf("key %v, error %v", k, err)
		}
		if err != nil {
			return
		}
		if len(message) != MessageSize || message[0] != 'S' {
			t.Fatalf("accepted %x", message)
		}
		p, err := parse(message)
		if err != nil || !bytes.Equal(p.Bytes(), message[1:]) || isIdentity(p) || !inSubgroup(p) {
			t.Fatalf("accepted %x: %v", message, err)
		}
	})
}
