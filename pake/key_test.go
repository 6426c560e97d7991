package pake

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/nacl/secretbox"
)

func TestVectorsKey(t *testing.T) {
	for i, v := range vectors(t, "key.txt") {
		t.Run(fmt.Sprintf("%d %s", i, v["kind"]), func(t *testing.T) {
			k := &Key{secret: [32]byte(unhex(t, v["key"]))}
			var got []byte
			switch v["kind"] {
			case "verifier":
				got = k.Verifier()
			case "derive":
				size, err := strconv.Atoi(v["size"])
				if err != nil {
					t.Fatal(err)
				}
				got = k.Derive(v["purpose"], size)
			case "phase":
				got = k.Phase(v["side"], v["phase"])
			case "seal":
				box, nonce := [32]byte(k.Phase(v["side"], v["phase"])), [24]byte(unhex(t, v["nonce"]))
				got = secretbox.Seal(nonce[:], unhex(t, v["plaintext"]), &nonce, &box)
			default:
				t.Fatalf("unknown kind %q", v["kind"])
			}
			if hex.EncodeToString(got) != v["result"] {
				t.Errorf("%x, want %s", got, v["result"])
			}
		})
	}
}

func TestKeyIsNeverShown(t *testing.T) {
	k := &Key{secret: [32]byte([]byte("0123456789abcdef0123456789abcdef"))}
	j, err := json.Marshal(map[string]any{"k": k})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "k", k)
	slog.New(slog.NewTextHandler(&log, nil)).Info("m", "k", k)
	all := fmt.Sprintf("%v %+v %#v %s %q %x %X %d %v", k, k, k, k, k, k, k, k, *k) + k.String() + string(j) + log.String()
	for _, secret := range []string{"0123", "3031", "48 49", fmt.Sprint(k.secret)} {
		if strings.Contains(all, secret) {
			t.Errorf("shows %q: %s", secret, all)
		}
	}
	if n := strings.Count(all, redacted); n != 13 {
		t.Errorf("%d placeholders in %s", n, all)
	}
}

func TestDeriveSizes(t *testing.T) {
	k := &Key{}
	for _, size := range []int{0, -1, 8161} {
		func() {
			defer func() {
				if r := recover(); r == nil || !strings.HasPrefix(r.(string), "pake: ") {
					t.Errorf("size %d: panic %v", size, r)
				}
			}()
			k.Derive("p", size)
		}()
	}
}
