package record_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"

	"sesame/transit/record"
)

// FuzzOpener gives an Opener any bytes, in pieces of any size. It delivers what
// was sealed, in order, or an error of this package.
func FuzzOpener(f *testing.F) {
	plain := []string{"first", "", "a third", string(bytes.Repeat([]byte("large "), 3000))}
	for i, suite := range suites {
		records := sealAll(suite, secret(1), plain...)
		wire := bytes.Join(records, nil)
		f.Add(wire, uint8(i), uint16(0))
		f.Add(wire[:len(wire)-1], uint8(i), uint16(100))
		f.Add(bytes.Join([][]byte{records[0], records[0]}, nil), uint8(i), uint16(1))
		f.Add([]byte{1, 0, 0, 15}, uint8(i), uint16(3))
		f.Add([]byte{1, 4, 0, 80}, uint8(i), uint16(3))
		f.Add([]byte{1, 4, 0, 81}, uint8(i), uint16(3))
	}
	f.Fuzz(func(t *testing.T, wire []byte, which uint8, piece uint16) {
		suite := suites[int(which)%len(suites)]
		genuine := bytes.Join(sealAll(suite, secret(1), plain...), nil)
		got, err := openAll(pieces{bytes.NewReader(wire), int(piece) + 1}, suite, secret(1))
		if len(got) > len(plain) || !slices.Equal(got, plain[:len(got)]) {
			t.Fatalf("delivered %q", got)
		}
		switch {
		case err == io.EOF:
			if !bytes.HasPrefix(wire, genuine) {
				t.Fatal("a changed stream ended well")
			}
		case !errors.Is(err, record.ErrDamaged) && !errors.Is(err, record.ErrTruncated):
			t.Fatal(err)
		}
	})
}
