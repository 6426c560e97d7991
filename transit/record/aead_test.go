package record_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"testing/iotest"

	"sesame/transit/record"
)

// sealAll returns the records of plaintexts, all of type 1, and a final one.
func sealAll(suite record.Suite, key []byte, plain ...string) [][]byte {
	s := record.NewSealer(suite, key)
	var all [][]byte
	add := func(typ byte, p string) {
		buf := make([]byte, len(p)+record.Overhead)
		copy(buf[record.HeaderSize:], p)
		all = append(all, s.Seal(buf, typ, len(p)))
	}
	for _, p := range plain {
		add(1, p)
	}
	add(record.Final, "")
	return all
}

// openAll opens a stream until its end, without the final record.
func openAll(src io.Reader, suite record.Suite, key []byte) ([]string, error) {
	o := record.NewOpener(src, suite, key)
	var all []string
	for {
		typ, p, err := o.Next()
		if err != nil {
			if typ2, p2, again := o.Next(); again != err || typ2 != 0 || p2 != nil {
				return all, fmt.Errorf("error isn't sticky: %w, then %v", err, again)
			}
			if len(p) > 0 {
				return all, fmt.Errorf("delivered %q with the error %w", p, err)
			}
			return all, err
		}
		if typ != record.Final {
			all = append(all, string(p))
		}
	}
}

func TestSuites(t *testing.T) {
	for _, s := range suites {
		if got, err := record.Named(s.String()); got != s || err != nil {
			t.Errorf("Named(%q) = %v, %v", s.String(), got, err)
		}
	}
	for _, name := range []string{"", "AES-256-GCM", "aes-128-gcm", "\x1b[2J"} {
		if s, err := record.Named(name); err == nil || s != 0 || bytes.ContainsRune([]byte(err.Error()), 0x1b) {
			t.Errorf("Named(%q) = %v, %v", name, s, err)
		}
	}
	if got := record.Suite(9).String(); got != "suite(9)" {
		t.Errorf("unknown suite is %q", got)
	}
	fast := record.Fast()
	if fast[len(fast)-1] != record.ChaCha20Poly1305 {
		t.Errorf("Fast() = %v, has to end with what everybody has", fast)
	}
	if runtime.GOARCH == "wasm" && len(fast) != 1 {
		t.Errorf("Fast() = %v in WebAssembly", fast)
	}
}

func TestAgree(t *testing.T) {
	const aes, chacha = "aes-256-gcm", "chacha20-poly1305"
	long := slices.Repeat([]string{"rot13"}, 10_000)
	lists := map[string][]string{
		"none":       nil,
		"chacha":     {chacha},
		"aes":        {aes},
		"both":       {aes, chacha},
		"permuted":   {chacha, aes},
		"duplicated": {chacha, chacha, aes, aes},
		"unknown":    {"aes-512", "AES-256-GCM", "", "\x00"},
		"long":       long,
		"long, aes":  append(long, aes),
	}
	known := make(map[string][]record.Suite)
	for name, list := range lists {
		for _, n := range list {
			if s, err := record.Named(n); err == nil {
				known[name] = append(known[name], s)
			}
		}
	}
	for an, a := range lists {
		for bn, b := range lists {
			want := record.ChaCha20Poly1305
			if slices.Contains(a, aes) && slices.Contains(b, aes) {
				want = record.AES256GCM
			}
			if x, y := record.Agree(known[an], b), record.Agree(known[bn], a); x != want || y != want {
				t.Errorf("%s and %s agree on %v and %v, want %v", an, bn, x, y, want)
			}
		}
	}
}

func TestAEADSizes(t *testing.T) {
	var plain []string
	for _, size := range []int{
		0, 1, 15, 16, 17, 100, 4095, 4096,
		8<<10 - record.Overhead - 1, 8<<10 - record.Overhead, 8<<10 - record.Overhead + 1,
		64<<10 - record.Overhead, 64 << 10, 100_000, 1, 0, 250_000, 10, 250_000, 10,
		record.MaxPayload - 1, record.MaxPayload, record.MaxPayload, 3, record.MaxPayload,
	} {
		plain = append(plain, string(bytes.Repeat([]byte{byte(size)}, size)))
	}
	readers := map[string]func(io.Reader) io.Reader{
		"whole":           func(r io.Reader) io.Reader { return r },
		"halves":          iotest.HalfReader,
		"data with error": iotest.DataErrReader,
		"odd pieces":      func(r io.Reader) io.Reader { return pieces{r, 777} },
		"64 KiB pieces":   func(r io.Reader) io.Reader { return pieces{r, 64 << 10} },
	}
	for _, suite := range suites {
		wire := bytes.Join(sealAll(suite, secret(1), plain...), nil)
		for name, reader := range readers {
			got, err := openAll(reader(bytes.NewReader(wire)), suite, secret(1))
			if err != io.EOF || !slices.Equal(got, plain) {
				t.Errorf("%v, %s: %d records, %v", suite, name, len(got), err)
			}
		}
		small := bytes.Join(sealAll(suite, secret(1), plain[:8]...), nil)
		got, err := openAll(iotest.OneByteReader(bytes.NewReader(small)), suite, secret(1))
		if err != io.EOF || !slices.Equal(got, plain[:8]) {
			t.Errorf("%v, byte by byte: %d records, %v", suite, len(got), err)
		}
	}
}

// pieces limits how much each Read returns.
type pieces struct {
	io.Reader
	n int
}

func (p pieces) Read(b []byte) (int, error) { return p.Reader.Read(b[:min(len(b), p.n)]) }

func TestAEADTypes(t *testing.T) {
	var wire bytes.Buffer
	s := record.NewSealer(record.AES256GCM, secret(1))
	for typ := 255; typ >= 0; typ-- {
		buf := make([]byte, record.Overhead+1)
		buf[record.HeaderSize] = byte(typ)
		wire.Write(s.Seal(buf, byte(typ), 1))
	}
	o := record.NewOpener(&wire, record.AES256GCM, secret(1))
	for typ := 255; typ >= 0; typ-- {
		got, p, err := o.Next()
		if err != nil || got != byte(typ) || string(p) != string([]byte{byte(typ)}) {
			t.Fatalf("type %d: %d, %x, %v", typ, got, p, err)
		}
	}
	if _, _, err := o.Next(); err != io.EOF {
		t.Errorf("after the final record: %v", err)
	}
}

// TestAEADTampering does to a stream all that somebody on its way can do. What
// is delivered has to be what was sent, up to the change, and then an error.
func TestAEADTampering(t *testing.T) {
	plain := []string{"open sesame", "", "the third record is a little longer", "4", "5"}
	for _, suite := range suites {
		records := sealAll(suite, secret(1), plain...)
		wire := bytes.Join(records, nil)
		check := func(name string, changed []byte, atMost int) {
			t.Helper()
			got, err := openAll(bytes.NewReader(changed), suite, secret(1))
			if !errors.Is(err, record.ErrDamaged) && !errors.Is(err, record.ErrTruncated) {
				t.Errorf("%v, %s: error %v", suite, name, err)
			}
			if len(got) > atMost || !slices.Equal(got, plain[:min(len(got), len(plain))]) {
				t.Errorf("%v, %s: delivered %q, want at most %d records", suite, name, got, atMost)
			}
		}
		// For each byte: how many records end before it.
		var before []int
		for i, r := range records {
			before = append(before, slices.Repeat([]int{i}, len(r))...)
		}
		for i := range wire {
			flipped := bytes.Clone(wire)
			flipped[i] ^= 1 << (i % 8)
			check(fmt.Sprint("flip ", i), flipped, before[i])
			check(fmt.Sprint("drop ", i), slices.Delete(bytes.Clone(wire), i, i+1), before[i])
			check(fmt.Sprint("insert at ", i), slices.Insert(bytes.Clone(wire), i, 0x55), before[i])
			if i+1 < len(wire) {
				check(fmt.Sprint("double ", i), slices.Insert(bytes.Clone(wire), i, wire[i]), before[i+1])
			}
			check(fmt.Sprint("truncate at ", i), wire[:i], before[i])
		}
		join := func(order ...[]byte) []byte { return bytes.Join(order, nil) }
		for i := range records {
			for j := range i {
				swapped := slices.Clone(records)
				swapped[i], swapped[j] = swapped[j], swapped[i]
				check(fmt.Sprintf("swap %d and %d", i, j), join(swapped...), j)
				check(fmt.Sprintf("replay %d before %d", j, i), join(slices.Insert(slices.Clone(records), i, records[j])...), i)
			}
			check(fmt.Sprint("leave out ", i), join(slices.Delete(slices.Clone(records), i, i+1)...), i)
		}
		// Other secrets stand for the other direction and an earlier connection.
		other := sealAll(suite, secret(2), plain...)
		for i := range records {
			spliced := slices.Clone(records)
			spliced[i] = other[i]
			check(fmt.Sprint("splice at ", i), join(spliced...), i)
		}
		check("another stream", join(other...), 0)
		for _, wrong := range suites {
			if wrong != suite {
				check("another suite", join(sealAll(wrong, secret(1), plain...)...), 0)
			}
		}
	}
}

func TestAfterFinalNothingIsRead(t *testing.T) {
	wire := bytes.Join(sealAll(record.AES256GCM, secret(1), "a"), nil)
	// A byte of a stranger's after it neither harms nor is waited for.
	src := io.MultiReader(iotest.OneByteReader(bytes.NewReader(wire)), iotest.ErrReader(errors.New("read after the final record")))
	got, err := openAll(src, record.AES256GCM, secret(1))
	if err != io.EOF || len(got) != 1 {
		t.Errorf("got %q, %v", got, err)
	}
	got, err = openAll(bytes.NewReader(append(wire, wire...)), record.AES256GCM, secret(1))
	if err != io.EOF || len(got) != 1 {
		t.Errorf("with a replay of all behind it: %q, %v", got, err)
	}
}

func TestAEADEndsWithoutFinal(t *testing.T) {
	records := sealAll(record.AES256GCM, secret(1), "a", "b")
	got, err := openAll(bytes.NewReader(bytes.Join(records[:2], nil)), record.AES256GCM, secret(1))
	if !errors.Is(err, record.ErrTruncated) || len(got) != 2 {
		t.Errorf("got %q, %v; want both records, then ErrTruncated", got, err)
	}
	if _, err := openAll(bytes.NewReader(nil), record.AES256GCM, secret(1)); !errors.Is(err, record.ErrTruncated) {
		t.Errorf("empty stream: %v", err)
	}
}

// TestAEADLengths: a length that can't be is refused as soon as it is read, and
// one that can is waited for in the Opener's one buffer.
func TestAEADLengths(t *testing.T) {
	const largest = record.MaxPayload + 16
	late := errors.New("read beyond the header")
	for _, c := range []struct {
		length int
		want   error
	}{
		{0, record.ErrDamaged}, {1, record.ErrDamaged}, {15, record.ErrDamaged},
		{16, late}, {39, late}, {40, late}, {largest - 1, late}, {largest, late},
		{largest + 1, record.ErrDamaged}, {1<<24 - 1, record.ErrDamaged},
	} {
		head := []byte{1, byte(c.length >> 16), byte(c.length >> 8), byte(c.length)}
		o := record.NewOpener(io.MultiReader(bytes.NewReader(head), iotest.ErrReader(late)), record.AES256GCM, secret(1))
		if n := testing.AllocsPerRun(1, func() { o.Next() }); n > 20 {
			t.Errorf("length %d: %v allocations", c.length, n)
		}
		if _, _, err := o.Next(); !errors.Is(err, c.want) {
			t.Errorf("length %d: %v, want %v", c.length, err, c.want)
		}
	}
	// All the bytes that the largest length asks for, but no tag that fits.
	forged := append([]byte{1, byte(largest >> 16), byte(largest >> 8 & 0xff), largest & 0xff}, make([]byte, largest)...)
	if _, err := openAll(bytes.NewReader(forged), record.AES256GCM, secret(1)); !errors.Is(err, record.ErrDamaged) {
		t.Errorf("forged record: %v", err)
	}
}

func TestAEADReadErrors(t *testing.T) {
	wire := bytes.Join(sealAll(record.AES256GCM, secret(1), "a", "b"), nil)
	broken := errors.New("broken")
	for i := range wire {
		src := io.MultiReader(bytes.NewReader(wire[:i]), iotest.ErrReader(broken))
		if _, err := openAll(src, record.AES256GCM, secret(1)); !errors.Is(err, broken) {
			t.Errorf("after %d bytes: %v", i, err)
		}
	}
	if _, err := openAll(idle{}, record.AES256GCM, secret(1)); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("idle reader: %v", err)
	}
}

type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

func TestSealMisuse(t *testing.T) {
	fresh := func() *record.Sealer { return record.NewSealer(record.AES256GCM, secret(1)) }
	big := make([]byte, record.MaxPayload+100)
	for name, f := range map[string]func(){
		"payload too large":  func() { fresh().Seal(big, 1, record.MaxPayload+1) },
		"negative payload":   func() { fresh().Seal(big, 1, -1) },
		"buffer too small":   func() { fresh().Seal(make([]byte, 29), 1, 10) },
		"no buffer":          func() { fresh().Seal(nil, 1, 0) },
		"short secret":       func() { record.NewSealer(record.AES256GCM, make([]byte, 31)) },
		"long secret":        func() { record.NewOpener(nil, record.AES256GCM, make([]byte, 33)) },
		"no suite":           func() { record.NewSealer(0, secret(1)) },
		"after final":        func() { s := fresh(); s.Seal(big, record.Final, 0); s.Seal(big, 1, 0) },
		"final record twice": func() { s := fresh(); s.Seal(big, record.Final, 0); s.Seal(big, record.Final, 0) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

// TestSealInPlace: capacity counts, not length, and what lies behind the record
// stays.
func TestSealOverPlain(t *testing.T) {
	buf := bytes.Repeat([]byte{0xee}, 100)
	copy(buf[record.HeaderSize:], "hello")
	rec := record.NewSealer(record.AES256GCM, secret(1)).Seal(buf[:0], 1, 5)
	if &rec[0] != &buf[0] || len(rec) != 5+record.Overhead {
		t.Errorf("record of %d bytes, in place: %v", len(rec), &rec[0] == &buf[0])
	}
	if !bytes.Equal(buf[len(rec):], bytes.Repeat([]byte{0xee}, 100-len(rec))) {
		t.Error("wrote behind the record")
	}
}

func TestAEADCopiesSecret(t *testing.T) {
	key := secret(1)
	s := record.NewSealer(record.AES256GCM, key)
	clear(key)
	rec := s.Seal(make([]byte, record.Overhead), record.Final, 0)
	if _, err := openAll(bytes.NewReader(rec), record.AES256GCM, secret(1)); err != io.EOF {
		t.Error(err)
	}
}

func TestAEADNoAllocations(t *testing.T) {
	for _, suite := range suites {
		s := record.NewSealer(suite, secret(1))
		buf := make([]byte, 1000+record.Overhead)
		var wire bytes.Buffer
		wire.Grow(200 * len(buf))
		if n := testing.AllocsPerRun(100, func() { wire.Write(s.Seal(buf, 1, 1000)) }); n != 0 {
			t.Errorf("%v: Seal allocates %v times", suite, n)
		}
		o := record.NewOpener(&wire, suite, secret(1))
		if n := testing.AllocsPerRun(50, func() {
			if _, _, err := o.Next(); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%v: Next allocates %v times", suite, n)
		}
	}
}

// landing remembers where each byte of a stream was read to.
type landing struct {
	io.Reader
	at    []*byte
	reads int
}

func (l *landing) Read(b []byte) (int, error) {
	n, err := l.Reader.Read(b)
	l.reads++
	for i := range n {
		l.at = append(l.at, &b[i])
	}
	return n, err
}

// TestOpenerReads: many small records come with one Read, and a large one is
// opened where it was read to.
func TestOpenerReads(t *testing.T) {
	suite := record.ChaCha20Poly1305
	small := slices.Repeat([]string{string(make([]byte, 100))}, 3000)
	src := &landing{Reader: bytes.NewReader(bytes.Join(sealAll(suite, secret(1), small...), nil))}
	if got, err := openAll(src, suite, secret(1)); len(got) != len(small) || err != io.EOF {
		t.Fatal(err)
	}
	if src.reads > 10 { // 360 kB by 64 KiB
		t.Errorf("%d reads for %d small records", src.reads, len(small))
	}

	large := slices.Repeat([]string{string(make([]byte, record.MaxPayload))}, 4)
	src = &landing{Reader: bytes.NewReader(bytes.Join(sealAll(suite, secret(1), large...), nil))}
	o := record.NewOpener(src, suite, secret(1))
	at := 0
	for i := range large {
		_, p, err := o.Next()
		if err != nil {
			t.Fatal(err)
		}
		at += record.HeaderSize
		if &p[0] != src.at[at] || &p[len(p)-1] != src.at[at+len(p)-1] {
			t.Errorf("record %d was moved before it was opened", i)
		}
		at += len(p) + 16
	}
	if src.reads > 2*len(large) {
		t.Errorf("%d reads for %d large records", src.reads, len(large))
	}
}

// TestAEADOverTCP sends records of all sizes over a real connection, both ways
// at once.
func TestAEADOverTCP(t *testing.T) {
	a, b := tcpPair(t)
	defer a.Close()
	defer b.Close()
	const total = 300
	write := func(w io.Writer, key byte) error {
		r := rand.New(rand.NewPCG(1, uint64(key)))
		s := record.NewSealer(record.AES256GCM, secret(key))
		buf := make([]byte, record.MaxPayload+record.Overhead)
		for i := range total {
			n := r.IntN(1 << r.IntN(19))
			for j := range n {
				buf[record.HeaderSize+j] = byte(i + j)
			}
			if _, err := w.Write(s.Seal(buf, 1, n)); err != nil {
				return err
			}
		}
		_, err := w.Write(s.Seal(buf, record.Final, 0))
		return err
	}
	read := func(src io.Reader, key byte) error {
		r := rand.New(rand.NewPCG(1, uint64(key)))
		o := record.NewOpener(src, record.AES256GCM, secret(key))
		for i := range total {
			n := r.IntN(1 << r.IntN(19))
			_, p, err := o.Next()
			if err != nil || len(p) != n {
				return fmt.Errorf("record %d of %d bytes, want %d: %w", i, len(p), n, err)
			}
			for j := range p {
				if p[j] != byte(i+j) {
					return fmt.Errorf("record %d differs at %d", i, j)
				}
			}
		}
		if typ, _, err := o.Next(); typ != record.Final || err != nil {
			return fmt.Errorf("type %d, error %w at the end", typ, err)
		}
		return nil
	}
	errs := make(chan error, 4)
	go func() { errs <- write(a, 1) }()
	go func() { errs <- write(b, 2) }()
	go func() { errs <- read(b, 1) }()
	go func() { errs <- read(a, 2) }()
	for range 4 {
		if err := <-errs; err != nil {
			t.Error(err)
			a.Close()
			b.Close()
		}
	}
}
