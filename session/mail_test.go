package session

import (
	"errors"
	"testing"
)

func TestForeignFirstMessage(t *testing.T) {
	for in, foreign := range map[string]bool{
		`{"offer":{"message":"hello"}}`:     true,
		`{"error":"transfer rejected"}`:     true,
		`{}`:                                true,
		`null`:                              true,
		`{"done":true}`:                     true,
		`{"hints":[]}`:                      false,
		`{"hints":[],"offer":"x"}`:          false,
		`{"error":{"class":1,"reason":""}}`: false,
		`[]`:                                false,
		`nonsense`:                          false,
		``:                                  false,
	} {
		b := []byte(in)
		_, err := firstMail(b)
		var f *Foreign
		if errors.As(err, &f) != foreign {
			t.Errorf("%s: %v", in, err)
		}
		if foreign {
			b[0] = 'x'
			if string(f.Message) != in {
				t.Errorf("%s: kept as %s", in, f.Message)
			}
		}
	}
}
