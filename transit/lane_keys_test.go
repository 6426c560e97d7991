package transit

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"sesame/internal/wire"
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
	binding, _ := hex.DecodeString(want["binding"])
	for prefix, binding := range map[string][]byte{"": nil, "bound ": binding} {
		hellos := map[Role][]byte{}
		for role, name := range map[Role]string{Leader: "hello of leader", Follower: "hello of follower"} {
			hello, _ := hex.DecodeString(want[prefix+name])
			hellos[role] = hello
			if len(hello) != helloSize || !keys.check(role, hello, binding) || keys.check(role.other(), hello, binding) {
				t.Errorf("%s%s is wrong", prefix, name)
			}
			if fresh := keys.newHello(role, binding); !keys.check(role, fresh, binding) || bytes.Equal(fresh, keys.newHello(role, binding)) {
				t.Errorf("fresh %s is wrong", name)
			}
			if keys.check(role, hello, bytes.Repeat([]byte{1}, 32)) {
				t.Errorf("%s%s passes on another connection", prefix, name)
			}
		}
		seal, open := keys.secrets(Leader, hellos[Leader], hellos[Follower], binding)
		if hex.EncodeToString(seal) != want[prefix+"secret from leader"] || hex.EncodeToString(open) != want[prefix+"secret from follower"] {
			t.Errorf("the %ssecrets are wrong", prefix)
		}
		seal2, open2 := keys.secrets(Follower, hellos[Follower], hellos[Leader], binding)
		if !bytes.Equal(seal, open2) || !bytes.Equal(open, seal2) {
			t.Error("the follower's secrets don't mirror the leader's")
		}
	}
	line := wire.PleaseRelay(keys.tokens[0], [8]byte{0, 1, 2, 3, 4, 5, 6, 7})
	if hex.EncodeToString(line) != want["relay line"] {
		t.Errorf("%q", line)
	}
	hello, _ := hex.DecodeString(want["hello of leader"])
	if keys.erase(); keys.check(Leader, hello, nil) {
		t.Error("erased keys still work")
	}
}
