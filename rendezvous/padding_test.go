package rendezvous

import (
	"bytes"
	"testing"
)

func TestPadded(t *testing.T) {
	for n, want := range map[int]int{
		0: 256, 1: 256, 256: 256, 257: 512, 4095: 4096, 4096: 4096, 4097: 4352, 8000: 8192, 8193: 8704,
		65536: 65536, 65537: 67584, 100_000: 100_352, maxMessage + padSizeN: 249_856,
	} {
		if got := padded(n); got != want {
			t.Errorf("%d: %d, want %d", n, got, want)
		}
	}
	sizes := make(map[int]bool)
	for n := range 300_000 {
		p := padded(n)
		sizes[p] = true
		if p < n || p%padStep != 0 || padded(p) != p || (n > padFine && p > n+n*7/100) {
			t.Fatalf("%d: %d", n, p)
		}
	}
	if len(sizes) > 160 {
		t.Errorf("%d different sizes", len(sizes))
	}
}

func TestPad(t *testing.T) {
	for _, n := range []int{0, 1, 251, 252, 253, 5000, maxMessage} {
		msg := bytes.Repeat([]byte{0}, n)
		got, ok := unpad(pad(msg))
		if !ok || !bytes.Equal(got, msg) {
			t.Errorf("%d bytes came back as %d, %v", n, len(got), ok)
		}
	}
	if a, b := len(pad(make([]byte, 3))), len(pad(make([]byte, 60))); a != b {
		t.Errorf("3 bytes take %d, 60 take %d", a, b)
	}
	for name, b := range map[string][]byte{
		"nothing":       nil,
		"half a length": {0, 0, 0},
		"1 of 0":        {0, 0, 0, 1},
		"4 GiB":         append([]byte{255, 255, 255, 255}, make([]byte, 252)...),
	} {
		if got, ok := unpad(b); ok {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got, ok := unpad([]byte{0, 0, 0, 1, 'x'}); !ok || string(got) != "x" {
		t.Errorf("without padding: %q, %v", got, ok)
	}
}

func FuzzUnpad(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 'x'})
	f.Add(pad([]byte("hello")))
	f.Fuzz(func(t *testing.T, b []byte) {
		msg, ok := unpad(b)
		if again, ok2 := unpad(pad(msg)); ok && (!ok2 || !bytes.Equal(again, msg)) {
			t.Errorf("%q became %q", msg, again)
		}
	})
}
