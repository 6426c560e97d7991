package pake

import (
	"crypto/mlkem"
	"errors"
	"testing"
)

// FuzzNewHybrid looks for encapsulation keys that panic, or are accepted and
// don't encode as themselves.
func FuzzNewHybrid(f *testing.F) {
	for _, v := range vectors(f, "hybrid.txt") {
		f.Add(unhex(f, v["first-ek"]))
	}
	f.Add(make([]byte, EncapsulationKeySize))
	f.Add([]byte{})
	own, err := mlkem.GenerateKey768()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, ek []byte) {
		h, err := NewHybrid(&Key{}, make([]byte, 32), newKEM(own), ek, true)
		if (h == nil) != errors.Is(err, ErrHybrid) {
			t.Fatalf("hybrid %v, error %v", h, err)
		}
		if err != nil {
			return
		}
		again, err := mlkem.NewEncapsulationKey768(ek)
		if err != nil || string(again.Bytes()) != string(ek) {
			t.Fatalf("accepted %x: %v", ek, err)
		}
	})
}

// FuzzOpenFirst looks for first messages that panic, and for any that opens
// and isn't the one that was sealed.
func FuzzOpenFirst(f *testing.F) {
	v := vectors(f, "hybrid.txt")[0]
	ct, sealed := unhex(f, v["second-ct"]), unhex(f, v["second-sealed"])
	f.Add(ct, sealed)
	f.Add(ct, sealed[:SealFirstOverhead])
	f.Add(unhex(f, v["first-ct"]), unhex(f, v["first-sealed"]))
	f.Add([]byte{}, []byte{})
	k := &Key{secret: [32]byte(unhex(f, v["exchange-key"]))}
	dk, err := mlkem.NewDecapsulationKey768(unhex(f, v["first-seed"]))
	if err != nil {
		f.Fatal(err)
	}
	out, outCT := unhex(f, v["first-secret"]), unhex(f, v["first-ct"])
	f.Fuzz(func(t *testing.T, peerCT, message []byte) {
		h := newHybrid(k, unhex(t, v["transcript"]), newKEM(dk), true, out, outCT)
		p, err := h.OpenFirst(peerCT, message)
		session, keyErr := h.Key()
		if genuine := string(peerCT) == string(ct) && string(message) == string(sealed); genuine {
			if err != nil || keyErr != nil || string(p) != string(unhex(t, v["second-plaintext"])) {
				t.Fatalf("genuine message: %v, %v", err, keyErr)
			}
			return
		}
		if !errors.Is(err, ErrHybrid) || p != nil || session != nil {
			t.Fatalf("forged message: %q, error %v", p, err)
		}
	})
}
