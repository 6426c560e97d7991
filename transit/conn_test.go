package transit

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sesame/transit/record"
)

// pair returns both ends of a connection over net.Pipe.
func pair(idle time.Duration) (s, r *Conn) {
	a, b := net.Pipe()
	return newConn(a, Path{Kind: Direct}, key, Leader, idle), newConn(b, Path{Kind: Direct}, key, Follower, idle)
}

// tcpPair returns both ends of a connection over loopback TCP.
func tcpPair(t testing.TB) (s, r *Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return newConn(a, Path{Kind: Direct}, key, Leader, time.Minute), newConn(b, Path{Kind: Direct}, key, Follower, time.Minute)
}

func TestIdleRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := pair(60 * time.Second)
		begun := time.Now()
		_, err := r.ReadRecord()
		if !errors.Is(err, os.ErrDeadlineExceeded) || !strings.Contains(err.Error(), "no data for 60 s") {
			t.Errorf("%v", err)
		}
		if took := time.Since(begun); took != 60*time.Second {
			t.Errorf("took %v", took)
		}
		s.Close()
		r.Close()
	})
}

func TestIdleWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := pair(60 * time.Second)
		if err := s.WriteRecord([]byte("nobody reads")); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%v", err)
		}
		s.Close()
		r.Close()
	})
}

// However slow the line, as long as bytes move there is no timeout.
func TestSlowIsNotIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		r := newConn(b, Path{}, key, Follower, 60*time.Second)
		var sealed bytes.Buffer
		newConn(&recorder{Conn: a, out: &sealed}, Path{}, key, Leader, 0).WriteRecord([]byte("slow"))
		go func() {
			for _, c := range sealed.Bytes() {
				time.Sleep(59 * time.Second)
				a.Write([]byte{c})
			}
		}()
		if p, err := r.ReadRecord(); err != nil || string(p) != "slow" {
			t.Errorf("%q, %v", p, err)
		}
		a.Close()
		r.Close()
	})
}

func TestSetIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := pair(60 * time.Second)
		r.SetIdle(0)
		go func() {
			time.Sleep(time.Hour)
			s.WriteRecord([]byte("unpacked"))
		}()
		if p, err := r.ReadRecord(); err != nil || string(p) != "unpacked" {
			t.Errorf("%q, %v", p, err)
		}
		s.Close()
		r.Close()
	})
}

// Close from another goroutine ends what waits, at once.
func TestCloseWakesReadAndWrite(t *testing.T) {
	for _, c := range []struct {
		name string
		call func(*Conn) error
	}{
		{"read", func(c *Conn) error { _, err := c.ReadRecord(); return err }},
		{"write", func(c *Conn) error {
			for {
				if err := c.WriteRecord(make([]byte, 1<<20)); err != nil {
					return err
				}
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, r := tcpPair(t)
			done := make(chan error)
			go func() { done <- c.call(s) }()
			closed := make(chan error)
			go func() { closed <- s.Close() }()
			select {
			case err := <-done:
				if !errors.Is(err, net.ErrClosed) {
					t.Errorf("%v, want net.ErrClosed", err)
				}
			case <-time.After(5 * time.Second):
				t.Fatal("still waiting after Close")
			}
			r.Close()
			<-closed
			if err := s.Close(); err != nil {
				t.Errorf("second Close: %v", err)
			}
		})
	}
}

// The last record arrives although its writer closes at once, with unread
// bytes of the peer's that would make a plain close reset the connection.
func TestCloseKeepsTheLastRecord(t *testing.T) {
	for range 20 {
		s, r := tcpPair(t)
		if err := s.WriteRecord(make([]byte, 100<<10)); err != nil { // never read by r
			t.Fatal(err)
		}
		if err := r.WriteRecord([]byte("ack")); err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() { done <- r.Close() }()
		if p, err := s.ReadRecord(); err != nil || string(p) != "ack" {
			t.Fatalf("%q, %v", p, err)
		}
		if _, err := s.ReadRecord(); err != io.EOF {
			t.Fatalf("after the last record: %v, want io.EOF", err)
		}
		s.Close()
		<-done
	}
}

// A peer that goes on for ever can't hold Close up.
func TestCloseIsBounded(t *testing.T) {
	s, r := tcpPair(t)
	s.SetIdle(0)
	stop := make(chan struct{})
	go func() {
		defer close(stop)
		for s.WriteRecord(make([]byte, 16<<10)) == nil {
		}
	}()
	done := make(chan struct{})
	go func() { r.Close(); close(done) }()
	select {
	case <-done:
	case <-time.After(2 * drainTime):
		t.Error("Close waits for ever")
	}
	<-stop
	s.Close()
}

func TestCutIsTruncation(t *testing.T) {
	a, b := net.Pipe()
	r := newConn(b, Path{}, key, Follower, time.Minute)
	go func() {
		a.Write([]byte{0, 0, 0, 50, 0, 0})
		a.Close()
	}()
	if _, err := r.ReadRecord(); !errors.Is(err, record.ErrTruncated) {
		t.Errorf("%v, want ErrTruncated", err)
	}
	r.Close()
}

// Records of one direction mean nothing in the other.
func TestReflectedRecords(t *testing.T) {
	a, b := net.Pipe()
	s := newConn(a, Path{}, key, Leader, time.Minute)
	go io.Copy(b, b)
	go s.WriteRecord([]byte("mirror"))
	if _, err := s.ReadRecord(); !errors.Is(err, record.ErrDamaged) {
		t.Errorf("%v, want ErrDamaged", err)
	}
	b.Close()
	s.Close()
}

func BenchmarkConn(b *testing.B) {
	s, r := tcpPair(b)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			if _, err := r.ReadRecord(); err != nil {
				r.Close()
				return
			}
		}
	}()
	p := make([]byte, 16<<10)
	b.SetBytes(int64(len(p)))
	for b.Loop() {
		if err := s.WriteRecord(p); err != nil {
			b.Fatal(err)
		}
	}
	s.Close()
	<-done
}
