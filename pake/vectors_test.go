package pake

import (
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"filippo.io/edwards25519"
)

// vectors reads a file of testdata: blocks of "name: value" lines.
func vectors(t testing.TB, name string) []map[string]string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]string
	var block map[string]string
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "#"):
		case line == "":
			block = make(map[string]string)
			all = append(all, block)
		default:
			k, v, ok := strings.Cut(line, ": ")
			if !ok {
				k, v = strings.TrimSuffix(line, ":"), ""
			}
			block[k] = v
		}
	}
	if len(all) == 0 {
		t.Fatalf("%s holds no vectors", name)
	}
	return all
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func scalar(t testing.TB, s string) *edwards25519.Scalar {
	t.Helper()
	x, err := new(edwards25519.Scalar).SetCanonicalBytes(unhex(t, s))
	if err != nil {
		t.Fatal(err)
	}
	return x
}
