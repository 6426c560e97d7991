package record

import (
	"bytes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
)

// A stream is a block of testdata/aead.txt.
type stream struct {
	fields map[string]string
	suite  Suite
	secret []byte
}

func streams(t testing.TB) []stream {
	t.Helper()
	b, err := os.ReadFile("testdata/aead.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []stream
	for block := range strings.SplitSeq(string(b), "\n\n") {
		s := stream{fields: make(map[string]string)}
		for line := range strings.Lines(block) {
			if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
				s.fields[name] = strings.TrimSpace(value)
			}
		}
		if s.fields["suite"] == "" {
			continue // the comment
		}
		if s.suite, err = Named(s.fields["suite"]); err != nil {
			t.Fatal(err)
		}
		s.secret = s.bytes(t, "secret")
		all = append(all, s)
	}
	if len(all) == 0 {
		t.Fatal("no vectors")
	}
	return all
}

func (s *stream) bytes(t testing.TB, name string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s.fields[name])
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (s *stream) number(t testing.TB, name string) int {
	t.Helper()
	n, err := strconv.Atoi(s.fields[name])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// plain returns the type and plaintext of record i.
func (s *stream) plain(t testing.TB, i int) (byte, []byte) {
	t.Helper()
	typ := byte(s.number(t, fmt.Sprint("type-", i)))
	if repeat, ok := s.fields[fmt.Sprint("repeat-", i)]; ok {
		var b byte
		var n int
		if _, err := fmt.Sscanf(repeat, "%x %d", &b, &n); err != nil {
			t.Fatal(err)
		}
		return typ, bytes.Repeat([]byte{b}, n)
	}
	return typ, s.bytes(t, fmt.Sprint("plain-", i))
}

func (s *stream) ends() (maxRecords, maxBytes uint64) {
	maxRecords, _ = strconv.ParseUint(s.fields["epoch-records"], 10, 64)
	maxBytes, _ = strconv.ParseUint(s.fields["epoch-bytes"], 10, 64)
	return maxRecords, maxBytes
}

func TestVectorsAEAD(t *testing.T) {
	for _, v := range streams(t) {
		t.Run(v.fields["name"], func(t *testing.T) {
			sealer := NewSealer(v.suite, v.secret)
			if r, b := v.ends(); r == 0 || b == 0 {
				t.Fatal("no epoch in the vector")
			} else if strings.HasPrefix(v.fields["name"], "new key") {
				sealer.keys.maxRecords, sealer.keys.maxBytes = r, b
			} else if r != sealer.keys.maxRecords || b != sealer.keys.maxBytes {
				t.Errorf("epochs of %d records, %d bytes; want %d, %d", sealer.keys.maxRecords, sealer.keys.maxBytes, r, b)
			}
			var wire bytes.Buffer
			n := 0
			for ; v.fields[fmt.Sprint("type-", n)] != ""; n++ {
				typ, plain := v.plain(t, n)
				buf := make([]byte, len(plain)+Overhead)
				copy(buf[HeaderSize:], plain)
				rec := sealer.Seal(buf, typ, len(plain))
				sum := sha256.Sum256(rec)
				if want, long := v.fields[fmt.Sprint("sha256-", n)]; long && hex.EncodeToString(sum[:]) != want {
					t.Fatalf("record %d has the hash %x, want %s", n, sum, want)
				}
				if want := v.bytes(t, fmt.Sprint("record-", n)); len(want) > 0 && !bytes.Equal(rec, want) {
					t.Fatalf("record %d = %x, want %x", n, rec, want)
				}
				wire.Write(rec)
			}
			opener := NewOpener(&wire, v.suite, v.secret)
			opener.keys.maxRecords, opener.keys.maxBytes = sealer.keys.maxRecords, sealer.keys.maxBytes
			for i := range n {
				typ, want := v.plain(t, i)
				if got, p, err := opener.Next(); err != nil || got != typ || !bytes.Equal(p, want) {
					t.Fatalf("opened record %d: type %d, %x, %v", i, got, p, err)
				}
			}
		})
	}
}

// watched notes which nonce each record is sealed with.
type watched struct {
	cipher.AEAD
	seen func(nonce []byte)
}

func (w watched) Seal(dst, nonce, plain, ad []byte) []byte {
	w.seen(nonce)
	return w.AEAD.Seal(dst, nonce, plain, ad)
}

// TestNoncesNeverRepeat seals through several keys, in both directions of two
// connections, and looks for a key and nonce that were used before.
func TestNoncesNeverRepeat(t *testing.T) {
	used := make(map[string]bool)
	secrets := make(map[[KeySize]byte]bool)
	for _, suite := range []Suite{AES256GCM, ChaCha20Poly1305} {
		for direction := range byte(4) {
			s := NewSealer(suite, bytes.Repeat([]byte{direction}, KeySize))
			s.keys.maxRecords = 10
			buf := make([]byte, 100)
			keys := 0
			for range 95 {
				if _, watching := s.keys.aead.(watched); !watching {
					// A new key: told apart by what it makes of a fixed nonce and text.
					keys++
					mark := string(s.keys.aead.Seal(nil, make([]byte, 12), make([]byte, 32), nil))
					s.keys.aead = watched{s.keys.aead, func(nonce []byte) {
						id := mark + string(nonce)
						if used[id] {
							t.Fatalf("%v: nonce %x is used twice under one key", suite, nonce)
						}
						used[id] = true
					}}
					if suite == AES256GCM { // the chain of secrets is the same for both
						if secrets[s.keys.next] {
							t.Fatal("a secret comes twice")
						}
						secrets[s.keys.next] = true
					}
				}
				s.Seal(buf, 1, 5)
			}
			if keys != 10 {
				t.Errorf("%d keys for 95 records, want 10", keys)
			}
		}
	}
	if len(used) != 2*4*95 {
		t.Errorf("%d nonces seen", len(used))
	}
}

func TestRatchetErases(t *testing.T) {
	s := NewSealer(AES256GCM, bytes.Repeat([]byte{1}, KeySize))
	s.keys.maxRecords = 2
	first := s.keys.next
	buf := make([]byte, Overhead)
	s.Seal(buf, 1, 0)
	if s.keys.next != first || s.keys.records != 1 {
		t.Error("new key too early")
	}
	s.Seal(buf, 1, 0)
	if s.keys.next == first || s.keys.records != 0 || s.keys.bytes != 0 {
		t.Error("no new key")
	}
	// The secret of the second epoch gives its successor, and is gone.
	m := hmac.New(sha256.New, first[:])
	m.Write([]byte("sesame/1 record rekey\x01"))
	if !bytes.Equal(m.Sum(nil), s.keys.next[:]) {
		t.Error("the third secret doesn't follow from the second")
	}
}

// TestRatchetOutOfStep: an opener that changes keys at another place than the
// sealer opens nothing from there on.
func TestRatchetOutOfStep(t *testing.T) {
	for _, at := range []uint64{3, 5} {
		var wire bytes.Buffer
		s := NewSealer(ChaCha20Poly1305, make([]byte, KeySize))
		s.keys.maxRecords = 4
		for range 8 {
			wire.Write(s.Seal(make([]byte, Overhead), 1, 0))
		}
		o := NewOpener(&wire, ChaCha20Poly1305, make([]byte, KeySize))
		o.keys.maxRecords = at
		for i := range min(at, 4) {
			if _, _, err := o.Next(); err != nil {
				t.Fatalf("record %d: %v", i, err)
			}
		}
		if _, _, err := o.Next(); !errors.Is(err, ErrDamaged) {
			t.Errorf("out of step at %d: %v", at, err)
		}
	}
}

func TestOpenerLetsGo(t *testing.T) {
	for _, end := range []error{io.EOF, ErrDamaged} {
		s := NewSealer(AES256GCM, make([]byte, KeySize))
		rec := s.Seal(make([]byte, Overhead), Final, 0)
		if end == ErrDamaged {
			rec[5] ^= 1
		}
		o := NewOpener(bytes.NewReader(rec), AES256GCM, make([]byte, KeySize))
		o.Next()
		if _, _, err := o.Next(); !errors.Is(err, end) {
			t.Errorf("error %v, want %v", err, end)
		}
		if o.buf != nil || o.keys.aead != nil || o.keys.next != [KeySize]byte{} {
			t.Errorf("after %v keys or buffer are left", end)
		}
	}
}
