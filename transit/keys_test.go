package transit

import (
	"bufio"
	"encoding/hex"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"sesame/internal/wire"
)

func TestKeysAndLines(t *testing.T) {
	f, err := os.Open("testdata/lines.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	values := map[string]string{}
	for s := bufio.NewScanner(f); s.Scan(); {
		if name, value, ok := strings.Cut(s.Text(), ": "); ok && name[0] != '#' {
			values[name] = value
		}
	}
	key, err := hex.DecodeString(values["transit key"])
	if err != nil || len(key) != KeySize {
		t.Fatal(values)
	}
	for name, want := range values {
		if strings.HasPrefix(name, "transit_") {
			if got := hex.EncodeToString(derive(key, name)); got != want {
				t.Errorf("%s: %s, want %s", name, got, want)
			}
		}
	}
	l := deriveLines(key)
	if got, want := string(l.sender), "transit sender "+values["transit_sender"]+" ready\n\n"; got != want || len(got) != 87 {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := string(l.receiver), "transit receiver "+values["transit_receiver"]+" ready\n\n"; got != want || len(got) != 89 {
		t.Errorf("%q, want %q", got, want)
	}
	side, _ := hex.DecodeString(values["side"])
	if got := string(wire.PleaseRelay(derive(key, "transit_relay_token"), [8]byte(side))); got != values["relay line"]+"\n" || len(got) != 104 {
		t.Errorf("%q", got)
	}
	write, read := recordKeys(key, Leader)
	if hex.EncodeToString(write) != values["transit_record_sender_key"] || hex.EncodeToString(read) != values["transit_record_receiver_key"] {
		t.Error("the sender's record keys are wrong")
	}
	if w, r := recordKeys(key, Follower); string(w) != string(read) || string(r) != string(write) {
		t.Error("the receiver's record keys don't mirror the sender's")
	}
}

// says is a connection on which the other end says something, in pieces, and
// hangs up. It needs no second goroutine, so fuzzing sees the same each time.
type says struct {
	net.Conn
	rest  []byte
	piece int
}

func (c *says) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.rest[:min(len(c.rest), c.piece)])
	c.rest = c.rest[n:]
	return n, nil
}

func FuzzHandshakeLine(f *testing.F) {
	l := deriveLines(key)
	f.Add(l.sender, uint8(0))
	f.Add(l.receiver, uint8(1))
	f.Add(append(append([]byte{}, l.sender...), "go\n"...), uint8(200))
	f.Add([]byte("GET / HTTP/1.1\r\n"), uint8(3))
	f.Fuzz(func(t *testing.T, b []byte, piece uint8) {
		conn := &says{rest: b, piece: int(piece) + 1}
		err := expectLine(conn, l.sender, len("transit sender "))
		right := strings.HasPrefix(string(b), string(l.sender))
		if (err == nil) != right {
			t.Errorf("%q: %v", b, err)
		}
		if right && string(conn.rest) != string(b[len(l.sender):]) {
			t.Errorf("%d bytes behind the line are left of %d", len(conn.rest), len(b)-len(l.sender))
		}
	})
}
