package record_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"sesame/transit/record"
)

var (
	senderKey   = bytes.Repeat([]byte{0x5e}, record.KeySize)
	receiverKey = bytes.Repeat([]byte{0x4e}, record.KeySize)
)

// A vector is one block of testdata/classic.txt.
type vector struct {
	name              string
	number            int
	key, plain, bytes []byte
}

func vectors(t testing.TB) []vector {
	t.Helper()
	f, err := os.Open("testdata/classic.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []vector
	for lines := bufio.NewScanner(f); lines.Scan(); {
		field, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimSpace(value)
		if field == "name" {
			all = append(all, vector{name: value})
			continue
		}
		if field == "" || field[0] == '#' {
			continue
		}
		v := &all[len(all)-1]
		var err error
		switch field {
		case "key":
			v.key, err = hex.DecodeString(value)
		case "number":
			v.number, err = strconv.Atoi(value)
		case "plaintext":
			v.plain, err = hex.DecodeString(value)
		case "record":
			v.bytes, err = hex.DecodeString(value)
		default:
			err = errors.New("unknown field")
		}
		if err != nil {
			t.Fatalf("%s: %s: %v", v.name, field, err)
		}
	}
	if len(all) == 0 {
		t.Fatal("no vectors")
	}
	return all
}

func TestVectors(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.name, func(t *testing.T) {
			var out bytes.Buffer
			w := record.NewWriter(&out, v.key)
			for range v.number {
				if err := w.WriteRecord(nil); err != nil {
					t.Fatal(err)
				}
			}
			before := out.Len()
			if err := w.WriteRecord(v.plain); err != nil {
				t.Fatal(err)
			}
			if got := out.Bytes()[before:]; !bytes.Equal(got, v.bytes) {
				t.Errorf("wrote %x\nwant  %x", got, v.bytes)
			}
			r := record.NewReader(io.MultiReader(bytes.NewReader(out.Bytes()[:before]), bytes.NewReader(v.bytes)), v.key, 0)
			for range v.number {
				if _, err := r.ReadRecord(); err != nil {
					t.Fatal(err)
				}
			}
			got, err := r.ReadRecord()
			if err != nil || !bytes.Equal(got, v.plain) {
				t.Errorf("read %x, %v, want %x", got, err, v.plain)
			}
			if _, err := r.ReadRecord(); err != io.EOF {
				t.Errorf("after the last record: %v, want io.EOF", err)
			}
		})
	}
}

// seal returns the records of the given plaintexts, each by itself.
func seal(t testing.TB, key []byte, plain ...string) [][]byte {
	t.Helper()
	var out bytes.Buffer
	w := record.NewWriter(&out, key)
	var all [][]byte
	for _, p := range plain {
		if err := w.WriteRecord([]byte(p)); err != nil {
			t.Fatal(err)
		}
		all = append(all, bytes.Clone(out.Bytes()))
		out.Reset()
	}
	return all
}

// open reads all records of stream and returns the plaintexts that were
// delivered and the error that ended it.
func open(stream []byte, max int) ([]string, error) {
	r := record.NewReader(bytes.NewReader(stream), senderKey, max)
	var got []string
	for {
		p, err := r.ReadRecord()
		if err != nil {
			if _, again := r.ReadRecord(); again != err {
				return got, fmt.Errorf("error isn't sticky: first %v, then %v", err, again)
			}
			return got, err
		}
		got = append(got, string(p))
	}
}

func TestSizes(t *testing.T) {
	for _, size := range []int{0, 1, 15, 16, 17, 16368, 16384, 65495, 65496, 65497, 65536, 65537, 1 << 20} {
		plain := strings.Repeat("s", size)
		got, err := open(bytes.Join(seal(t, senderKey, plain, "next", plain), nil), 1<<20)
		if err != io.EOF || len(got) != 3 || got[0] != plain || got[1] != "next" || got[2] != plain {
			t.Errorf("size %d: %d records, %v", size, len(got), err)
		}
	}
}

func TestOneBytePerRead(t *testing.T) {
	stream := bytes.Join(seal(t, senderKey, "one", strings.Repeat("two", 50000)), nil)
	r := record.NewReader(iotest.OneByteReader(bytes.NewReader(stream)), senderKey, 0)
	for range 2 {
		if _, err := r.ReadRecord(); err != nil {
			t.Fatal(err)
		}
	}
}

// What somebody on the path could do to three records, and how many records
// are still delivered. None of it may ever end as if all were well.
func TestTampering(t *testing.T) {
	rec := seal(t, senderKey, "zero", "one", "two")
	other := seal(t, receiverKey, "zero", "one", "two")
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	resized := bytes.Clone(rec[1])
	resized[3]--
	for _, c := range []struct {
		name      string
		stream    []byte
		delivered int
	}{
		{"replay of record 0", join(rec[0], rec[0], rec[1]), 1},
		{"replay of record 0 at the end", join(rec[0], rec[1], rec[2], rec[0]), 3},
		{"record 0 left out", join(rec[1], rec[2]), 0},
		{"record 1 left out", join(rec[0], rec[2]), 1},
		{"records 1 and 2 swapped", join(rec[0], rec[2], rec[1]), 1},
		{"record of the other direction first", join(other[0]), 0},
		{"record of the other direction in its place", join(rec[0], other[1]), 1},
		{"length one less", join(rec[0], resized, rec[2]), 1},
		{"byte inserted between records", join(rec[0], []byte{0}, rec[1]), 1},
		{"byte dropped at the start", join(rec[0], rec[1][1:], rec[2]), 1},
		{"length 0", join(rec[0], make([]byte, 4)), 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := open(c.stream, 1024)
			if len(got) != c.delivered {
				t.Errorf("delivered %q, want %d records", got, c.delivered)
			}
			if !errors.Is(err, record.ErrDamaged) && !errors.Is(err, record.ErrTruncated) {
				t.Errorf("error %v, want ErrDamaged or ErrTruncated", err)
			}
		})
	}
}

func TestFlippedBit(t *testing.T) {
	rec := seal(t, senderKey, "zero", "one", "two")
	stream := bytes.Join(rec, nil)
	for i := range stream {
		for bit := range 8 {
			bad := bytes.Clone(stream)
			bad[i] ^= 1 << bit
			got, err := open(bad, 1024)
			want := 0
			for end := 0; want < 3 && i >= end+len(rec[want]); want++ {
				end += len(rec[want])
			}
			if len(got) != want {
				t.Fatalf("byte %d bit %d: %d records delivered, want %d", i, bit, len(got), want)
			}
			if !errors.Is(err, record.ErrDamaged) && !errors.Is(err, record.ErrTruncated) {
				t.Fatalf("byte %d bit %d: %v", i, bit, err)
			}
		}
	}
}

func TestTruncatedAtEachByte(t *testing.T) {
	rec := seal(t, senderKey, "zero", "one", "two")
	stream := bytes.Join(rec, nil)
	ends := map[int]int{0: 0, len(rec[0]): 1, len(rec[0]) + len(rec[1]): 2, len(stream): 3}
	whole := 0
	for n := range len(stream) + 1 {
		want := record.ErrTruncated
		if k, ok := ends[n]; ok {
			whole, want = k, io.EOF
		}
		got, err := open(stream[:n], 1024)
		if !errors.Is(err, want) || len(got) != whole {
			t.Errorf("first %d bytes: %d records, %v; want %d, %v", n, len(got), err, whole, want)
		}
	}
}

// A length costs nothing by itself: refused beyond the limit, and below it
// memory is reserved for what arrives.
func TestLengthSweep(t *testing.T) {
	const max = 32 << 20
	for _, c := range []struct {
		length uint32
		want   error
	}{
		{0, record.ErrDamaged}, {1, record.ErrDamaged}, {15, record.ErrDamaged}, {16, record.ErrDamaged},
		{23, record.ErrDamaged}, {24, record.ErrDamaged}, {39, record.ErrDamaged},
		{40, record.ErrTruncated}, {max + 40, record.ErrTruncated},
		{max + 41, record.ErrDamaged}, {1<<31 - 1, record.ErrDamaged}, {1 << 31, record.ErrDamaged},
		{1<<32 - 1, record.ErrDamaged},
	} {
		t.Run(fmt.Sprint(c.length), func(t *testing.T) {
			stream := binary.BigEndian.AppendUint32(nil, c.length)
			stream = append(stream, make([]byte, 30)...)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := open(stream, max)
			runtime.ReadMemStats(&after)
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 256<<10 {
				t.Errorf("a length of %d allocated %d bytes", c.length, grown)
			}
		})
	}
}

// A slow sender of a large record holds no more memory here than it has sent.
func TestBufferGrowsWithBytesReceived(t *testing.T) {
	const sent = 1 << 20
	stream := append(binary.BigEndian.AppendUint32(nil, 60<<20), make([]byte, sent)...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := open(stream, 0); !errors.Is(err, record.ErrTruncated) {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > sent+512<<10 {
		t.Errorf("%d bytes received, %d allocated", sent, grown)
	}
}

func TestStreamErrorIsSticky(t *testing.T) {
	broken := errors.New("cable cut")
	stream := seal(t, senderKey, "whole", "cut")
	cut := io.MultiReader(bytes.NewReader(stream[0]), bytes.NewReader(stream[1][:20]), iotest.ErrReader(broken))
	r := record.NewReader(cut, senderKey, 0)
	if _, err := r.ReadRecord(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := r.ReadRecord(); !errors.Is(err, broken) {
			t.Errorf("%v, want %v", err, broken)
		}
	}
}

// countingWriter counts calls and fails from a given one on.
type countingWriter struct {
	calls, failAt int
	err           error
}

func (w *countingWriter) Write(p []byte) (int, error) {
	if w.calls++; w.calls == w.failAt {
		return len(p) / 2, w.err
	}
	return len(p), nil
}

func TestOneWritePerRecord(t *testing.T) {
	var out countingWriter
	w := record.NewWriter(&out, senderKey)
	for i, size := range []int{0, 1, 16384, 1 << 20} {
		if err := w.WriteRecord(make([]byte, size)); err != nil || out.calls != i+1 {
			t.Errorf("record of %d bytes: %d calls, %v", size, out.calls, err)
		}
	}
}

func TestWriteErrorIsSticky(t *testing.T) {
	for _, cause := range []error{errors.New("disk gone"), nil} {
		out := countingWriter{failAt: 2, err: cause}
		w := record.NewWriter(&out, senderKey)
		if err := w.WriteRecord([]byte("fits")); err != nil {
			t.Fatal(err)
		}
		want := cause
		if want == nil {
			want = io.ErrShortWrite
		}
		for range 2 {
			if err := w.WriteRecord([]byte("fails")); !errors.Is(err, want) {
				t.Errorf("%v, want %v", err, want)
			}
		}
		if out.calls != 2 {
			t.Errorf("%d writes; the stream was used after its error", out.calls)
		}
	}
}

func TestTooLargeIsRefused(t *testing.T) {
	var out countingWriter
	w := record.NewWriter(&out, senderKey)
	if err := w.WriteRecord(make([]byte, record.MaxSize+1)); err == nil || out.calls != 0 {
		t.Errorf("%v after %d writes, want an error and none", err, out.calls)
	}
	if err := w.WriteRecord(nil); err != nil {
		t.Errorf("after a refused record: %v", err)
	}
}

func TestKeySizePanics(t *testing.T) {
	for _, size := range []int{0, 16, 31, 33} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a key of %d bytes was accepted", size)
				}
			}()
			record.NewWriter(io.Discard, make([]byte, size))
		}()
	}
}

func TestNoAllocations(t *testing.T) {
	plain := make([]byte, 16384)
	w := record.NewWriter(io.Discard, senderKey)
	if err := w.WriteRecord(plain); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(50, func() { w.WriteRecord(plain) }); n != 0 {
		t.Errorf("WriteRecord allocates %v times", n)
	}
	all := make([]string, 60)
	for i := range all {
		all[i] = string(plain)
	}
	r := record.NewReader(bytes.NewReader(bytes.Join(seal(t, senderKey, all...), nil)), senderKey, 0)
	if _, err := r.ReadRecord(); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(50, func() { r.ReadRecord() }); n != 0 {
		t.Errorf("ReadRecord allocates %v times", n)
	}
}

func FuzzReader(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.bytes)
	}
	rec := seal(f, senderKey, "zero", "one", "two")
	f.Add(bytes.Join(rec, nil))
	f.Add(bytes.Join([][]byte{rec[1], rec[0]}, nil))
	f.Fuzz(func(t *testing.T, stream []byte) {
		got, err := open(stream, 4096)
		if err == nil {
			t.Fatal("no error at the end")
		}
		var again []byte
		for i, p := range seal(t, senderKey, got...) {
			if again = append(again, p...); !bytes.HasPrefix(stream, again) {
				t.Fatalf("record %d was delivered but isn't what was sent", i)
			}
		}
		if err == io.EOF && len(again) != len(stream) {
			t.Fatalf("clean end after %d of %d bytes", len(again), len(stream))
		}
	})
}

func BenchmarkWriteRecord(b *testing.B) {
	for _, size := range []int{16 << 10, 64 << 10, 256 << 10} {
		b.Run(fmt.Sprintf("%dKiB", size>>10), func(b *testing.B) {
			w := record.NewWriter(io.Discard, senderKey)
			p := make([]byte, size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				w.WriteRecord(p)
			}
		})
	}
}

func BenchmarkReadRecord(b *testing.B) {
	const records = 256
	for _, size := range []int{16 << 10, 64 << 10, 256 << 10} {
		b.Run(fmt.Sprintf("%dKiB", size>>10), func(b *testing.B) {
			var out bytes.Buffer
			w := record.NewWriter(&out, senderKey)
			for range records {
				w.WriteRecord(make([]byte, size))
			}
			b.SetBytes(int64(size))
			r := record.NewReader(bytes.NewReader(out.Bytes()), senderKey, 0)
			for n := 0; b.Loop(); n++ {
				if n%records == 0 {
					r = record.NewReader(bytes.NewReader(out.Bytes()), senderKey, 0)
				}
				if _, err := r.ReadRecord(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
