package transit

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"
)

func TestLaneVectors(t *testing.T) {
	f, err := os.Open("testdata/lanes.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := map[string]string{}
	for s := bufio.NewScanner(f); s.Scan(); {
		if name, value, ok := strings.Cut(s.Text(), ": "); ok && name[0] != '#' {
			want[name] = value
		}
	}
	keys := deriveLaneKeys(func(purpose string, size int) []byte {
		sum := sha256.Sum256([]byte(purpose))
		return sum[:size]
	})
	hellos := map[Role][]byte{}
	for role, name := range map[Role]string{Sender: "hello of sender", Receiver: "hello of receiver"} {
		hello, _ := hex.DecodeString(want[name])
		hellos[role] = hello
		if len(hello) != helloSize || !keys.check(role, hello) || keys.check(role.other(), hello) {
			t.Errorf("%s is wrong", name)
		}
		if fresh := keys.newHello(role); !keys.check(role, fresh) || bytes.Equal(fresh, keys.newHello(role)) {
			t.Errorf("fresh %s is wrong", name)
		}
	}
	seal, open := keys.secrets(Sender, hellos[Sender], hellos[Receiver])
	if hex.EncodeToString(seal) != want["secret from sender"] || hex.EncodeToString(open) != want["secret from receiver"] {
		t.Error("the secrets are wrong")
	}
	seal2, open2 := keys.secrets(Receiver, hellos[Receiver], hellos[Sender])
	if !bytes.Equal(seal, open2) || !bytes.Equal(open, seal2) {
		t.Error("the receiver's secrets don't mirror the sender's")
	}
	line := relayLine(keys.token, [8]byte{0, 1, 2, 3, 4, 5, 6, 7})
	if hex.EncodeToString(line) != want["relay line"] {
		t.Errorf("%q", line)
	}
	if keys.erase(); keys.check(Sender, hellos[Sender]) {
		t.Error("erased keys still work")
	}
}
