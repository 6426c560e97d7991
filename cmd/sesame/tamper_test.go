package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sesame/relay"
)

// A tamperer is a relay that changes what it carries to the receiver. It sits
// between both clients and a real relay, and counts bytes from the relay's "ok"
// on.
type tamperer struct {
	real     string
	change   func(p []byte, offset int64) (out []byte, cut bool)
	native   bool // no line tells the sender's stream: both are changed
	once     bool // only the first stream is changed
	harmless bool // nothing is changed

	streams atomic.Int32
}

// serve copies both ways between every client and the real relay; what goes to
// the client passes through change.
func (m *tamperer) serve(l net.Listener) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer client.Close()
			server, err := net.Dial("tcp", m.real)
			if err != nil {
				return
			}
			defer server.Close()
			go func() {
				io.Copy(server, client)
				server.(*net.TCPConn).CloseWrite()
			}()
			const ok, line = "ok\n", "transit sender "
			if _, err := io.CopyN(client, server, int64(len(ok))); err != nil {
				return
			}
			pending := make([]byte, len(line))
			if _, err := io.ReadFull(server, pending); err != nil {
				return
			}
			spared := string(pending) != line // this client is the sender
			if m.native {
				spared = m.once && m.streams.Add(1) > 1
			}
			if spared {
				client.Write(pending)
				io.Copy(client, server)
				return
			}
			offset := int64(0)
			for buf := make([]byte, 4096); ; {
				n, err := copy(buf, pending), error(nil)
				if pending = nil; n == 0 {
					n, err = server.Read(buf)
				}
				out, cut := m.change(buf[:n], offset)
				offset += int64(n)
				if _, writeErr := client.Write(out); writeErr != nil || err != nil || cut {
					return
				}
			}
		}()
	}
}

// at returns a change of the byte at offset i of what goes to the receiver.
func at(i int64, change func(p []byte, k int) ([]byte, bool)) func([]byte, int64) ([]byte, bool) {
	return func(p []byte, offset int64) ([]byte, bool) {
		if k := i - offset; k >= 0 && k < int64(len(p)) {
			return change(bytes.Clone(p), int(k))
		}
		return p, false
	}
}

// Fails if a relay that flips, drops, repeats or cuts anything gets a file
// accepted that isn't what was sent, or leaves part of one behind.
func TestRelayTampers(t *testing.T) {
	changes := map[string]func(p []byte, k int) ([]byte, bool){
		"flips a bit":    func(p []byte, k int) ([]byte, bool) { p[k] ^= 1; return p, false },
		"drops a byte":   func(p []byte, k int) ([]byte, bool) { return append(p[:k], p[k+1:]...), false },
		"repeats a byte": func(p []byte, k int) ([]byte, bool) { return append(p[:k+1], p[k:]...), false },
		"cuts":           func(p []byte, k int) ([]byte, bool) { return p[:k], true },
	}
	// The handshake line of 87 bytes and "go\n", then records of 44 bytes more
	// than their 16,384.
	const lines, full = 90, 16384 + 44
	offsets := []int64{20, 88, lines + 3, lines + 27, lines + 44, lines + full - 1, lines + full + 2, lines + 3*full - 2}
	data := bytes.Repeat([]byte("0123456789abcdef"), 3*1024)
	slots := make(chan struct{}, 8)
	for name, change := range changes {
		for _, i := range offsets {
			t.Run(fmt.Sprintf("%s at %d", name, i), func(t *testing.T) {
				t.Parallel()
				slots <- struct{}{}
				defer func() { <-slots }()
				code, files, log := tampered(t, data, &tamperer{change: at(i, change)})
				if code == exitOK {
					t.Errorf("the receiver is content; it said:\n%s", log)
				}
				if len(files) > 0 {
					t.Errorf("%v were left behind", files)
				}
			})
		}
	}
	t.Run("nothing", func(t *testing.T) { // the control
		code, files, log := tampered(t, data, &tamperer{harmless: true, change: func(p []byte, _ int64) ([]byte, bool) { return p, false }})
		if code != exitOK || len(files) != 1 {
			t.Errorf("exit code %d, files %v; it said:\n%s", code, files, log)
		}
	})
}

// Fails if a relay that changes one native lane costs more than that lane, or
// one that changes them all gets anything but an error.
func TestRelayTampersWithLanes(t *testing.T) {
	data := make([]byte, 2_000_000) // more than four lanes bring that are changed at 300,000
	rand.Read(data)
	flip := func(p []byte, k int) ([]byte, bool) { p[k] ^= 1; return p, false }
	// In the hello, the first record, what is listed, and contents.
	for _, i := range []int64{5, 40, 52, 150, 300_000} {
		t.Run(fmt.Sprintf("one at %d", i), func(t *testing.T) {
			t.Parallel()
			code, files, log := tampered(t, data, &tamperer{change: at(i, flip), native: true, once: true})
			if code != exitOK || len(files) != 1 || files[0] != "file" {
				t.Errorf("exit code %d, files %v; it said:\n%s", code, files, log)
			}
		})
		t.Run(fmt.Sprintf("all at %d", i), func(t *testing.T) {
			t.Parallel()
			code, files, log := tampered(t, data, &tamperer{change: at(i, flip), native: true})
			if code == exitOK || slices.Contains(files, "file") {
				t.Errorf("exit code %d, files %v; it said:\n%s", code, files, log)
			}
		})
	}
}

// tampered sends data through a relay that tampers, and returns how the
// receiver ended, what lies in its directory, and what both said.
func tampered(t *testing.T, data []byte, m *tamperer) (code int, files []string, log string) {
	t.Helper()
	address := testRelay(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	m.real = address
	go m.serve(l)

	dir := t.TempDir()
	source := filepath.Join(dir, "file")
	if err := os.WriteFile(source, data, 0o600); err != nil {
		t.Fatal(err)
	}
	into := filepath.Join(dir, "into")
	os.Mkdir(into, 0o700)
	limit := 8 * time.Second // what is hopeless is tried for that long
	if m.once || m.harmless {
		limit = time.Minute // for the file to arrive on a busy machine
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	common := []string{"--server", "ws://" + address + "/v1", "--relay-only", "--allow-loopback",
		"--relay", l.Addr().String()}
	if !m.native {
		common = append(common, "--classic")
	}
	senderCtx, stopSender := context.WithCancel(ctx)
	defer stopSender()
	var sender sync.WaitGroup
	var senderLog, receiverLog bytes.Buffer
	sender.Go(func() {
		args := append([]string{"send", "--code", "7-galveston-goldfish"}, common...)
		run(senderCtx, append(args, source), quiet(&senderLog), noEnvironment)
	})
	args := append([]string{"receive", "--yes", "-o", into, "7-galveston-goldfish"}, common...)
	code = run(ctx, args, quiet(&receiverLog), noEnvironment)
	stopSender()
	sender.Wait()
	entries, err := os.ReadDir(into)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if got, err := os.ReadFile(filepath.Join(into, e.Name())); err == nil && !bytes.Equal(got, data) {
			t.Errorf("%s is there, and isn't what was sent", e.Name())
		}
		files = append(files, e.Name())
	}
	return code, files, "sender: " + senderLog.String() + "receiver: " + receiverLog.String()
}

func quiet(log io.Writer) *terminal {
	return newTerminal(os.Stdin, log, &screen{w: log})
}

func noEnvironment(string) (string, bool) { return "", false }

// testRelay runs a relay for the length of a test.
func testRelay(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := relay.New(nil)
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		server.Shutdown(ctx)
		<-served
	})
	return l.Addr().String()
}
