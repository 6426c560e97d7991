package record_test

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"io"
	"net"
	"testing"

	"sesame/transit/record"
)

var benchSizes = []int{100, 1 << 10, 16 << 10, 64 << 10, record.MaxPayload}

// BenchmarkAEAD is what BenchmarkSeal can reach: the cipher alone.
func BenchmarkAEAD(b *testing.B) {
	block, _ := aes.NewCipher(make([]byte, 32))
	gcm, _ := cipher.NewGCM(block)
	for _, size := range benchSizes {
		b.Run(fmt.Sprintf("aes-256-gcm/%d", size), func(b *testing.B) {
			buf, nonce := make([]byte, size+16), make([]byte, 12)
			b.SetBytes(int64(size))
			for b.Loop() {
				gcm.Seal(buf[:0], nonce, buf[:size], nonce[:4])
			}
		})
	}
}

func BenchmarkSeal(b *testing.B) {
	for _, suite := range suites {
		for _, size := range benchSizes {
			b.Run(fmt.Sprintf("%v/%d", suite, size), func(b *testing.B) {
				s := record.NewSealer(suite, secret(1))
				buf := make([]byte, record.MaxPayload+record.Overhead)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					s.Seal(buf, 1, size)
				}
			})
		}
	}
}

// An endless stream seals a record when it is read from. Sealing isn't timed.
type endless struct {
	b       *testing.B
	s       *record.Sealer
	size    int
	records int // in one Read
	buf     []byte
	rest    []byte
}

func (e *endless) Read(p []byte) (int, error) {
	if len(e.rest) == 0 {
		e.b.StopTimer()
		e.rest = e.buf[:0]
		step := e.size + record.Overhead
		for i := range e.records {
			e.rest = append(e.rest, e.s.Seal(e.buf[i*step:], 1, e.size)...)
		}
		e.b.StartTimer()
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func BenchmarkOpen(b *testing.B) {
	for _, suite := range suites {
		for _, size := range benchSizes {
			b.Run(fmt.Sprintf("%v/%d", suite, size), func(b *testing.B) {
				records := max(1, 1<<20/size)
				src := &endless{b: b, s: record.NewSealer(suite, secret(1)), size: size, records: records}
				src.buf = make([]byte, records*(size+record.Overhead))
				o := record.NewOpener(src, suite, secret(1))
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for range b.N {
					if _, _, err := o.Next(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkStream is Seal, Write, Read and Open, with one goroutine for each
// end. The suite "none" is the connection alone.
func BenchmarkStream(b *testing.B) {
	conns := map[string]func(testing.TB) (net.Conn, net.Conn){
		"pipe": func(testing.TB) (net.Conn, net.Conn) { return net.Pipe() },
		"tcp":  tcpPair,
	}
	for _, name := range []string{"pipe", "tcp"} {
		for _, size := range []int{100, 16 << 10, 128 << 10, record.MaxPayload} {
			b.Run(fmt.Sprintf("%s/none/%d", name, size), func(b *testing.B) {
				w, r := conns[name](b)
				defer w.Close()
				go io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{r}, make([]byte, 256<<10))
				buf := make([]byte, size)
				b.SetBytes(int64(size))
				for b.Loop() {
					w.Write(buf)
				}
			})
			for _, suite := range suites {
				b.Run(fmt.Sprintf("%s/%v/%d", name, suite, size), func(b *testing.B) {
					w, r := conns[name](b)
					defer r.Close()
					go func() {
						defer w.Close()
						s := record.NewSealer(suite, secret(1))
						buf := make([]byte, record.MaxPayload+record.Overhead)
						for {
							if _, err := w.Write(s.Seal(buf, 1, size)); err != nil {
								return
							}
						}
					}()
					o := record.NewOpener(r, suite, secret(1))
					b.SetBytes(int64(size))
					b.ReportAllocs()
					for b.Loop() {
						if _, _, err := o.Next(); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}

func tcpPair(t testing.TB) (net.Conn, net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	w, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	r, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return w, r
}

var suites = []record.Suite{record.AES256GCM, record.ChaCha20Poly1305}

func secret(b byte) []byte {
	s := make([]byte, record.KeySize)
	for i := range s {
		s[i] = b
	}
	return s
}
