package relay_test

import (
	"fmt"
	"net"
	"testing"
	"time"
)

// BenchmarkDirect is what BenchmarkPipe is to be compared with.
func BenchmarkDirect(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	from, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	to, err := l.Accept()
	if err != nil {
		b.Fatal(err)
	}
	push(b, from, to)
	to.Close()
}

func BenchmarkPipe(b *testing.B) {
	for _, ca := range []carrier{tcp, ws} {
		for _, cb := range []carrier{tcp, ws} {
			b.Run(fmt.Sprintf("%s-%s", ca, cb), func(b *testing.B) {
				addr := serve(b, nil)
				from, to := connected(b, addr, ca, cb)
				push(b, from, to)
			})
		}
	}
}

// push sends b.N times 256 KiB from one connection to the other.
func push(b *testing.B, from, to net.Conn) {
	const size = 256 << 10
	from.SetDeadline(time.Time{})
	to.SetDeadline(time.Time{})
	b.SetBytes(size)
	b.ResetTimer()
	go func() {
		buf := make([]byte, size)
		for range b.N {
			if _, err := from.Write(buf); err != nil {
				b.Error(err)
				return
			}
		}
	}()
	buf := make([]byte, size)
	for left := b.N * size; left > 0; {
		n, err := to.Read(buf)
		if err != nil {
			b.Fatal(err)
		}
		left -= n
	}
	b.StopTimer()
	from.Close()
}
