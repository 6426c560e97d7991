package rendezvous

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
)

// A transcript is what both sides know of the handshake: doc/mailbox.md §5.5.
type transcript struct {
	common [2]string
	sides  [2]party
}

type party struct {
	side   string
	fields []string // pake body, version
}

func (t *transcript) begin(appID, nameplate string) { t.common = [2]string{appID, nameplate} }

// add notes the next field of a side.
func (t *transcript) add(side string, field []byte) {
	p := &t.sides[0]
	if p.side != "" && p.side != side {
		p = &t.sides[1]
	}
	p.side = side
	p.fields = append(p.fields, string(field))
}

// sum returns the SHA-256 of all fields, each after its length, the sides in
// bytewise order.
func (t *transcript) sum() []byte {
	a, b := t.sides[0], t.sides[1]
	if strings.Compare(a.side, b.side) > 0 {
		a, b = b, a
	}
	fields := append([]string{"sesame/1 transcript"}, t.common[:]...)
	for _, p := range []party{a, b} {
		fields = append(append(fields, p.side), p.fields...)
	}
	h := sha256.New()
	for _, f := range fields {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(f)))
		h.Write(size[:])
		h.Write([]byte(f))
	}
	return h.Sum(nil)
}
