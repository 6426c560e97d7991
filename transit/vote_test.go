package transit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"sesame/transit/record"
	"sesame/transit/way"
)

// Fails if a receiver waits for ever for the first record where a relay only repeats
// what the sender said, or asks the next relay although the first record comes at once.
func TestFirstChoiceGoesOnAfterGo(t *testing.T) {
	const ms = time.Millisecond
	start := time.Now()
	r := newFirstChoice(Follower, []rung{toRelay, insteadOf(0)}, false, start)
	for _, m := range []struct {
		at   time.Duration
		what event
		want string
	}{
		{0, event{tick, 0}, "dial 0"},
		{100 * ms, event{connReady, 0}, ""},
		{3000 * ms, event{connChosen, 0}, "adopt 0"},
		{3000 * ms, event{tick, 0}, ""},
		{3499 * ms, event{tick, 0}, ""},
		{3500 * ms, event{tick, 0}, "dial 1"},
		{3600 * ms, event{connReady, 1}, ""},
		{3700 * ms, event{connChosen, 1}, "adopt 1"},
	} {
		if got := doString(r.step(m.what, start.Add(m.at))); got != m.want {
			t.Fatalf("%v %v: %q, want %q", m.at, m.what, got, m.want)
		}
		r.end.goOn()
	}
}

// A replayer has seen the sender's line, and is quicker than the sender.
type replayer struct {
	name   string
	behind []byte // "go"
	closes bool
}

// sealed returns a record under another key.
func sealed(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := record.NewWriter(&b, bytes.Repeat([]byte{7}, KeySize)).WriteRecord(make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Fails if somebody who repeats the sender's line and says go gets the receiver's
// connection for good, whatever comes behind it.
func TestReplayedLineWithGo(t *testing.T) {
	for _, r := range []replayer{
		{"nothing", nil, false},
		{"the end", nil, true},
		{"a record under another key", sealed(t), false},
		{"half a record", sealed(t)[:500], false},
		{"half a record and the end", sealed(t)[:500], true},
		{"a length that is none", []byte{0xff, 0xff, 0xff, 0xff}, false},
		{"a length of 60 MiB", []byte{0x03, 0xc0, 0, 0}, false},
	} {
		for _, many := range []int{1, 5} {
			t.Run(fmt.Sprint(r.name, " ", many), func(t *testing.T) {
				t.Parallel()
				cfg := &Config{Relays: []Relay{}, AllowLoopback: true}
				receiver, err := Listen(t.Context(), Follower, key, cfg)
				if err != nil {
					t.Fatal(err)
				}
				defer receiver.Close()
				address := fmt.Sprintf("127.0.0.1:%d", receiver.at.Port(way.TCP))
				for range many {
					thief, err := net.Dial("tcp", address)
					if err != nil {
						t.Fatal(err)
					}
					defer thief.Close()
					thief.Write(append(append(deriveLines(key).sender, decision...), r.behind...))
					if r.closes {
						thief.(*net.TCPConn).CloseWrite()
					}
				}
				got, err := receiver.Connect(t.Context(), Message{}) // with a thief
				if err != nil {
					t.Fatal(err)
				}
				defer got.Close()
				answer := make(chan error, 1)
				go func() {
					p, err := got.ReadRecord()
					if err == nil && string(p) != "the first" {
						err = fmt.Errorf("read %q", p)
					}
					if err == nil {
						p, err = got.ReadRecord()
					}
					if err == nil && string(p) != "the second" {
						err = fmt.Errorf("then read %q", p)
					}
					if err == nil {
						err = got.WriteRecord([]byte("thanks"))
					}
					answer <- err
				}()
				sender, err := Listen(t.Context(), Leader, key, cfg)
				if err != nil {
					t.Fatal(err)
				}
				c, err := sender.Connect(t.Context(), receiver.Message())
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				for _, s := range []string{"the first", "the second"} {
					if err := c.WriteRecord([]byte(s)); err != nil {
						t.Fatal(err)
					}
				}
				if err := <-answer; err != nil {
					t.Fatal(err)
				}
				if p, err := c.ReadRecord(); err != nil || string(p) != "thanks" {
					t.Errorf("the answer is %q, %v", p, err)
				}
				var both sync.WaitGroup // each waits for the other's end
				both.Go(func() { got.Close() })
				both.Go(func() { c.Close() })
				both.Wait()
			})
		}
	}
}

// Fails if a receiver to whom nobody but a replayer comes waits for long, or doesn't
// say what is wrong.
func TestReplayedLineAlone(t *testing.T) {
	receiver, err := Listen(t.Context(), Follower, key, &Config{Relays: []Relay{}, AllowLoopback: true})
	if err != nil {
		t.Fatal(err)
	}
	defer receiver.Close()
	thief, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", receiver.at.Port(way.TCP)))
	if err != nil {
		t.Fatal(err)
	}
	defer thief.Close()
	thief.Write(append(append(deriveLines(key).sender, decision...), sealed(t)...))
	c, err := receiver.Connect(t.Context(), Message{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	began := time.Now()
	for range 2 { // errors are final
		if _, err := c.ReadRecord(); !errors.Is(err, record.ErrDamaged) {
			t.Errorf("error %v", err)
		}
	}
	thief.Close()
	if took := time.Since(began); took < votePause || took > 10*votePause {
		t.Errorf("it took %v", took)
	}
}

// Fails if what a receiver writes first goes to two connections under one nonce, or if
// Close, or a Write, doesn't end the search.
func TestReceiverWritesFirst(t *testing.T) {
	for _, writes := range []bool{true, false} {
		receiver, err := Listen(t.Context(), Follower, key, &Config{Relays: []Relay{}, AllowLoopback: true})
		if err != nil {
			t.Fatal(err)
		}
		address := fmt.Sprintf("127.0.0.1:%d", receiver.at.Port(way.TCP))
		dial := func() net.Conn {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			conn.Write(append(deriveLines(key).sender, decision...))
			return conn
		}
		first := dial()
		defer first.Close()
		c, err := receiver.Connect(t.Context(), Message{})
		if err != nil {
			t.Fatal(err)
		}
		second := dial()
		defer second.Close()
		ended := make(chan error, 1)
		go func() {
			_, err := c.ReadRecord()
			ended <- err
		}()
		var both sync.WaitGroup
		var got [2][]byte
		for i, conn := range []net.Conn{first, second} {
			both.Go(func() {
				defer conn.Close()
				conn.SetReadDeadline(time.Now().Add(10 * time.Second))
				got[i], _ = io.ReadAll(conn)
			})
		}
		if writes {
			c.WriteRecord([]byte("mine"))
		}
		c.Close()
		if err := <-ended; err == nil {
			t.Error("a record is read where none was")
		}
		if _, err := net.Dial("tcp", address); err == nil {
			t.Error("it is listened on after Close")
		}
		both.Wait()
		line := len(deriveLines(key).receiver)
		if writes != (len(got[0]) > line) || len(got[1]) > line {
			t.Errorf("the connections got %d and %d bytes", len(got[0])-line, len(got[1])-line)
		}
		receiver.Close()
	}
}

// Fails if a search that goes on after Connect outlives its context's program.
func TestVoteEndsWithEndpoint(t *testing.T) {
	receiver, err := Listen(t.Context(), Follower, key, &Config{Relays: []Relay{}, AllowLoopback: true})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", receiver.at.Port(way.TCP)))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.Write(append(deriveLines(key).sender, decision...))
	ctx, cancel := context.WithCancel(t.Context())
	c, err := receiver.Connect(ctx, Message{})
	if err != nil {
		t.Fatal(err)
	}
	cancel() // it was for Connect alone
	receiver.Close()
	if err := record.NewWriter(conn, must(recordKeys(key, Leader))).WriteRecord([]byte("still there")); err != nil {
		t.Fatal(err)
	}
	if p, err := c.ReadRecord(); err != nil || string(p) != "still there" {
		t.Errorf("%q, %v", p, err)
	}
	conn.Close()
	c.Close()
}

func must(write, _ []byte) []byte { return write }
