package rendezvous

import (
	"bytes"
	"encoding/hex"
	"os"
	"strings"
	"testing"
)

// vectors are the names and values of a file in testdata.
type vectors struct {
	t      *testing.T
	values map[string]string
}

func readVectors(t *testing.T, name string) *vectors {
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	v := &vectors{t, make(map[string]string)}
	for line := range strings.Lines(string(b)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok && !strings.HasPrefix(line, "#") {
			v.values[key] = strings.TrimSpace(value)
		}
	}
	return v
}

func (v *vectors) text(name string) string {
	value, ok := v.values[name]
	if !ok {
		v.t.Fatalf("no %s", name)
	}
	return value
}

func (v *vectors) bytes(name string) []byte {
	b, err := hex.DecodeString(v.text(name))
	if err != nil {
		v.t.Fatal(err)
	}
	return b
}

// What another implementation put into a mailbox opens, and what it computed
// comes out.
func TestNativeVectors(t *testing.T) {
	v := readVectors(t, "testdata/native.txt")
	var tr transcript
	tr.begin(v.text("app"), v.text("nameplate"))
	for _, role := range []string{"second", "first"} {
		tr.add(v.text(role+"-side"), v.bytes(role+"-pake"))
		tr.add(v.text(role+"-side"), v.bytes(role+"-version"))
		native := &Native{Suites: strings.Fields(v.text(role + "-aead")), Features: strings.Fields(v.text(role + "-feat"))}
		if got := announce([]byte(v.text(role+"-own")), native, v.bytes(role+"-ek"), v.bytes(role+"-n")); !bytes.Equal(got, v.bytes(role+"-version")) {
			t.Errorf("version of the %s side: %q", role, got)
		}
	}
	if got := tr.sum(); !bytes.Equal(got, v.bytes("transcript")) {
		t.Errorf("transcript %x", got)
	}
	got, _, err := negotiate(v.bytes("first-version"), v.bytes("second-version"))
	if err != nil || got.Suite != suiteChaCha || strings.Join(got.Features, " ") != "a" {
		t.Errorf("outcome %+v, error %v", got, err)
	}
	t.Run("oracle", func(t *testing.T) { oracleVectors(t, v) })
	for _, role := range []string{"first", "second"} {
		t.Run(role, func(t *testing.T) { machineVectors(t, v, role) })
	}
}

// oracleVectors checks the oracle of TestRecordedSession, which agrees with
// the machine.
func oracleVectors(t *testing.T, v *vectors) {
	a, b := v.text("first-side"), v.text("second-side")
	o := &oracle{
		k0: v.bytes("exchange-key"), th: v.bytes("transcript"), sides: []string{a, b},
		secrets: map[string][]byte{a: v.bytes("first-secret"), b: v.bytes("second-secret")},
		cts:     map[string][]byte{a: v.bytes("first-ct"), b: v.bytes("second-ct")},
	}
	if got := o.session(); !bytes.Equal(got, v.bytes("session-key")) {
		t.Errorf("session key %x", got)
	}
	for _, role := range []string{"first", "second"} {
		side := v.text(role + "-side")
		in, ok := o.box(o.k0, side, "0", v.bytes(role+"-0-body"))
		if !ok || !bytes.Equal(in[:len(o.cts[side])], o.cts[side]) {
			t.Fatalf("%s: the outer box doesn't open", role)
		}
		plain, ok := o.first(side, in)
		if msg, ok2 := unpad(plain); !ok || !ok2 || !bytes.Equal(msg, v.bytes(role+"-0")) {
			t.Errorf("%s: first message %q", role, plain)
		}
	}
}

// machineVectors lets a machine read what one side wrote.
func machineVectors(t *testing.T, v *vectors, role string) {
	r := newRig(t)
	m := r.m
	m.stage, m.online, m.opened, m.peer = confirmed, true, true, v.text(role+"-side")
	m.key = keyOf(v.bytes("exchange-key"))
	m.upgrade = &upgrade{key: keyOf(v.bytes("session-key"))}
	m.inbox.count = 1
	version, ok := m.unseal(m.key, phaseVersion, v.bytes(role+"-version-body"))
	if !ok || !bytes.Equal(version, v.bytes(role+"-version")) {
		t.Errorf("version %q", version)
	}
	for _, phase := range []string{"1", "2"} {
		if key := m.upgrade.key.Phase(m.peer, phase); !bytes.Equal(key, v.bytes(role+"-"+phase+"-key")) {
			t.Errorf("key %x", key)
		}
		r.message(m.peer, phase, v.text(role+"-"+phase+"-body"))
		if msg, ok := m.inbox.take(); !ok || !bytes.Equal(msg, v.bytes(role+"-"+phase)) {
			t.Errorf("message %s: %q, error %v", phase, msg, m.err)
		}
	}
}
