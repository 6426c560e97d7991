package classic

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"testing"

	"sesame/internal/test/crossing"
	"sesame/transfer"
)

// A forged member of a forged archive: what the list says and what the local
// header says may differ.
type forged struct {
	name, localName string // localName "" is name
	data            []byte
	method, flags   uint16
	localMethod     int // -1 is method
	attributes      uint32
	size, packed    int64 // -1 is the truth
	crc             uint32
	offset          int64 // -1 is the truth
	extra           []byte
}

// member returns a forged member without lies.
func honest(name string, data string) forged {
	return forged{name: name, data: []byte(data), localMethod: -1, size: -1, packed: -1, offset: -1, crc: crc32.ChecksumIEEE([]byte(data)), attributes: 0o100644 << 16}
}

func (f forged) with(change func(*forged)) forged {
	change(&f)
	return f
}

// forge writes an archive.
func forge(members ...forged) []byte {
	var b, list []byte
	le := binary.LittleEndian
	for _, m := range members {
		if m.localName == "" {
			m.localName = m.name
		}
		if m.localMethod < 0 {
			m.localMethod = int(m.method)
		}
		if m.size < 0 {
			m.size = int64(len(m.data))
		}
		if m.packed < 0 {
			m.packed = int64(len(m.data))
		}
		if m.offset < 0 {
			m.offset = int64(len(b))
		}
		fields := func(b []byte, method int) []byte {
			b = le.AppendUint16(b, m.flags)
			b = le.AppendUint16(b, uint16(method))
			b = le.AppendUint32(b, 0)
			b = le.AppendUint32(b, m.crc)
			b = le.AppendUint32(b, uint32(m.packed))
			return le.AppendUint32(b, uint32(m.size))
		}
		b = le.AppendUint32(b, localSig)
		b = fields(le.AppendUint16(b, 20), m.localMethod)
		b = le.AppendUint16(b, uint16(len(m.localName)))
		b = le.AppendUint16(b, 0)
		b = append(append(b, m.localName...), m.data...)

		list = le.AppendUint32(list, centralSig)
		list = fields(le.AppendUint32(list, 20|20<<16), int(m.method))
		list = le.AppendUint16(list, uint16(len(m.name)))
		list = le.AppendUint16(list, uint16(len(m.extra)))
		list = le.AppendUint16(list, 0)
		list = le.AppendUint32(list, 0)
		list = le.AppendUint32(list, m.attributes)
		list = le.AppendUint32(list, uint32(m.offset))
		list = append(append(list, m.name...), m.extra...)
	}
	return end(append(b, list...), len(members), len(list), len(b))
}

// end appends the end of an archive.
func end(b []byte, count, length, start int) []byte {
	le := binary.LittleEndian
	b = le.AppendUint32(b, endSig)
	b = le.AppendUint32(b, 0)
	b = le.AppendUint16(b, uint16(count))
	b = le.AppendUint16(b, uint16(count))
	b = le.AppendUint32(b, uint32(length))
	b = le.AppendUint32(b, uint32(start))
	return le.AppendUint16(b, 0)
}

// deflated packs data as others do.
func deflated(name string, data []byte) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, _ := z.Create(name)
	w.Write(data)
	z.Close()
	return b.Bytes()
}

// A script is a sender that does as it is told.
type script struct {
	offer   string
	records [][]byte
	early   bool // ends the connection after the records
}

// directoryOffer offers an archive.
func directoryOffer(name string, archive []byte, bytes, files int) string {
	return string((&offer{kind: transfer.Directory, name: name, wire: int64(len(archive)), size: int64(bytes), files: files}).message())
}

func split(b []byte) [][]byte {
	var out [][]byte
	for chunk := range slices.Chunk(b, recordSize) {
		out = append(out, chunk)
	}
	return out
}

// play lets Receive and Accept talk to a script. It returns also what they sent
// on the channel, and the confirmation.
func play(t testing.TB, s script, target transfer.Target) (name string, err error, said []string, ack []byte) {
	t.Helper()
	sc, rc := crossing.Channels("")
	a, b := connPair()
	sc.Say(`{"transit":{"abilities-v1":[],"hints-v1":[]}}`)
	sc.Say(s.offer)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer a.Close()
		for _, r := range s.records {
			if a.WriteRecord(r) != nil {
				return
			}
		}
		if !s.early {
			ack, _ = a.ReadRecord()
		}
	}()
	o, err := receiveOffer(t.Context(), rc, over(b))
	if err == nil {
		var rep *transfer.Report
		rep, err = o.Accept(t.Context(), target)
		name = strings.Join(crossing.Finals(rep), "/")
		defer o.Reject(t.Context(), transfer.Reason{}) // unless it was answered
	}
	b.Close()
	<-done
	for len(sc.In) > 0 {
		said = append(said, string(<-sc.In))
	}
	return name, err, said, ack
}

func TestArchivesThatLie(t *testing.T) {
	link := func(f *forged) { f.attributes = 0o120777 << 16 }
	many := make([]forged, 20)
	for i := range many {
		many[i] = honest(fmt.Sprint(i), "")
	}
	deepDirs := make([]forged, 300)
	for i := range deepDirs {
		deepDirs[i] = honest(fmt.Sprint(i)+strings.Repeat("/d", 60)+"/", "").with(func(f *forged) { f.attributes = 0o040755 << 16 })
	}
	bomb := deflated("zeros", make([]byte, 1<<20))
	good := forge(honest("a", "x"))
	for _, c := range []struct {
		name         string
		archive      []byte
		bytes, files int
		want         string // part of the error
	}{
		{"symbolic link", forge(honest("l", "/etc/passwd").with(link)), 100, 5, "neither"},
		{"device", forge(honest("d", "").with(func(f *forged) { f.attributes = 0o060666 << 16 })), 100, 5, "neither"},
		{"fifo", forge(honest("d", "").with(func(f *forged) { f.attributes = 0o010666 << 16 })), 100, 5, "neither"},
		{"link, then through it", forge(honest("l", "..").with(link), honest("l/x", "x")), 100, 5, "neither"},
		{"dot dot", forge(honest("../x", "x")), 100, 5, "created"},
		{"dot dot below", forge(honest("a/../../x", "x")), 100, 5, "created"},
		{"absolute", forge(honest("/tmp/x", "x")), 100, 5, "absolute"},
		{"backslash", forge(honest(`..\x`, "x")), 100, 5, "separator"},
		{"drive", forge(honest(`C:x`, "x")), 100, 5, "drive"},
		{"empty name", forge(honest("", "x")), 100, 5, "empty"},
		{"only a slash", forge(honest("/", "")), 100, 5, "both"},
		{"NUL", forge(honest("a\x00b", "x")), 100, 5, "control"},
		{"name of a partial", forge(honest(".x.abcdefghij234567.sesame", "x")), 100, 5, "being received"},
		{"twice", forge(honest("a", "x"), honest("a", "y")), 100, 5, "twice"},
		{"file and directory", forge(honest("a", "x"), honest("a/b", "y")), 100, 5, "twice"},
		{"directory and file", forge(honest("a/b", "x"), honest("a", "y")), 100, 5, "twice"},
		{"65 levels", forge(honest(strings.Repeat("a/", 64)+"a", "x")), 100, 5, "deeper"},
		{"256 bytes", forge(honest(strings.Repeat("a", 256), "x")), 100, 5, "too long"},
		{"encrypted", forge(honest("a", "x").with(func(f *forged) { f.flags = flagEncrypted })), 100, 5, "encrypted"},
		{"method 99", forge(honest("a", "x").with(func(f *forged) { f.method = 99 })), 100, 5, "unknown method"},
		{"other local name", forge(honest("a", "x").with(func(f *forged) { f.localName = "b" })), 100, 5, "two names"},
		{"longer local name", forge(honest("a", "x").with(func(f *forged) { f.localName = "../b" })), 100, 5, "two names"},
		{"other local method", forge(honest("a", "x").with(func(f *forged) { f.localMethod = 8 })), 100, 5, "two ways"},
		{"stored sizes differ", forge(honest("a", "xy").with(func(f *forged) { f.size = 1 })), 100, 5, "two sizes"},
		{"wrong checksum", forge(honest("a", "x").with(func(f *forged) { f.crc++ })), 100, 5, "damaged"},
		{"overlapping", forge(honest("a", "xxxxxx"), honest("b", "y").with(func(f *forged) { f.offset = 0 })), 100, 5, "overlaps"},
		{"quoted overlap", forge(honest("a", string(forge(honest("b", "y")))), honest("b", "y").with(func(f *forged) { f.offset = 31 })), 500, 5, "overlaps"},
		{"offset in the list", forge(honest("a", "x").with(func(f *forged) { f.offset = 40 })), 100, 5, "overlaps"},
		{"longer than the archive", forge(honest("a", "x").with(func(f *forged) { f.size, f.packed = 5000, 5000 })), 10000, 5, "longer"},
		{"more files than offered", forge(many...), 100, 19, "19 files"},
		{"one byte more than offered", forge(honest("a", "xxxxx"), honest("b", "yyyyyy")), 10, 5, "10 bytes"},
		{"too many directories", forge(deepDirs...), 100, 1, "directories"},
		{"directory with bytes", forge(honest("a/", "x").with(func(f *forged) { f.attributes = 0o040755 << 16 })), 100, 5, "holds bytes"},
		{"bomb that lies about its size", patchSize(bomb, 10), 1 << 20, 1, "longer than the list"},
		{"bomb beyond the offer", bomb, 1<<20 - 1, 1, "unpacks to more"},
		{"damaged compression", flip(bomb, 50), 1 << 20, 1, "damaged"},
		{"trailing junk", append(slices.Clone(good), 0), 100, 5, "end"},
		{"leading junk", append([]byte("junk"), good...), 100, 5, "list"},
		{"comment", append(patch(good, len(good)-2, 4), "PK\x05\x06"...), 100, 5, "end"},
		{"only an end", forge()[1:], 100, 5, "too short"},
		{"count too high", patch(patch(good, len(good)-14, 2), len(good)-12, 2), 100, 5, "members"},
		{"count too low", patch(patch(good, len(good)-14, 0), len(good)-12, 0), 100, 5, "longer"},
		{"list elsewhere", patch(good, len(good)-6, 1), 100, 5, "list"},
		{"no archive", crossing.Bytes(1000), 100, 5, "end"},
		{"64-bit without its record", end(nil, max16, -1, -1), 100, 5, "list"},
		{"zip64 extra cut", forge(honest("a", "x").with(func(f *forged) { f.size, f.packed, f.extra = max32, max32, []byte{1, 0, 4, 0, 1, 0, 0, 0} })), 100, 5, "damaged"},
		{"zip64 negative size", forge(honest("a", "x").with(func(f *forged) {
			f.size, f.packed, f.extra = max32, max32, append([]byte{1, 0, 16, 0}, bytes.Repeat([]byte{0xff}, 16)...)
		})), 100, 5, "damaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := crossing.Dir(t)
			before := snapshot(t, dir)
			name, err, said, ack := play(t, script{offer: directoryOffer("d", c.archive, c.bytes, c.files), records: split(c.archive)}, transfer.Target{Into: disk(dir)})
			var bad *transfer.NonsenseError
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.want) || name != "" {
				t.Errorf("got %q, %v, want an error about %q", name, err, c.want)
			}
			if err != nil && strings.ContainsAny(err.Error(), "\x1b\u202e\xff") {
				t.Errorf("raw text in %q", err)
			}
			if left := crossing.Names(t, dir); len(left) != 0 {
				t.Errorf("left behind: %q", left)
			}
			if after := snapshot(t, dir); !slices.Equal(before, after) {
				t.Errorf("outside: before %q, after %q", before, after)
			}
			if ack != nil || len(said) == 0 || !strings.Contains(said[len(said)-1], `{"error":"the receiver refuses the archive`) {
				t.Errorf("the sender got %q and %q", said, ack)
			}
		})
	}
}

// patch returns a copy of b with v at i.
func patch(b []byte, i int, v byte) []byte {
	b = slices.Clone(b)
	b[i] = v
	return b
}

func flip(b []byte, i int) []byte { return patch(b, i, b[i]^0xff) }

// patchSize makes the list of an archive of one member say a smaller size.
func patchSize(b []byte, size uint32) []byte {
	b = slices.Clone(b)
	i := bytes.LastIndex(b, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(b[i+24:], size)
	return b
}

func FuzzArchive(f *testing.F) {
	f.Add(forge())
	f.Add(forge(honest("a", "x"), honest("b/c", "yy")))
	f.Add(deflated("d/e", []byte("hello hello hello hello")))
	f.Add(forge(honest("a", "x").with(func(f *forged) { f.size, f.packed, f.extra = max32, max32, make([]byte, 20) })))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := openArchive(&window{r: bytes.NewReader(b)}, int64(len(b)))
		if err != nil {
			return
		}
		l, err := a.check(t.Context(), "top", limits{files: 100, bytes: 1 << 20})
		if err != nil {
			return
		}
		for i := range l.m.Entries {
			if err := checkPath(l.m.Entries[i].Path); err != nil {
				t.Fatalf("entry %q: %v", l.m.Entries[i].Path, err)
			}
		}
		// What we accept, the standard library reads in the same way.
		z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
			t.Fatal(err)
		}
		i := 0
		a.members(func(m *member) error {
			other := z.File[i]
			i++
			if strings.TrimSuffix(other.Name, "/") != m.name || int64(other.UncompressedSize64) != m.size || other.Method != m.method {
				t.Fatalf("%+v is %+v for others", m, other.FileHeader)
			}
			data, err := a.locate(m)
			if theirs, err2 := other.DataOffset(); err != nil || err2 != nil || data != theirs {
				t.Fatalf("data at %d, %v; for others at %d, %v", data, err, theirs, err2)
			}
			return nil
		})
		if i != len(z.File) {
			t.Fatalf("%d members, for others %d", i, len(z.File))
		}
	})
}

// Fails if a receiver that is interrupted goes on with a large archive: with its
// list, or with a member that grows without end.
func TestArchiveInterrupted(t *testing.T) {
	b := deflated("d/e", make([]byte, 8<<20))
	a, err := openArchive(&window{r: bytes.NewReader(b)}, int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	lim := limits{files: 100, bytes: 1 << 30}
	if _, err := a.check(ctx, "top", lim); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := a.check(ctx, "top", lim); !errors.Is(err, context.Canceled) {
		t.Errorf("the list: %v", err)
	}
	u := &unpacker{ctx: ctx, archive: a, buf: make([]byte, blockSize)}
	err = a.members(func(m *member) error { return u.unpack(m, 0) })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a member: %v", err)
	}
}
