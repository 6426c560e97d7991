package line

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"testing"
)

// Fails if what is sent isn't what doc/line.md says, as a script reads it that shares
// nothing with this package.
func TestVectors(t *testing.T) {
	text, err := os.ReadFile("testdata/line.txt")
	if err != nil {
		t.Fatal(err)
	}
	value := map[string][]byte{}
	packets := 0
	read := func(s string) []byte {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	var ends [2]end
	for _, l := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		f := strings.Fields(l)
		switch {
		case f[0] == "#" || f[0] == "try":
		case len(f) == 2:
			value[f[0]] = read(f[1])
		default:
			if packets++; packets == 1 {
				ends = checkHellos(t, value)
			}
			side, n, _ := strings.Cut(f[0], "-")
			number, err := strconv.ParseUint(n, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			from, to, id := ends[0], ends[1], value["acceptor-id"]
			if side == "acceptor" {
				from, to, id = ends[1], ends[0], value["dialler-id"]
			}
			for _, d := range []*direction{from.out, to.in} {
				for d.index+1 < number/keyPackets { // as if there had been packets before
					d.used((d.index + 1) * keyPackets)
				}
			}
			plaintext, want := read(f[1]), read(f[2])
			buf := make([]byte, headerSize+len(plaintext)+tagSize)
			copy(buf[headerSize:], plaintext)
			if got := from.out.seal(buf, binary.BigEndian.Uint32(id), number, len(plaintext)); !bytes.Equal(got, want) {
				t.Errorf("%s: %x, want %x", f[0], got, want)
			}
			if got, p, ok := to.in.open(want); !ok || got != number || !bytes.Equal(p, plaintext) {
				t.Errorf("%s isn't opened", f[0])
			}
		}
	}
	if packets != 10 {
		t.Errorf("%d packets", packets)
	}
}

// checkHellos compares a hello and its reply, and returns the ends that they make.
func checkHellos(t *testing.T, value map[string][]byte) [2]end {
	t.Helper()
	key, dialler, acceptor := value["key"], nonce(value["dialler-nonce"]), nonce(value["acceptor-nonce"])
	d, a := binary.BigEndian.Uint32(value["dialler-id"]), binary.BigEndian.Uint32(value["acceptor-id"])
	h, r := hello{from: d, nonce: dialler, try: 2}, reply{to: d, from: a, try: 2, nonce: acceptor}
	if got := h.packet(key); !bytes.Equal(got, value["hello"]) {
		t.Errorf("hello: %x", got)
	}
	if got := r.packet(key, dialler); !bytes.Equal(got, value["reply"]) {
		t.Errorf("reply: %x", got)
	}
	if got, ok := readHello(value["hello"], key); !ok || got != h {
		t.Errorf("hello is read as %+v", got)
	}
	if got, ok := readReply(value["reply"], key, dialler); !ok || got != r {
		t.Errorf("reply is read as %+v", got)
	}
	ends := [2]end{newEnd(key, true, dialler, acceptor), newEnd(key, false, dialler, acceptor)}
	for _, e := range ends {
		if !bytes.Equal(e.binding, value["binding"]) {
			t.Errorf("binding: %x", e.binding)
		}
	}
	return ends
}
