package classic

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"sesame/transfer"
)

func TestOfferSizes(t *testing.T) {
	for _, c := range []struct {
		size string
		want int64 // -1: refused
	}{
		{"0", 0}, {"1", 1}, {"9223372036854775807", 1<<63 - 1},
		{"-1", -1}, {"-0", -1}, {"9223372036854775808", -1}, {"1e400", -1}, {"1e3", -1}, {`"5"`, -1},
		{"3.7", -1}, {"5.0", -1}, {"null", -1}, {"true", -1}, {"[]", -1}, {"{}", -1},
	} {
		t.Run("file "+c.size, func(t *testing.T) {
			m, err := parseMessage([]byte(`{"offer":{"file":{"filename":"x","filesize":` + c.size + `}}}`))
			if c.want < 0 {
				if !errors.Is(err, errOffer) {
					t.Fatalf("got %v, want a refusal", err)
				}
				return
			}
			if err != nil || m.offer.size != c.want || m.offer.wire != c.want {
				t.Fatalf("got %+v, %v", m, err)
			}
		})
		for _, key := range []string{"zipsize", "numbytes", "numfiles"} {
			t.Run(key+" "+c.size, func(t *testing.T) {
				sizes := map[string]json.RawMessage{"zipsize": []byte("1"), "numbytes": []byte("1"), "numfiles": []byte("1")}
				sizes[key] = json.RawMessage(c.size)
				body := `{"offer":{"directory":{"mode":"zipfile/deflated","dirname":"d"`
				for k, v := range sizes {
					body += `,"` + k + `":` + string(v)
				}
				_, err := parseMessage([]byte(body + "}}}"))
				refused := c.want < 0 || key == "numfiles" && c.want > maxEntries
				if refused != errors.Is(err, errOffer) {
					t.Fatalf("got %v, refusal wanted: %v", err, refused)
				}
			})
		}
	}
}

func TestMessages(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     string // part of the error, or "" if none
	}{
		{"filesize missing", `{"offer":{"file":{"filename":"x"}}}`, "filesize"},
		{"filename missing", `{"offer":{"file":{"filesize":1}}}`, "filename"},
		{"filename number", `{"offer":{"file":{"filename":1,"filesize":1}}}`, "filename"},
		{"filename null", `{"offer":{"file":{"filename":null,"filesize":1}}}`, "filename"},
		{"keys in other case", `{"offer":{"file":{"Filename":"x","FileSize":1}}}`, "filename"},
		{"file null", `{"offer":{"file":null}}`, "not an object"},
		{"empty offer", `{"offer":{}}`, "neither"},
		{"offer string", `{"offer":"x"}`, "not an object"},
		{"mode tar", `{"offer":{"directory":{"mode":"tar","dirname":"d","zipsize":1,"numbytes":1,"numfiles":1}}}`, "zip"},
		{"mode zipfile/stored", `{"offer":{"directory":{"mode":"zipfile/stored","dirname":"d","zipsize":1,"numbytes":1,"numfiles":1}}}`, ""},
		{"text too long", `{"offer":{"message":"` + strings.Repeat("x", maxIncome+1) + `"}}`, "bytes"},
		{"text number", `{"offer":{"message":5}}`, "message"},
		{"empty text", `{"offer":{"message":""}}`, ""},
		{"unknown kind", `{"future":{"x":1}}`, ""},
		{"array", `[]`, "JSON object"},
		{"null", `null`, "JSON object"},
		{"empty", ``, "JSON object"},
		{"two objects", `{}{}`, "JSON object"},
		{"deep", `{"transit":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`, "JSON object"},
		{"huge", strings.Repeat(" ", maxMessage) + `{}`, "bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parseMessage([]byte(c.in))
			if (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestErrorMessagesAreShownQuoted(t *testing.T) {
	m, err := parseMessage([]byte(`{"error":"gone\u001b[2J\u202e` + strings.Repeat("x", 500) + `"}`))
	if err != nil || m.err == nil {
		t.Fatal(m, err)
	}
	text := m.err.Error()
	if strings.ContainsAny(text, "\x1b\u202e") || len(text) > 300 {
		t.Errorf("%q", text)
	}
	for _, in := range []string{`{"error":5}`, `{"error":null}`, `{"error":{}}`, `{"error":""}`} {
		if m, err := parseMessage([]byte(in)); err != nil || m.err == nil {
			t.Errorf("%s: %v, %v", in, m, err)
		}
	}
}

func TestMessagesAreSentAsOthersParseThem(t *testing.T) {
	file := offer{kind: transfer.File, name: `<a&"b">`, wire: 5, size: 5}
	dir := offer{kind: transfer.Directory, name: "d", wire: 22, size: 3, files: 1}
	for want, got := range map[string][]byte{
		`{"offer":{"message":"<hi>\n"}}`:                                                                           (&offer{kind: transfer.Text, text: "<hi>\n"}).message(),
		`{"offer":{"file":{"filename":"<a&\"b\">","filesize":5}}}`:                                                 file.message(),
		`{"offer":{"directory":{"dirname":"d","mode":"zipfile/deflated","numbytes":3,"numfiles":1,"zipsize":22}}}`: dir.message(),
		`{"answer":{"file_ack":"ok"}}`:                                                                             answerMessage("file_ack"),
		`{"error":"no"}`:                                                                                           errorMessage(false, transfer.Because(transfer.ReasonFull).Saying("no")),
		`{"error":"the disk is full","sesame-reason":{"class":2,"code":10}}`:                                       errorMessage(true, transfer.Because(transfer.ReasonFull)),
		`{"ack":"ok","sha256":"0aff"}`:                                                                             ackMessage([]byte{0x0a, 0xff}, nil),
	} {
		if string(got) != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func FuzzMessage(f *testing.F) {
	for _, s := range []string{
		`{"transit":{"abilities-v1":[{"type":"direct-tcp-v1"}],"hints-v1":[]}}`,
		`{"offer":{"message":"hello"}}`, `{"offer":{"file":{"filename":"x","filesize":5}}}`,
		`{"offer":{"directory":{"mode":"zipfile/deflated","dirname":"d","zipsize":22,"numbytes":3,"numfiles":1}}}`,
		`{"answer":{"file_ack":"ok"}}`, `{"error":"transfer rejected"}`, `{"offer":{"file":{"filename":"../x","filesize":1e400}}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parseMessage(data)
		if err != nil || m.offer == nil {
			return
		}
		o := m.offer
		if o.wire < 0 || o.size < 0 || o.files < 0 || o.files > maxEntries || len(o.text) > maxIncome {
			t.Fatalf("accepted %+v", o)
		}
		again, err := parseMessage(o.message())
		if err != nil || *again.offer != *o {
			t.Fatalf("%+v became %+v, %v", o, again, err)
		}
	})
}
