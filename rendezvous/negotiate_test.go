package rendezvous

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sesame/pake"
)

// version returns a version message; the fields are JSON.
func version(fields map[string]string) string {
	all := map[string]string{"v": "[2]", "ek": base64JSON(pake.EncapsulationKeySize, 1), "n": base64JSON(bidNonceSize, 1)}
	for k, v := range fields {
		all[k] = v
	}
	var list []string
	for k, v := range all {
		if v != "" {
			list = append(list, fmt.Sprintf("%q:%s", k, v))
		}
	}
	return `{"app_versions":{},"sesame":{` + strings.Join(list, ",") + `}}`
}

func base64JSON(size int, fill byte) string {
	return `"` + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{fill}, size)) + `"`
}

// long returns a JSON array of 10,000 names, with one of them in the middle.
func long(name string) string {
	all := make([]string, 10_000)
	for i := range all {
		all[i] = fmt.Sprint("x", i)
	}
	all[5000] = name
	b, _ := json.Marshal(all)
	return string(b)
}

func TestNegotiate(t *testing.T) {
	const both = `["aes-256-gcm","chacha20-poly1305"]`
	type fields = map[string]string
	for _, c := range []struct {
		name     string
		a, b     fields
		suite    string // "" if classic
		features string
	}{
		{"bare", fields{}, fields{}, suiteChaCha, ""},
		{"both have AES", fields{"aead": both}, fields{"aead": both}, suiteAES, ""},
		{"one has AES", fields{"aead": both}, fields{"aead": `["chacha20-poly1305"]`}, suiteChaCha, ""},
		{"AES alone", fields{"aead": `["aes-256-gcm"]`}, fields{"aead": both}, suiteAES, ""},
		{"suites empty", fields{"aead": `[]`}, fields{"aead": both}, suiteChaCha, ""},
		{"suites in other order", fields{"aead": both}, fields{"aead": `["chacha20-poly1305","aes-256-gcm"]`}, suiteAES, ""},
		{"suites repeated", fields{"aead": `["aes-256-gcm","aes-256-gcm"]`}, fields{"aead": both}, suiteAES, ""},
		{"suites unknown", fields{"aead": `["rot13","","AES-256-GCM"]`}, fields{"aead": `["rot13","aes-256-gcm"]`}, suiteChaCha, ""},
		{"suites long", fields{"aead": long(suiteAES)}, fields{"aead": both}, suiteAES, ""},
		{"features", fields{"feat": `["b","a","c"]`}, fields{"feat": `["c","d","a"]`}, suiteChaCha, "a c"},
		{"features repeated", fields{"feat": `["b","b","a"]`}, fields{"feat": `["a","b","a","b"]`}, suiteChaCha, "a b"},
		{"features long", fields{"feat": long("a")}, fields{"feat": `["z","a"]`}, suiteChaCha, "a"},
		{"features of one side", fields{"feat": `["a"]`}, fields{}, suiteChaCha, ""},
		{"versions 1 and 2", fields{"v": "[1,2]"}, fields{"v": "[2]"}, suiteChaCha, ""},
		{"versions repeated", fields{"v": "[2,2,2]"}, fields{"v": "[3,1,2,0,-7,1e9]"}, suiteChaCha, ""},
		{"version 1 only", fields{"v": "[1]"}, fields{}, "", ""},
		{"version 3 only, of another shape", fields{"v": "[3]", "ek": "7", "n": "null", "aead": "{}"}, fields{}, "", ""},
		{"no version", fields{"v": "[]"}, fields{}, "", ""},
		{"unknown fields", fields{"x": `{"y":[1]}`}, fields{"EK": "7", "V": "8"}, suiteChaCha, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.b["n"], c.b["ek"] = base64JSON(bidNonceSize, 2), base64JSON(pake.EncapsulationKeySize, 2)
			a, b := []byte(version(c.a)), []byte(version(c.b))
			forA, ekB, errA := negotiate(a, b)
			forB, ekA, errB := negotiate(b, a)
			if errA != nil || errB != nil {
				t.Fatalf("errors %v, %v", errA, errB)
			}
			if c.suite == "" {
				if forA != nil || forB != nil || ekA != nil || ekB != nil {
					t.Errorf("native: %v, %v", forA, forB)
				}
				return
			}
			for _, got := range []*Outcome{forA, forB} {
				if got == nil || got.Suite != c.suite || strings.Join(got.Features, " ") != c.features {
					t.Errorf("got %+v, want %s with %q", got, c.suite, c.features)
				}
			}
			if ekA[0] != 1 || ekB[0] != 2 {
				t.Error("the keys are swapped")
			}
		})
	}
}

// A side that isn't native gets on with all.
func TestNegotiateClassic(t *testing.T) {
	native := []byte(version(nil))
	for _, classic := range []string{`{}`, `{"app_versions":{}}`, `{"SESAME":{"v":[1]}}`, `{"app_versions":{"sesame":{}},"can-dilate":["1"]}`} {
		for _, pair := range [][2][]byte{{native, []byte(classic)}, {[]byte(classic), native}, {[]byte(classic), []byte(classic)}} {
			if got, ek, err := negotiate(pair[0], pair[1]); got != nil || ek != nil || err != nil {
				t.Errorf("%.40s and %.40s: %v, error %v", pair[0], pair[1], got, err)
			}
		}
	}
}

// Who announces the native protocol and then doesn't make sense is no classic
// peer.
func TestNegotiateRefuses(t *testing.T) {
	ek := strings.Trim(base64JSON(pake.EncapsulationKeySize, 2), `"`)
	for name, theirs := range map[string]string{
		"null":                `{"sesame":null}`,
		"number":              `{"sesame":1}`,
		"array":               `{"sesame":[]}`,
		"empty object":        `{"sesame":{}}`,
		"v missing":           version(map[string]string{"v": ""}),
		"v null":              version(map[string]string{"v": "null"}),
		"v number":            version(map[string]string{"v": "1"}),
		"v text":              version(map[string]string{"v": `"1"`}),
		"v with text":         version(map[string]string{"v": `[2,"3"]`}),
		"v with a huge":       version(map[string]string{"v": `[2,1e999]`}),
		"ek missing":          version(map[string]string{"ek": ""}),
		"ek null":             version(map[string]string{"ek": "null"}),
		"ek short":            version(map[string]string{"ek": base64JSON(pake.EncapsulationKeySize-1, 2)}),
		"ek long":             version(map[string]string{"ek": base64JSON(pake.EncapsulationKeySize+1, 2)}),
		"ek hexadecimal":      version(map[string]string{"ek": `"` + strings.Repeat("00", pake.EncapsulationKeySize) + `"`}),
		"ek with a line feed": version(map[string]string{"ek": `"` + ek[:len(ek)-1] + `\n"`}),
		"ek not in base64":    version(map[string]string{"ek": `"` + ek[:len(ek)-1] + `-"`}),
		"n missing":           version(map[string]string{"n": ""}),
		"n short":             version(map[string]string{"n": base64JSON(15, 2)}),
		"n of 18 bytes":       version(map[string]string{"n": base64JSON(18, 2)}),
		"n loose":             version(map[string]string{"n": `"AAAAAAAAAAAAAAAAAAAAAB=="`}),
		"aead null":           version(map[string]string{"aead": "null"}),
		"aead text":           version(map[string]string{"aead": `"aes-256-gcm"`}),
		"aead with a number":  version(map[string]string{"aead": `["aes-256-gcm",1]`}),
		"feat object":         version(map[string]string{"feat": `{"a":1}`}),
		"equal n":             version(map[string]string{"n": base64JSON(bidNonceSize, 1), "ek": base64JSON(pake.EncapsulationKeySize, 2)}),
		"equal ek":            version(map[string]string{"n": base64JSON(bidNonceSize, 2), "ek": base64JSON(pake.EncapsulationKeySize, 1)}),
		"equal":               version(nil),
	} {
		t.Run(name, func(t *testing.T) {
			got, ek, err := negotiate([]byte(version(nil)), []byte(theirs))
			if got != nil || ek != nil || !errors.Is(err, ErrTampered) || !errors.Is(err, ErrWrongCode) {
				t.Errorf("%v, error %v", got, err)
			}
		})
	}
}

func TestAnnounce(t *testing.T) {
	ek, n := bytes.Repeat([]byte{7}, pake.EncapsulationKeySize), bytes.Repeat([]byte{8}, bidNonceSize)
	for _, own := range []string{`{}`, " {\n} ", `{"app_versions":{}}`, `{"app_versions":{"a":{}} } `, `{"a":"{"}`, `{"a":"}"}`, `{"app_versions":{},"abilities":["x"],"n":1.50}`} {
		got := announce([]byte(own), &Native{Suites: []string{suiteAES}, Features: []string{"f"}}, ek, n)
		if len(got) != padded(len(bytes.TrimSpace(got))) || len(got)%256 != 0 {
			t.Errorf("%s: %d bytes", own, len(got))
		}
		var before, after map[string]json.RawMessage
		if err := errors.Join(json.Unmarshal([]byte(own), &before), json.Unmarshal(got, &after)); err != nil {
			t.Fatalf("%s: %v in %s", own, err, got)
		}
		b, err := readBid(got)
		if err != nil || !bytes.Equal(b.ek, ek) || !bytes.Equal(b.nonce, n) || !slices.Equal(b.suites, []string{suiteAES}) || !slices.Equal(b.features, []string{"f"}) {
			t.Errorf("%s: bid %+v, error %v", own, b, err)
		}
		delete(after, "sesame")
		if fmt.Sprint(before) != fmt.Sprint(after) {
			t.Errorf("%s became %s", own, got)
		}
	}
}

func FuzzNegotiate(f *testing.F) {
	f.Add([]byte(version(nil)), []byte(version(map[string]string{"n": base64JSON(16, 3), "ek": base64JSON(1184, 3)})))
	f.Add([]byte(`{"sesame":{"v":[1]}}`), []byte(`{}`))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		forA, _, errA := negotiate(a, b)
		forB, _, errB := negotiate(b, a)
		if errA == nil && errB == nil && fmt.Sprint(forA) != fmt.Sprint(forB) && forA != nil && forB != nil {
			t.Errorf("%v and %v", forA, forB)
		}
		if errA == nil && errB == nil && (forA == nil) != (forB == nil) {
			t.Errorf("native for one side: %v and %v", forA, forB)
		}
	})
}
